"""Keyword and vector search, their fusion, filters, and an index on disk that is never trusted blindly."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import IndexUnusable
from app.library.files import Library
from app.library.names import PlaceNames
from app.library.schema import Script
from app.records import Analysis, Context, Emotion, Plan, Severity
from app.retrieval import keyword, segment
from app.retrieval import vectors as vector_module
from app.retrieval.keyword import KeywordIndex
from app.retrieval.scale import Need
from app.retrieval.search import TAIL, Indexer, ScriptSearch
from app.retrieval.segment import Document, Query, Segment, vectors_of
from app.retrieval.vectors import Manifest, VectorIndex
from app.text.encoder import StaticEncoder
from app.text.normalise import normalise
from app.text.tokens import Tokens, numbered

DOCUMENTS = [
    Document("late", ("三天了还没发货", "什么时候发货"), "催发货"),
    Document("rash", ("用了脸上过敏", "起疹子了")),
    Document("refund", ("退款没到账", "钱什么时候退回来")),
]
ANALYSIS = Analysis(True, (), (), Emotion(2, "", 0.5, "", ""), (), Severity("general", "", (), None, None), "propose")
NEED = Need(ANALYSIS, Plan("empathy", "", "", None), Context())


@pytest.fixture(scope="module")
def encoder(content: Path) -> StaticEncoder:
    return StaticEncoder.load(content / "index" / "encoder")


@pytest.fixture(scope="module")
def tokens(content: Path) -> Tokens:
    return Tokens.load(content / "knowledge" / "words.txt")


def _query(text: str, tokens: Tokens, encoder: StaticEncoder | None) -> Query:
    return Query(tokens.terms(text), encoder.encode([text])[0] if encoder else None)


def test_bm25_prefers_rare_words_and_short_documents() -> None:
    index = KeywordIndex(map(numbered, [["退款", "多久"], ["退款"], ["发货", "多久", "多久"]]))
    assert index.search(numbered(["退款"]), 5).positions.tolist() == [1, 0]
    assert index.search(numbered(["没有"]), 5).positions.tolist() == []
    assert index.search(numbered(["多久"]), 1).positions.tolist() == [2]


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=12),
    st.lists(st.sampled_from("abcxyz"), max_size=4),
)
def test_bm25_finds_exactly_the_documents_that_share_a_word(documents: Sequence[list[str]], words: list[str]) -> None:
    found = set(KeywordIndex(map(numbered, documents)).search(numbered(words), 100).positions.tolist())
    assert found == {i for i, d in enumerate(documents) if set(d) & set(words)}


@pytest.mark.parametrize("limit", [50_000, 10])
def test_exact_and_graph_search_agree(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_module, "EXACT_UP_TO", limit)
    raw = np.random.default_rng(7).normal(size=(200, 16)).astype(np.float32)
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    index = VectorIndex.build(unit)
    for row in (0, 57, 199):
        positions, scores = index.search(unit[row], 5)
        assert positions[0] == row
        assert scores[0] == pytest.approx(1, abs=1e-2)
        assert index.cosines(unit[row], positions) == pytest.approx(unit[positions] @ unit[row], abs=2e-2)


@given(st.lists(st.tuples(st.lists(st.text(max_size=12), max_size=4), st.text(max_size=12)), min_size=1, max_size=4))
def test_a_document_is_the_mean_of_its_texts(encoder: StaticEncoder, written: list[tuple[list[str], str]]) -> None:
    documents = [Document(str(i), tuple(texts), words) for i, (texts, words) in enumerate(written)]
    for document, vector in zip(documents, vectors_of(documents, encoder), strict=True):
        mean = encoder.encode([normalise(t).text for t in (*document.texts, document.words)]).sum(axis=0)
        length = np.linalg.norm(mean)
        assert vector == pytest.approx(mean / length if length else mean, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "best"), [("怎么还不发货", "late"), ("脸上起了疹子", "rash"), ("退款到账了吗", "refund")]
)
@pytest.mark.parametrize("with_vectors", [True, False])
def test_a_segment_finds_what_fits(
    text: str, best: str, with_vectors: bool, tokens: Tokens, encoder: StaticEncoder
) -> None:
    used = encoder if with_vectors else None
    segment = Segment.build(lambda: DOCUMENTS, tokens, used)
    found = segment.search(_query(text, tokens, used))
    assert segment.ids[int(found.positions[0])] == best


@pytest.mark.parametrize("damage", ["none", "manifest", "truncated", "keyword", "other library"])
def test_a_damaged_index_is_rebuilt(damage: str, tokens: Tokens, encoder: StaticEncoder, tmp_path: Path) -> None:
    Segment.build(lambda: DOCUMENTS, tokens, encoder, tmp_path)
    before = (tmp_path / "vectors.faiss").read_bytes()
    if damage == "manifest":
        (tmp_path / "manifest.json").write_text("{")
    elif damage == "truncated":
        (tmp_path / "vectors.faiss").write_bytes(before[: len(before) // 2])
    elif damage == "keyword":
        (tmp_path / "keyword.npz").write_bytes((tmp_path / "keyword.npz").read_bytes()[:-100])
    documents = DOCUMENTS[:2] if damage == "other library" else DOCUMENTS
    segment = Segment.build(lambda: documents, tokens, encoder, tmp_path)
    found = segment.search(_query("脸上起了疹子", tokens, encoder))
    assert segment.ids[int(found.positions[0])] == "rash"
    assert found.keywords.max() == 1
    assert ((tmp_path / "vectors.faiss").read_bytes() == before) == (damage != "other library")


def test_an_index_that_cannot_be_kept_is_used_all_the_same(
    tokens: Tokens, encoder: StaticEncoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "index").write_text("occupied")
    segment = Segment.build(lambda: DOCUMENTS, tokens, encoder, tmp_path / "index" / "shipped")
    found = segment.search(_query("脸上起了疹子", tokens, encoder))
    assert segment.ids[int(found.positions[0])] == "rash"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_words_kept_on_disk_rank_as_those_just_read(tokens: Tokens, tmp_path: Path) -> None:
    built = Segment.build(lambda: DOCUMENTS, tokens, None, tmp_path)
    kept = Segment.build(lambda: DOCUMENTS, tokens, None, tmp_path)
    for text in ("怎么还不发货", "脸上起了疹子", "退款到账了吗"):
        one, other = (segment.search(_query(text, tokens, None)) for segment in (built, kept))
        assert one.positions.tolist() == other.positions.tolist()
        assert one.scores.tolist() == other.scores.tolist()


def test_words_cut_otherwise_are_not_taken_from_disk(tokens: Tokens, tmp_path: Path) -> None:
    Segment.build(lambda: DOCUMENTS, tokens, None, tmp_path)
    before = (tmp_path / "keyword.npz").read_bytes()
    Segment.build(lambda: DOCUMENTS, Tokens(["起了疹子"]), None, tmp_path)
    assert (tmp_path / "keyword.npz").read_bytes() != before


@pytest.mark.parametrize("changed", ["RANKED_BY", "CLEANED_BY"])
def test_an_index_of_other_code_is_not_taken_from_disk(
    changed: str, tokens: Tokens, encoder: StaticEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Segment.build(lambda: DOCUMENTS, tokens, encoder, tmp_path)
    before = (tmp_path / "keyword.npz").read_bytes()
    monkeypatch.setattr(segment, changed, "changed")
    Segment.build(lambda: DOCUMENTS, tokens, encoder, tmp_path)
    assert (tmp_path / "keyword.npz").read_bytes() != before


def test_a_stale_manifest_is_refused(encoder: StaticEncoder, tokens: Tokens, tmp_path: Path) -> None:
    Segment.build(lambda: DOCUMENTS, tokens, encoder, tmp_path)
    with pytest.raises(IndexUnusable):
        VectorIndex.load(tmp_path, Manifest("other", encoder.fingerprint, encoder.dimension, 6))


def test_softer_terms_count_less() -> None:
    index = KeywordIndex(map(numbered, [["退款"], ["发货"]]))
    terms = numbered(["退款", "发货"])
    assert index.search(terms, 2, np.array([0.5, 1.0], dtype=np.float32)).positions.tolist() == [1, 0]
    assert index.search(terms, 2, np.array([1.0, 0.5], dtype=np.float32)).positions.tolist() == [0, 1]
    twice = np.concatenate([terms, terms[:1]])
    scores = index.search(twice, 2, np.array([0.5, 1.0, 1.0], dtype=np.float32)).scores
    assert scores[0] == pytest.approx(scores[1])


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=12), st.data())
def test_documents_indexed_like_others_score_as_those_do(documents: Sequence[list[str]], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(range(len(documents))), unique=True))
    words = data.draw(st.lists(st.sampled_from("abcxyz"), max_size=4))
    whole = KeywordIndex(map(numbered, documents))
    tail = KeywordIndex((numbered(documents[at]) for at in again), whole)
    scores = dict(zip(*map(np.ndarray.tolist, whole.search(numbered(words), 100)), strict=True))
    found = tail.search(numbered(words), 100)
    assert {again[at]: score for at, score in zip(*map(np.ndarray.tolist, found), strict=True)} == {
        at: scores[at] for at in again if at in scores
    }


def test_what_is_not_read_of_a_common_word_is_not_read_in_the_tail_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyword, "POSTINGS_READ", 2)
    whole = KeywordIndex(map(numbered, [["退款"], ["退款", "多久"], ["退款", "多久", "呢"]]))
    tail = KeywordIndex(map(numbered, [["退款", "多久", "呢"], ["退款"]]), whole)
    assert whole.search(numbered(["退款"]), 5).positions.tolist() == [0, 1]
    assert tail.search(numbered(["退款"]), 5).positions.tolist() == [1]


def _view(scripts: Sequence[Script], tokens: Tokens, encoder: StaticEncoder | None, folder: Path) -> ScriptSearch:
    return ScriptSearch.build({s.id: s for s in scripts}, Indexer(tokens, encoder, folder, PlaceNames()), None)


def _answers(view: ScriptSearch, asked: Sequence[Query]) -> list[list[tuple[str, object]]]:
    return [[(p.script_id, pytest.approx(p.score, abs=1e-3)) for p in view.search(q, NEED, 14)] for q in asked]


@pytest.mark.parametrize("with_vectors", [True, False])
def test_scripts_published_again_unchanged_keep_their_rank(
    with_vectors: bool, library: Library, tokens: Tokens, encoder: StaticEncoder, tmp_path: Path
) -> None:
    used = encoder if with_vectors else None
    scripts = list(library.scripts.values())
    asked = [_query(normalise(s.phrasings[0].text).text, tokens, used) for s in scripts[::20]]
    before = _view(scripts, tokens, used, tmp_path)
    chance = random.Random(5)
    for count in (1, 20, TAIL):
        after = before.with_changes({s.id: s for s in chance.sample(scripts, count)})
        assert _answers(after, asked) == _answers(before, asked)


def test_a_library_that_begins_empty_answers_as_one_that_was_there(
    library: Library, tokens: Tokens, encoder: StaticEncoder, tmp_path: Path
) -> None:
    scripts = list(library.scripts.values())[::30]
    asked = [_query(normalise(s.phrasings[0].text).text, tokens, encoder) for s in scripts]
    there, empty = (_view(s, tokens, encoder, tmp_path) for s in (scripts, []))
    assert _answers(empty, asked) == [[] for _ in asked]
    at_once = empty.with_changes({s.id: s for s in scripts})
    assert _answers(at_once, asked) == _answers(there, asked)
    one_by_one = empty
    for script in scripts:
        one_by_one = one_by_one.with_changes({script.id: script})
    firsts = [[view.search(q, NEED, 1)[0].script_id for q in asked] for view in (one_by_one, there)]
    same = [a == b for a, b in zip(*firsts, strict=True)]
    assert sum(same) > 0.9 * len(same)  # rarity is read off at least half of the library, so not quite the same


def test_a_changed_script_is_found_by_its_new_words_alone(
    library: Library, tokens: Tokens, encoder: StaticEncoder, tmp_path: Path
) -> None:
    old, *others = list(library.scripts.values())[:40]
    new = old.model_copy(update={"phrasings": others[0].phrasings, "title": "无", "use_when": "无"})
    before = _view([old, *others], tokens, encoder, tmp_path)
    by_old, by_new = (_query(normalise(s.phrasings[0].text).text, tokens, encoder) for s in (old, new))
    after = before.with_changes({old.id: new})
    assert before.search(by_old, NEED, 1)[0].script_id == old.id
    assert after.search(by_old, NEED, 1)[0].script_id != old.id
    assert old.id in [p.script_id for p in after.search(by_new, NEED, 2)]
    gone = after.with_changes({old.id: None})
    assert old.id not in [p.script_id for q in (by_old, by_new) for p in gone.search(q, NEED, 40)]
    assert gone.size == len(others)
