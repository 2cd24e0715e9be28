"""What agents say was read wrong: kept masked, written for training, learnt at the next build."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app import cli
from app.errors import ContentError, InvalidInput
from app.feedback.corrections import Corrections, Labels
from app.library.files import Library
from app.settings import load
from app.storage import corrections as rows
from app.storage.database import Database
from app.text.normalise import normalise
from app.text.privacy import mask
from app.training import build, corpus
from tests.samples import analysis
from tests.test_durability import killed
from tests.web_support import JSON, assert_problem, client

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(), max_size=60) | st.from_regex(
    r"[一-龥]{0,4}1[3-9][0-9]{9}[一-龥]{0,4}", fullmatch=True
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("web")) as opened:
        yield opened


@pytest.fixture
def kept(database: Database, library: Library) -> Corrections:
    return Corrections(database, library.taxonomy, lambda: NOW)


def learnt(kept: Corrections, folder: Path, library: Library) -> list[corpus.Labelled]:
    path = folder / "said.yaml"
    path.write_text(kept.export().text, encoding="utf-8")
    return corpus.from_corrections(path, load().content_dir / "knowledge", library)


@pytest.mark.parametrize(
    "said", [{"types": ["aftersales.refund"]}, {"complaint": False}, {"level": 0}, {"risks": []}, {"risks": ["media"]}]
)
def test_a_correction_is_kept_with_what_was_read(api: TestClient, said: dict[str, object]) -> None:
    response = api.post("/v1/corrections", json={"message": "三天了还没发货,电话13912345678", **said})
    assert response.status_code == 201, response.text
    made = response.json()
    assert made["message"] == "三天了还没发货,电话139****5678"
    assert {k: v for k, v in made["said"].items() if v is not None} == said
    assert made["was"]["types"][0] == "logistics.delay"
    assert made["was"].keys() == {"types", "complaint", "level", "risks"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "(请求体)"),
        ({"types": None}, "(请求体)"),
        ({"types": []}, "types"),
        ({"types": ["no.such"]}, "types"),
        ({"types": ["logistics.delay"] * 4}, "types"),
        ({"types": "logistics.delay"}, "types"),
        ({"risks": ["no_such"]}, "risks"),
        ({"level": 5}, "level"),
        ({"level": -1}, "level"),
        ({"level": True}, "level"),
        ({"level": "3"}, "level"),
        ({"complaint": "yes"}, "complaint"),
        ({"level": 1, "message": " "}, "message"),
        ({"level": 1, "message": "\u200b"}, "message"),
        ({"level": 1, "who": "boss"}, "who"),
    ],
)
def test_a_wrong_field_is_named(api: TestClient, said: dict[str, object], field: str) -> None:
    response = api.post("/v1/corrections", json={"message": "还没发货", **said})
    document = assert_problem(response, 422, "invalid_input")
    assert [row["field"] for row in document["errors"]] == [field]


def test_a_repeated_request_is_one_correction(api: TestClient) -> None:
    body, key = {"message": "只算一次", "level": 1}, {"idempotency-key": "k-1"}
    first, again = (api.post("/v1/corrections", json=body, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert_problem(api.post("/v1/corrections", json={**body, "level": 2}, headers=key), 409, "conflict")


@given(message=ANY_TEXT, earlier=ANY_TEXT)
@example(message="空字符\0", earlier="\0")
@example(message="半个\ud83d", earlier="")
@settings(max_examples=60, deadline=None)
def test_no_text_makes_it_fail_and_none_is_kept_bare(api: TestClient, message: str, earlier: str) -> None:
    raw = json.dumps(
        {"message": message, "level": 1, "history": [{"role": "customer", "text": earlier}] if earlier else []}
    )
    response = api.post("/v1/corrections", content=raw, headers=JSON)
    assert response.status_code in {201, 400, 422}, response.text
    if response.status_code == 201:
        assert response.json()["message"] == mask(message).replace("\0", "\ufffd")


@given(messages=st.lists(ANY_TEXT, max_size=5))
@example(
    messages=["a: b", "'引号\" #", "- 换\n行", "\x7f\x85\u2028\ufeff\ufffe", "😀", "~", "true", "{}", "\t缩进", "1"]
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_message_comes_back_from_the_file(
    messages: list[str], library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    database = Database.open(f"sqlite:///{folder / 'k.sqlite3'}", folder)
    kept, told = Corrections(database, library.taxonomy), set()
    for message in messages:
        try:
            kept.record(message, Labels(level=1), analysis())
        except (InvalidInput, UnicodeEncodeError):
            continue
        told.add(normalise(mask(message).replace("\0", "\ufffd")).text)
    (folder / "corrections.yaml").write_text(kept.export().text, encoding="utf-8")
    assert {text.text for text in corpus.from_utterances(folder, library)} == told
    database.close()


def test_the_last_word_on_each_label_counts(kept: Corrections, library: Library, tmp_path: Path) -> None:
    kept.record("灯一直闪", Labels(types=("product.quality",)), analysis())
    kept.record("灯一直闪 ", Labels(level=1, complaint=False), analysis())
    kept.record("灯一直闪", Labels(complaint=True), analysis())
    kept.record("谢谢", Labels(risks=()), analysis())
    first, second = learnt(kept, tmp_path, library)
    assert (first.text, first.types, first.complaint, first.level) == ("灯一直闪", ("product.quality",), True, 1)
    assert (first.risks, first.demands, first.kind) == (None, None, None), "nobody spoke of these"
    assert (second.types, second.complaint, second.level, second.risks) == ((), None, None, ())


def test_a_topic_from_the_turns_before_is_not_learnt(kept: Corrections, library: Library, tmp_path: Path) -> None:
    kept.record("那多久", Labels(types=("logistics.damage",)), analysis(carried=True))
    kept.record("那多少钱", Labels(types=("price.charge",), level=1), analysis(carried=True))
    exported = kept.export()
    assert (exported.messages, exported.left_out) == (1, 2)
    assert [(t.text, t.types, t.level) for t in learnt(kept, tmp_path, library)] == [("那多少钱", (), 1)]


def test_what_measures_the_models_is_not_learnt(
    kept: Corrections, library: Library, content: Path, tmp_path: Path
) -> None:
    measuring = corpus.evaluation_utterances(content / "knowledge", library)[0][0]
    kept.record(measuring.text, Labels(level=4), analysis())
    kept.record("别的话", Labels(level=4), analysis())
    assert [t.text for t in learnt(kept, tmp_path, library)] == ["别的话"]


def test_no_corrections_are_an_empty_file(kept: Corrections, library: Library, tmp_path: Path) -> None:
    assert learnt(kept, tmp_path, library) == []


def test_a_file_of_corrections_may_lie_among_the_authors(kept: Corrections, library: Library, tmp_path: Path) -> None:
    kept.record("灯一直闪", Labels(level=1), analysis())
    (tmp_path / "corrections.yaml").write_text(kept.export().text, encoding="utf-8")
    assert [(t.text, t.group) for t in corpus.from_utterances(tmp_path, library)] == [("灯一直闪", "corrections")]


HEAD = "author: corrections\nutterances:\n"


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("{id: c-1, text: 灯闪, types: [no.such]}", "no.such"),
        ("{id: c-1, text: 灯闪, risks: [no_such]}", "no_such"),
        ("{id: c-1, text: 灯闪, level: 7}", "7"),
        ("{id: c-1, text: 灯闪}", "没有任何标注"),
        ("{id: c-0, text: 灯闪, level: 1}", "重复"),
        ("{id: c-1, text: 灯闪, level: 1, colour: red}", "colour"),
    ],
)
def test_a_wrong_label_is_named_by_line_and_nothing_is_trained(
    entry: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "said.yaml"
    path.write_text(f"{HEAD}  - {{id: c-0, text: 好的, level: 0}}\n  - {entry}\n", encoding="utf-8")

    def trained(*_: object, **__: object) -> None:
        raise AssertionError("something was trained")

    monkeypatch.setattr("app.training.encoder.build", trained)
    assert cli.main(["build", "--corrections", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}:4" in said
    assert word in said


def test_another_author_must_give_every_label(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "said.yaml"
    path.write_text("author: someone\nutterances:\n  - {id: c-1, text: 灯闪, level: 1}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"said\.yaml:3"):
        corpus.from_corrections(path, load().content_dir / "knowledge", library)


class Trained(Exception):
    """What a build was about to learn from."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts


