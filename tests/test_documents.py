"""What one start reads out of the YAML files is there for the next, and never in place of a changed file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import ContentError
from app.library import documents
from app.library.documents import Entry, read

GOOD = "words:\n  - {id: a, count: 1}\n  - {id: b, count: 2}\n"


class Word(Entry):
    id: str
    count: int


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "words.yaml").write_text(GOOD, encoding="utf-8")
    read(tmp_path / "words.yaml")
    documents.keep(tmp_path / "kept.json")
    documents.forget()
    yield tmp_path
    documents.forget()


def test_a_kept_file_is_not_parsed_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents.recall(kept / "kept.json")
    monkeypatch.setattr(documents, "parse", None)
    assert [w.count for w in read(kept / "words.yaml").entries("words", Word)] == [1, 2]


def test_a_changed_file_is_read_anew(kept: Path) -> None:
    (kept / "words.yaml").write_text(GOOD.replace("2", "3"), encoding="utf-8")
    documents.recall(kept / "kept.json")
    assert [w.count for w in read(kept / "words.yaml").entries("words", Word)] == [1, 3]


def test_a_fault_in_a_kept_file_still_has_its_line(kept: Path) -> None:
    (kept / "words.yaml").write_text(GOOD.replace("count: 2", "count: two"), encoding="utf-8")
    read(kept / "words.yaml")
    documents.keep(kept / "kept.json")
    documents.forget()
    documents.recall(kept / "kept.json")
    with pytest.raises(ContentError) as caught:
        read(kept / "words.yaml").entries("words", Word)
    assert caught.value.line == 3


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"made_by": "other", "kept": {}}'])
def test_a_torn_or_foreign_file_only_costs_time(damage: bytes, kept: Path) -> None:
    (kept / "kept.json").write_bytes(damage)
    documents.recall(kept / "kept.json")
    assert len(read(kept / "words.yaml").entries("words", Word)) == 2
    documents.keep(kept / "kept.json")
    assert (kept / "kept.json").read_bytes() != damage


def test_dates_are_never_kept_as_something_else(tmp_path: Path) -> None:
    (tmp_path / "laws.yaml").write_text("checked: 2026-10-31\n", encoding="utf-8")
    before = read(tmp_path / "laws.yaml").data
    documents.keep(tmp_path / "kept.json")
    documents.forget()
    documents.recall(tmp_path / "kept.json")
    assert read(tmp_path / "laws.yaml").data == before
