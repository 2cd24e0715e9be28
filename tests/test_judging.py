"""Sheets hide who wrote what, and marks come back as the figures they are."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.errors import ContentError, InvalidInput
from app.training import judging
from app.training.judging import Case

CASES = {
    "one": [Case(id="one-1", message="怎么还没到", needs=("致歉",)), Case(id="one-2", message="谢谢", needs=("回应",))]
}
SYSTEMS = {
    "product": lambda case: [f"产品答{case.message}", "两家都会说的话"],
    "BM25": lambda _: ["两家都会说的话"],
    "generic": lambda _: ["抱歉"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert judging.write_sheets(CASES, SYSTEMS, tmp_path) == 6
    return tmp_path


def _perfect(folder: Path) -> str:
    """Mark the product's first reply 2, the shared one 1, the rest 0."""
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    lines = []
    for ident, systems in key.items():
        marks = [0, 0, 0]
        marks[systems["product"][1]] = 1
        marks[systems["product"][0]] = 2
        lines.append(f"{ident}: {' '.join(map(str, marks))}")
    return "\n".join(lines)


def test_a_sheet_shows_every_reply_once_and_no_system(folder: Path) -> None:
    sheet = (folder / "one.txt").read_text(encoding="utf-8")
    assert sheet.count("两家都会说的话") == 2
    assert not [name for name in SYSTEMS if name in sheet]


def test_marks_become_figures(folder: Path) -> None:
    for reader in ("x", "y"):
        (folder / f"marks-{reader}.txt").write_text(_perfect(folder), encoding="utf-8")
    page = judging.report(folder)
    assert "κ 1.00 (n = 6 replies)" in page
    assert "| product: top reply as it stands | 1.000 |" in page
    assert "| BM25: top reply usable | 1.000 |" in page
    assert "| BM25: top reply as it stands | 0.000 |" in page
    assert "| generic: any of three usable | 0.000 |" in page


@pytest.mark.parametrize("line", ["one-1: 2 1", "one-1: 2 1 3", "nobody: 1", "one-1 2 1 0", "one-1: 2 1 0 0"])
def test_a_wrong_line_of_marks_is_named(line: str, folder: Path) -> None:
    (folder / "marks-x.txt").write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="第 2 行"):
        judging.report(folder)


@given(st.text(max_size=40))
def test_any_line_of_marks_is_read_or_refused(line: str) -> None:
    match = judging._MARKS.match(line)
    assert match is None or set(match[2].split()) <= {"0", "1", "2"}


def test_without_marks_or_key_it_says_so(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InvalidInput, match="没有评分"):
        judging.report(folder)
    with pytest.raises(InvalidInput, match=r"key\.json"):
        judging.report(tmp_path / "nowhere")


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    case = "  - {id: a-1, message: 在吗, needs: [回应]}\n"
    (tmp_path / "someone.yaml").write_text(f"cases:\n{case}{case}", encoding="utf-8")
    with pytest.raises(ContentError, match="a-1") as caught:
        judging.cases(tmp_path)
    assert caught.value.line == 3


def test_the_shipped_cases_are_as_many_as_the_page_says(content: Path) -> None:
    found = judging.cases(content / "knowledge" / "rubrics")
    assert {author: len(group) for author, group in found.items()} == {
        "rubric-a": 180,
        "rubric-b": 180,
        "rubric-c": 120,
        "rubric-d": 120,
        "rubric-e": 120,
        "rubric-f": 108,
    }


def test_the_command_writes_sheets_for_an_author(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEFU_DATA_DIR", str(tmp_path / "data"))
    assert main(["judge", "sheets", str(tmp_path / "out"), "--author", "rubric-c"]) == 0
    assert "120" in capsys.readouterr().out
    key = json.loads((tmp_path / "out" / "key.json").read_text(encoding="utf-8"))
    assert set(key["rubric-c-001"]) == {"product", "BM25", "encoder", "generic"}
    assert all(len(systems["product"]) <= 3 for systems in key.values())