def test_a_build_learns_from_what_the_panel_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEFU_DATA_DIR", str(tmp_path / "data"))
    with client(tmp_path / "data") as api:
        body = {"message": "鱼缸造景灯罢工,打我13912345678", "types": ["aftersales.warranty"]}
        assert api.post("/v1/corrections", json=body).status_code == 201
    out = tmp_path / "said.yaml"
    assert cli.main(["corrections", "export", "--out", str(out)]) == 0
    assert "1 条" in capsys.readouterr().out
    assert "13912345678" not in out.read_text(encoding="utf-8")

    def stop(_: Library, texts: list[str], *__: object) -> None:
        raise Trained(texts)

    monkeypatch.setattr("app.training.encoder.build", stop)
    learnt = normalise("鱼缸造景灯罢工,打我139****5678").text
    with pytest.raises(Trained) as caught:
        cli.main(["build", "--corrections", str(out)])
    assert caught.value.texts.count(learnt) == 1
    assert len(caught.value.texts) > 9_000, "beside everything else"


def test_what_is_learnt_changes_the_answer(content: Path, library: Library, tmp_path: Path, kept: Corrections) -> None:
    texts = corpus.from_library(library)[::9]
    words = "鱼缸造景灯又罢工啦"

    def chance(of: list[corpus.Labelled]) -> float:
        model = build.train_heads(content, library, of)
        chances = model.topics.probabilities(model.read(normalise(words).text))
        return float(chances[model.topics.labels.index("aftersales.warranty")])

    for n in range(3):
        kept.record(f"鱼缸造景灯罢工第{n}回", Labels(types=("aftersales.warranty",)), analysis())
    assert chance([*texts, *learnt(kept, tmp_path, library)]) > chance(texts) + 0.2


# Corrects for ever, in a process of its own, and reports the number of each that was acknowledged.
LOOP = (
    "import os, sys; from pathlib import Path\n"
    "from app.feedback.corrections import Corrections, Labels\n"
    "from app.library import taxonomy\n"
    "from app.settings import load\n"
    "from app.storage.database import Database\n"
    "from tests.samples import analysis\n"
    "folder = Path(sys.argv[1])\n"
    "terms = taxonomy.load(load().content_dir / 'knowledge' / 'taxonomy.yaml')\n"
    "kept = Corrections(Database.open(f'sqlite:///{folder / \"k.sqlite3\"}', folder), terms)\n"
    "while True: os.write(1, b'%d\\n' % kept.record('灯闪', Labels(level=1), analysis()).id)\n"
)


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for round_ in range(3):
        acknowledged = killed(LOOP, tmp_path, 0.02 + 0.03 * round_)
        database = Database.open(f"sqlite:///{tmp_path / 'k.sqlite3'}", tmp_path)
        with database.read() as session:
            stored = [row.id for row in rows.every(session)]
        database.close()
        assert stored == list(range(1, len(stored) + 1))
        assert len(stored) >= max(acknowledged)
