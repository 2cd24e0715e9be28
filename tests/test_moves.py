"""What reads a running talk: learnt from conversations, stored beside the classifier, never half of it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis import classifier, moves
from app.analysis.moves import AGENT, CUSTOMER, FACTS, Spoken, refusal_facts
from app.errors import ContentError, IndexUnusable
from app.library.files import Library
from app.settings import shipped_content
from app.training import conversations
from app.training import moves as training

FOLDER = shipped_content() / "index" / "classifier" / "moves"
MOVES = moves.load(FOLDER)


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.sampled_from([*MOVES.facts, "unheard of"]), max_size=9))
def test_any_words_have_a_step(customer: str, agent: str, facts: list[str]) -> None:
    assert MOVES.step(Spoken(customer, agent), facts) in MOVES.stage.labels
    assert MOVES.refused(Spoken(customer, agent), facts) in (True, False)


def test_the_same_words_answer_an_offer_or_nothing() -> None:
    offered, greeted = Spoken("不行,太少了", "给您补偿五元券,您看可以吗"), Spoken("不行,太少了", "您好在的")
    proposed = frozenset({"proposed"})
    facts = list(refusal_facts(frozenset({"rejects"}), proposed, proposed, 1, 0.8))
    assert MOVES.refused(offered, facts)
    agreed = refusal_facts(frozenset({"agrees"}), proposed, proposed, 0, 0.1)
    assert not MOVES.refused(Spoken("好的谢谢", offered.agent), agreed)
    assert MOVES._raw(offered, facts)[6] > MOVES._raw(greeted, [])[6]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (FACTS, b"{"),
        (FACTS, b'{"beside": [], "facts": {}}'),
        (f"{CUSTOMER}/weights.npz", b"PK"),
        (f"{AGENT}/manifest.json", b"{}"),
    ],
)
def test_a_torn_model_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "moves")
    (tmp_path / "moves" / name).write_bytes(content)
    with pytest.raises(IndexUnusable):
        moves.load(tmp_path / "moves")


def test_it_is_learnt_from_conversations_and_kept(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "training_authors", lambda _: {"chat-harbor"})
    known = classifier.load(shipped_content() / "index" / "classifier")
    learnt = training.train(shipped_content() / "knowledge", library, known).moves
    assert learnt is not None
    assert set(learnt.stage.labels) == {"vent", "apologize", "ask", "propose", "involve", "follow_up"}
    moves.save(tmp_path, learnt, {})
    again = moves.load(tmp_path)
    spoken, facts = Spoken("我要的不是这个", "给您换一个新的可以吗"), ["level 2", "agent last proposed"]
    assert again.step(spoken, facts) == learnt.step(spoken, facts)
    assert again.refused(spoken, facts) == learnt.refused(spoken, facts)


def test_without_conversations_the_training_says_what_is_missing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "training_authors", lambda _: set())
    known = classifier.load(shipped_content() / "index" / "classifier")
    with pytest.raises(ContentError, match="会话太少"):
        training.train(shipped_content() / "knowledge", library, known)
