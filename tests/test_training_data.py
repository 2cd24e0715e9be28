"""The labelled data: bad labels are refused by file and line, and the sets that measure are never learnt from."""

from pathlib import Path

import pytest

from app.errors import ContentError
from app.library.documents import read
from app.library.files import Library
from app.training import corpus, drafts, labels, retrieval

HEAD = "author: someone\npersona: x\n"
MESSAGE = (
    'utterances:\n  - {{id: a-1, text: "{text}", types: [{type}], complaint: {complaint}, demands: [], '
    "level: {level}, kind: {kind}, risks: [], scenario: s}}\n"
)
GOOD = {"text": "什么时候发货", "type": "logistics.delay", "complaint": "false", "level": 0, "kind": "calm"}
DRAFT = 'drafts:\n  - {{id: d-1, text: "{text}", kind: {kind}, rules: [{rules}]}}\n'


def _messages(folder: Path, **fields: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "someone.yaml").write_text(HEAD + MESSAGE.format(**{**GOOD, **fields}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"type": "no.such"}, "no.such"), ({"text": "​"}, "空"), ({"kind": "furious"}, "furious")],
)
def test_a_wrong_label_is_refused_where_it_stands(
    fields: dict[str, object], word: str, library: Library, tmp_path: Path
) -> None:
    with pytest.raises(ContentError, match=word) as caught:
        corpus.from_utterances(_messages(tmp_path, **fields), library)
    assert caught.value.path == str(tmp_path / "someone.yaml")
    assert caught.value.line == 4


def test_an_id_used_twice_is_refused(library: Library, tmp_path: Path) -> None:
    path = _messages(tmp_path) / "someone.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text[text.index("  - {") :], encoding="utf-8")
    with pytest.raises(ContentError, match="重复"):
        corpus.from_utterances(tmp_path, library)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"text": "我电话13912345678,打给我"}, "个人信息"),
        ({"type": "abuse.harassment", "complaint": "true"}, "不是投诉"),
        ({"level": 4}, "矛盾"),
    ],
)
def test_a_label_that_contradicts_itself_is_reported(
    fields: dict[str, object], word: str, library: Library, tmp_path: Path
) -> None:
    _messages(tmp_path / "utterances", **fields)
    (tmp_path / "split.yaml").write_text("invented: ['00000']\n", encoding="utf-8")
    assert word in labels.problems(tmp_path, library)[0].message


def test_the_shipped_messages_hold(content: Path, library: Library) -> None:
    assert labels.problems(content / "knowledge", library) == []


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"kind": "direct", "rules": "XXX-001"}, "XXX-001"),
        ({"kind": "direct", "rules": ""}, "不相符"),
        ({"kind": "ordinary", "rules": "DEF-001"}, "不相符"),
    ],
)
def test_a_wrongly_labelled_draft_is_refused(fields: dict[str, str], word: str, tmp_path: Path) -> None:
    (tmp_path / "someone.yaml").write_text(HEAD + DRAFT.format(text="好的", **fields), encoding="utf-8")
    with pytest.raises(ContentError, match=word):
        drafts.load(tmp_path, {"DEF-001"})


def test_what_measures_is_never_learnt_from(content: Path, library: Library) -> None:
    knowledge = content / "knowledge"
    kept = set(read(knowledge / "split.yaml").items("evaluation"))
    assert kept
    assert kept.isdisjoint({t.group for t in corpus.training_utterances(knowledge, library)})
    assert set(drafts.evaluation_authors(knowledge)) <= {p.stem for p in (knowledge / "drafts").glob("*.yaml")}


def test_a_paraphrase_of_no_script_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("author: x\nparaphrases:\n  - {script: none-01, text: 在吗}\n", encoding="utf-8")
    with pytest.raises(ContentError, match="none-01"):
        retrieval.paraphrases(tmp_path, library.scripts)
