"""The live endpoints through the front door: the real product behind the real application."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web.api import live
from tests.web_support import JSON, XSS, assert_problem, client, created


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("web")) as opened:
        yield opened


def test_assist_answers_as_the_contract_says(api: TestClient) -> None:
    answer = api.post("/v1/assist", json={"message": "三天了还没发货,你们是不是骗子"}).json()
    assert answer.keys() >= {"id", "analysis", "technique", "suggestions", "avoid", "cards", "degraded", "timing_ms"}
    assert answer["technique"].keys() >= {"id", "name", "reason", "next"}
    analysis = answer["analysis"]
    assert analysis.keys() >= {"is_complaint", "types", "demands", "emotion", "risks", "severity", "stage"}
    assert analysis["is_complaint"] is True
    assert analysis["types"][0]["id"] == "logistics.delay"
    assert analysis["emotion"].keys() >= {"level", "name", "score", "kind", "trend", "evidence"}
    assert 1 <= len(answer["suggestions"]) <= 3
    for suggestion in answer["suggestions"]:
        assert suggestion["check"]["verdict"] == "pass"
        assert suggestion.keys() >= {"script_id", "script_version", "slots", "why", "sources", "score"}


def test_positions_are_code_points_of_the_text_as_sent(api: TestClient) -> None:
    message = "  😡😡三天了还没发货,我要打12315投诉  "
    analysis = api.post("/v1/assist", json={"message": message}).json()["analysis"]
    spans = [e for part in (*analysis["types"], *analysis["risks"], analysis["emotion"]) for e in part["evidence"]]
    assert spans
    assert all(message[s["start"] : s["end"]] == s["text"] for s in spans)


def test_limit_is_obeyed(api: TestClient) -> None:
    assert len(api.post("/v1/assist", json={"message": "三天了还没发货", "limit": 1}).json()["suggestions"]) <= 1


def test_check_finds_a_deflection(api: TestClient) -> None:
    text = "这是公司规定,我也没办法"
    answer = api.post("/v1/check", json={"text": text}).json()
    assert answer.keys() >= {"verdict", "findings", "rewrite", "elements", "commitments", "checked"}
    assert answer["checked"] is True
    assert answer["verdict"] in {"confirm", "block"}
    finding = answer["findings"][0]
    assert finding["rule_id"].startswith("DEF-")
    assert text[finding["start"] : finding["end"]] == finding["text"]
    assert finding["reason"]
    assert finding["sources"]


BODIES: list[tuple[str, bytes, int]] = [
    ("no JSON", b"hello", 400),
    ("nothing", b"", 400),
    ("cut off", b'{"message": "a', 400),
    ("broken UTF-8", b'{"message": "\xff\xfe"}', 400),
    ("lone surrogate", b'{"message": "\\ud83d"}', 400),
    ("deep nesting", b'{"message": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
    ("NaN", b'{"message": NaN}', 422),
    ("a list", b"[]", 422),
    ("null", b"null", 422),
    ("no message", b"{}", 422),
    ("blank message", '{"message": " \u3000\\n "}'.encode(), 422),
    ("number as message", b'{"message": 5}', 422),
    ("too long", json.dumps({"message": "好" * 4001}).encode(), 422),
    ("unknown field", b'{"message": "a", "mesage": "b"}', 422),
    ("unknown context", b'{"message": "a", "context": {"nick": "b"}}', 422),
    ("role", b'{"message": "a", "history": [{"role": "boss", "text": "b"}]}', 422),
    ("history too long", json.dumps({"message": "a", "history": [{"role": "agent", "text": "b"}] * 51}).encode(), 422),
    ("turn too long", json.dumps({"message": "a", "history": [{"role": "agent", "text": "b" * 4001}]}).encode(), 422),
    ("text as bool", b'{"message": "a", "context": {"vip": "yes"}}', 422),
    ("limit", b'{"message": "a", "limit": 99}', 422),
    ("limit as text", b'{"message": "a", "limit": "3"}', 422),
    ("many wrong fields", json.dumps({str(n): n for n in range(5000)}).encode(), 422),
    ("huge", b'{"message": "' + b"a" * 300_000 + b'"}', 413),
]


@pytest.mark.parametrize(("raw", "status"), [(raw, status) for _, raw, status in BODIES], ids=[n for n, _, _ in BODIES])
def test_bad_bodies_are_refused_with_a_reason(api: TestClient, raw: bytes, status: int) -> None:
    document = assert_problem(api.post("/v1/assist", content=raw, headers=JSON), status)
    assert len(json.dumps(document)) < 10_000
    if status == 422:
        assert document["errors"]
        assert all(row["field"] and row["message"] for row in document["errors"])


def test_a_chunked_body_is_cut_off_at_the_limit(api: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"message": "'
        for _ in range(64):
            yield b"a" * 65_536

    assert_problem(api.post("/v1/assist", content=endless(), headers=JSON), 413, "payload_too_large")


@pytest.mark.parametrize(
    "text", ["好" * 4000, "a\x00b\x1b[31m", "\u202e反了", "\r\n在吗\r\n", "👨‍👩‍👧‍👦", "{name}", XSS]
)
def test_unusual_text_is_answered(api: TestClient, text: str) -> None:
    assert api.post("/v1/assist", json={"message": text}).status_code == 200
    assert api.post("/v1/check", json={"text": text}).status_code == 200


TURNS = st.fixed_dictionaries({"role": st.sampled_from(["customer", "agent"]), "text": st.text()})


@given(
    st.fixed_dictionaries(
        {"message": st.text(max_size=60)},
        optional={
            "history": st.lists(
                st.fixed_dictionaries({"role": st.sampled_from(["customer", "agent"]), "text": st.text()})
            ),
            "context": st.dictionaries(st.sampled_from(["order_id", "product", "vip", "x"]), st.text() | st.booleans()),
            "limit": st.integers() | st.none(),
        },
    )
)
@settings(max_examples=60, deadline=None)
def test_no_body_makes_it_fail(api: TestClient, body: dict[str, object]) -> None:
    raw = json.dumps(body)
    assert api.post("/v1/assist", content=raw, headers=JSON).status_code in {200, 400, 422}
    draft = raw.replace('"message"', '"text"', 1)
    assert api.post("/v1/check", content=draft, headers=JSON).status_code in {200, 400, 422}


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_it_fail(api: TestClient, raw: bytes) -> None:
    for path in (
        "/v1/assist",
        "/v1/check",
        "/v1/scripts",
        "/v1/scripts/review",
        "/v1/scripts/try",
        "/v1/overrides",
        "/v1/corrections",
    ):
        assert api.post(path, content=raw, headers=JSON).status_code in {200, 400, 422}


def test_markup_in_a_message_comes_back_as_the_same_text(api: TestClient) -> None:
    answer = api.post("/v1/assist", json={"message": "没发货", "context": {"order_id": XSS[:60]}})
    assert answer.headers["content-type"] == "application/json"
    stored = created(
        api,
        title="<b>粗</b>",
        reply="{order_id}" + XSS.replace("{{7*7}}", "") + "我来核对,今天给您答复,请您放心等我消息。",
    )
    assert stored["script"]["title"] == "<b>粗</b>"
    assert "<script>" in stored["script"]["reply"]


def test_taxonomy_and_techniques_are_served(api: TestClient) -> None:
    words = api.get("/v1/taxonomy").json()
    assert words["taxonomy"]["types"]["logistics.delay"] == "发货与配送延迟"
    assert "deadline" in words["slots"]
    assert [t["id"] for t in api.get("/v1/techniques").json()["items"]] == list(words["taxonomy"]["techniques"])


def test_it_is_alive_and_ready_and_counted(api: TestClient) -> None:
    assert api.get("/livez").json() == {"status": "ok"}
    assert api.get("/readyz").json()["status"] == "ok"
    api.post("/v1/check", json={"text": "这是公司规定,我也没办法"})
    api.get("/v1/scripts/never-heard-of-it")
    text = api.get("/metrics").text
    assert 'kefu_request_duration_seconds_bucket{le="0.0005",method="POST",route="/v1/check",status="200"}' in text
    assert 'route="/v1/scripts/{ident}",status="404"' in text
    assert "never-heard-of-it" not in text
    assert 'kefu_rule_hits_total{severity="' in text
    assert 'kefu_stage_duration_seconds_count{stage="total"}' in text
    assert float(next(line for line in text.splitlines() if line.startswith("kefu_index_entries ")).split()[1]) > 300


def test_the_description_is_complete(api: TestClient) -> None:
    document = api.get("/openapi.json").json()
    assert {"/v1/assist", "/v1/check", "/v1/scripts/{ident}/publish", "/readyz"} <= document["paths"].keys()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            if method in {"post", "patch"}:
                assert operation["requestBody"]["content"]["application/json"]["examples"], path
    references = set(_references(document))
    assert {r.removeprefix("#/components/schemas/") for r in references} <= document["components"]["schemas"].keys()


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_examples_of_the_description_work(api: TestClient) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    asking, creating = (
        ("/v1/assist", "/v1/check", "/v1/scripts/review", "/v1/scripts/try"),
        ("/v1/overrides", "/v1/corrections"),
    )
    for path in (*asking, *creating):
        for example in paths[path]["post"]["requestBody"]["content"]["application/json"]["examples"].values():
            assert api.post(path, json=example["value"]).status_code == (201 if path in creating else 200), path


def test_the_guide_names_every_route(api: TestClient) -> None:
    guide = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    for path, operations in api.get("/openapi.json").json()["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}`" in guide, path


def test_the_guide_names_every_metric(api: TestClient) -> None:
    guide = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    families = re.findall(r"^# TYPE (kefu_\w+) ", api.get("/metrics").text, re.MULTILINE)
    assert families
    assert [f for f in families if not f.endswith("_created") and f"`{f}`" not in guide] == []


@pytest.mark.parametrize(("length", "aside"), [(20, False), (4_000, True)])
def test_long_texts_are_read_in_a_thread_so_that_others_are_answered(
    api: TestClient, monkeypatch: pytest.MonkeyPatch, length: int, aside: bool
) -> None:
    threads: list[int] = []

    async def noted(work: Callable[[], object]) -> object:
        threads.append(1)
        return work()

    monkeypatch.setattr(live, "run_in_threadpool", noted)
    assert api.post("/v1/check", json={"text": "好" * length}).status_code == 200
    assert api.post(
        "/v1/assist", json={"message": "在吗", "history": [{"role": "customer", "text": "好" * length}]}
    ).json()
    assert len(threads) == (2 if aside else 0)
