"""What happens when parts are missing, stale or broken, and when a script is published under load."""

import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest

from app.errors import ContentError, IndexUnusable, KefuError
from app.library.files import Library
from app.library.schema import Script
from app.records import Message
from app.retrieval import search
from app.settings import load
from app.wiring import Copilot

OWN_REPLY = "发票我在{deadline}前给您开好发到订单里，抬头和税号您核对一下，哪里不对直接告诉我就行。"
WORDS = "紫色独角兽闹钟半夜自己唱歌"


@pytest.fixture
def own_content(content: Path, tmp_path: Path) -> Path:
    """A private copy of the content, without the labelled messages."""
    for folder in ("knowledge", "scripts_library", "index"):
        shutil.copytree(content / folder, tmp_path / "content" / folder, ignore=shutil.ignore_patterns("utterances"))
    return tmp_path / "content"


def _script(library: Library, ident: str) -> Script:
    model = library.scripts["product-quality-01"]
    fields = model.model_dump()
    return Script.model_validate(
        {**fields, "id": ident, "title": "独角兽闹钟", "phrasings": [{"text": WORDS + str(i)} for i in range(8)]}
    )


def _until(condition: object, seconds: float) -> float:
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if condition():  # type: ignore[operator]
            return time.monotonic() - start
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s")


def test_without_the_encoder_keyword_search_goes_on(own_content: Path, tmp_path: Path, now: datetime) -> None:
    shutil.rmtree(own_content / "index" / "encoder")
    copilot = Copilot.open(load(content_dir=own_content, data_dir=tmp_path / "data"))
    try:
        answer = copilot.assist(Message("三天了还没发货，退款", now))
        assert answer.suggestions
        assert "关键词" in (answer.degraded or "")
    finally:
        copilot.close()


def test_without_the_classifier_it_says_what_to_run(own_content: Path, tmp_path: Path) -> None:
    (own_content / "index" / "classifier" / "weights.npz").write_bytes(b"torn")
    with pytest.raises(IndexUnusable, match="kefu build"):
        Copilot.open(load(content_dir=own_content, data_dir=tmp_path / "data"))


@pytest.mark.parametrize(
    "name",
    [
        "knowledge/plan.yaml",
        "knowledge/risks.yaml",
        "knowledge/compliance/DEF.yaml",
        "scripts_library/invoice/invoice.yaml",
    ],
)
def test_broken_content_is_named_and_nothing_starts(name: str, own_content: Path, tmp_path: Path) -> None:
    with (own_content / name).open("a", encoding="utf-8") as out:
        out.write("\n  - [broken")
    with pytest.raises(ContentError) as caught:
        Copilot.open(load(content_dir=own_content, data_dir=tmp_path / "data"))
    assert Path(name).name in str(caught.value)


def test_a_data_dir_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("occupied")
    with pytest.raises(KefuError, match="data"):
        Copilot.open(load(data_dir=tmp_path / "data"))


def test_where_the_index_cannot_be_kept_it_starts_and_takes_in_any_number_of_scripts(
    library: Library, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "TAIL", 2)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index").write_text("occupied")
    copilot = Copilot.open(load(data_dir=tmp_path / "data"))
    try:
        for n in range(4):
            copilot.store.create(_script(library, f"u-unicorn-{n}"), "trainer")
            copilot.store.publish(f"u-unicorn-{n}", 1, "trainer")
        _until(lambda: copilot.entries == len(library.scripts) + 4, 30)
        assert not copilot.refresh(), "nothing is left to take in: it is not built again and again"
        answer = copilot.assist(Message(WORDS, now))
        assert any(s.script_id.startswith("u-unicorn-") for s in answer.suggestions)
        assert answer.degraded is None
    finally:
        copilot.close()


def test_published_answers_within_a_second_in_every_worker_and_after_restart(
    library: Library, tmp_path: Path, now: datetime
) -> None:
    own = load(data_dir=tmp_path / "data")
    writer, reader = Copilot.open(own), Copilot.open(own)
    script = _script(library, "u-unicorn")

    def found(copilot: Copilot) -> bool:
        return any(s.script_id == script.id for s in copilot.assist(Message(WORDS, now)).suggestions)

    try:
        assert not found(reader)
        draft = writer.store.create(script, "trainer")
        published = writer.store.publish(script.id, draft.revision, "trainer")
        assert _until(lambda: found(writer), 1) <= 1
        assert _until(lambda: found(reader), 1) <= 1
        restarted = Copilot.open(own)
        assert found(restarted)
        restarted.close()
        writer.store.retire(script.id, published.revision, "trainer")
        _until(lambda: not found(reader), 1)
    finally:
        writer.close()
        reader.close()


def test_a_stored_script_hides_the_shipped_one(library: Library, tmp_path: Path, now: datetime) -> None:
    copilot = Copilot.open(load(data_dir=tmp_path / "data"))
    try:
        shipped = library.scripts["invoice-01"]
        changed = shipped.model_copy(update={"reply": OWN_REPLY})
        draft = copilot.store.change("invoice-01", changed, 0, "trainer")
        copilot.store.publish("invoice-01", draft.revision, "trainer")
        copilot.refresh()
        answers = [copilot.assist(Message(p.text, now)) for p in shipped.phrasings]
        texts = [s.text for a in answers for s in a.suggestions if s.script_id == "invoice-01"]
        assert texts
        assert all(t.startswith("发票我在") for t in texts)
    finally:
        copilot.close()
