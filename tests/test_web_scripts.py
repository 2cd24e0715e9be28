"""The script resource: from draft to suggestion, and what happens when two people write."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.errors import StorageError
from app.storage.idempotency import IdempotencyKeys
from app.web.api.scripts import TAKEN
from app.wiring import Copilot
from tests.web_support import assert_problem, client, created, script


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("web")) as opened:
        yield opened


def step(api: TestClient, stored: dict[str, Any], name: str, **more: object) -> dict[str, Any]:
    response = api.post(f"/v1/scripts/{stored['id']}/{name}", json={"revision": stored["revision"], **more})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def suggested(api: TestClient, message: str) -> list[str]:
    answer = api.post("/v1/assist", json={"message": message}).json()
    return [s["script_id"] for s in answer["suggestions"]]


def test_a_script_goes_live_and_comes_back_off(api: TestClient) -> None:
    message = "定制印花的紫色印成了灰色第2次"
    draft = created(api)
    assert draft["state"] == "draft"
    assert draft["id"] not in suggested(api, message)
    review = step(api, draft, "submit")
    assert review["state"] == "review"
    live = step(api, review, "publish")
    assert (live["state"], live["version"]) == ("published", 1)
    assert live["id"] in suggested(api, message)
    changed = api.patch(
        f"/v1/scripts/{live['id']}", json={"revision": live["revision"], "script": {"title": "新标题"}}
    ).json()
    assert changed["script"]["title"] == "新标题"
    assert changed["published"]["title"] == script()["title"]
    second = step(api, changed, "publish")
    versions = api.get(f"/v1/scripts/{live['id']}/versions").json()["items"]
    assert [(v["version"], v["script"]["title"]) for v in versions] == [(2, "新标题"), (1, script()["title"])]
    back = step(api, second, "rollback", version=1)
    assert (back["state"], back["script"]["title"]) == ("draft", script()["title"])
    gone = step(api, back, "retire")
    assert gone["state"] == "retired"
    assert gone["id"] not in suggested(api, message)


def test_publishing_takes_less_than_a_second(api: TestClient) -> None:
    draft = created(api, title="计时", phrasings=[{"text": f"霓虹灯管跳闪得像蹦迪{n}", "level": 1} for n in range(8)])
    start = time.perf_counter()
    step(api, draft, "publish")
    assert draft["id"] in suggested(api, "霓虹灯管跳闪得像蹦迪")
    assert time.perf_counter() - start < 1


def test_the_slower_of_two_writers_sees_both_versions(api: TestClient) -> None:
    stored = created(api)
    path = f"/v1/scripts/{stored['id']}"
    first = api.patch(path, json={"revision": stored["revision"], "script": {"title": "先改的"}})
    assert first.status_code == 200
    late = api.patch(path, json={"revision": stored["revision"], "script": {"title": "后改的"}})
    versions = assert_problem(late, 409, "conflict")["versions"]
    assert versions["theirs"]["script"]["title"] == "先改的"
    assert versions["yours"]["script"]["title"] == "后改的"
    for name in ("submit", "publish", "retire"):
        assert_problem(api.post(f"{path}/{name}", json={"revision": stored["revision"]}), 409, "conflict")
    assert api.get(path).json()["script"]["title"] == "先改的"


def test_a_repeated_create_is_one_script(api: TestClient) -> None:
    key = {"idempotency-key": "页面-1".encode().hex()}
    body = {"script": script(title="只建一次")}
    first, again = (api.post("/v1/scripts", json=body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = api.post("/v1/scripts", json={"script": script(title="另一条")}, headers=key)
    assert_problem(other, 409, "conflict")
    assert_problem(api.post("/v1/scripts", json=body, headers={"idempotency-key": "k" * 300}), 400)


@pytest.mark.parametrize(("owner", "name"), [(Copilot, "refresh"), (IdempotencyKeys, "keep")])
def test_what_is_written_is_answered_so_whatever_fails_afterwards(
    owner: type, name: str, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StorageError("数据库暂时不能用")

    title, key = f"写完才出错 {name}", {"idempotency-key": f"written-{name}"}
    monkeypatch.setattr(owner, name, broken)
    first = api.post("/v1/scripts", json={"script": script(title=title)}, headers=key)
    assert first.status_code == 201, first.text
    monkeypatch.undo()
    if name == "refresh":
        again = api.post("/v1/scripts", json={"script": script(title=title)}, headers=key)
        assert (again.headers["idempotency-replayed"], again.json()) == ("true", first.json())
    assert [item["id"] for item in _listed(api) if item["script"]["title"] == title] == [first.json()["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "script.title"),
        ({"title": "长" * 25}, "script.title"),
        ({"types": []}, "script.types"),
        ({"types": ["no.such"]}, "script.types"),
        ({"techniques": ["no_such"]}, "script.techniques"),
        ({"stage": "no_such"}, "script.stage"),
        ({"intensity": [3, 1]}, "script"),
        ({"intensity": [0, 9]}, "script.intensity.1"),
        ({"severity_limit": "huge"}, "script.severity_limit"),
        ({"reply": "您好{nickname}"}, "script.reply"),
        ({"phrasings": []}, "script.phrasings"),
        ({"phrasings": [{"text": "a", "levle": 1}]}, "script.phrasings.0.levle"),
        ({"sources": ["law:none"]}, "script.sources"),
        ({"sources": ["law:SP-63"]}, "script.sources"),  # in the registry, but nobody has checked it
        ({"colour": "red"}, "script.colour"),
        ({"use_when": "\0"}, "script"),
        ({"id": "../../etc"}, "script.id"),
        ({"id": "counts"}, "script.id"),
        ({"id": "search"}, "script.id"),
    ],
)
def test_a_wrong_field_is_named(api: TestClient, change: dict[str, object], field: str) -> None:
    document = assert_problem(api.post("/v1/scripts", json={"script": script(**change)}), 422, "invalid_input")
    named = [row["field"] for row in document["errors"]]
    assert any(name.startswith(field) for name in named), named
    assert all(any("\u4e00" <= c <= "\u9fff" for c in row["message"]) for row in document["errors"]), document["errors"]


def test_every_address_that_is_no_script_is_taken(api: TestClient) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    read = {path.removeprefix("/v1/scripts/") for path, methods in paths.items() if "get" in methods}
    assert {name for name in read if "/" not in name and "{" not in name} == set(TAKEN)


def test_an_id_in_use_is_refused(api: TestClient) -> None:
    assert_problem(api.post("/v1/scripts", json={"script": script(id="logistics-courier-01")}), 409)


def test_a_script_that_breaks_a_rule_is_not_published(api: TestClient) -> None:
    reply = "这是公司规定,我也没办法,您自己去找快递公司吧,{deadline}之后也不用再来问我了,随便您去投诉。"
    draft = created(api, title="坏例子", reply=reply)
    remarks = api.post("/v1/scripts/review", json={"script": draft["script"]}).json()["items"]
    assert any(r["field"] == "reply" and r["kind"] == "error" for r in remarks)
    refused = api.post(f"/v1/scripts/{draft['id']}/publish", json={"revision": draft["revision"]})
    assert assert_problem(refused, 422)["errors"][0]["field"] == "script.reply"


def test_an_unfinished_script_can_be_reviewed(api: TestClient) -> None:
    remarks = api.post("/v1/scripts/review", json={"script": {"title": "刚开始写"}}).json()["items"]
    assert {"reply", "types"} <= {r["field"] for r in remarks}


def test_a_script_is_tried_out_without_being_saved(api: TestClient) -> None:
    before = api.get("/v1/scripts/counts").json()["total"]
    messages = ["定制印花的紫色印成了灰色", "什么时候发货"]
    tries = api.post("/v1/scripts/try", json={"script": script(), "messages": messages}).json()["items"]
    assert [t["message"] for t in tries] == messages
    assert tries[0]["rank"] is not None
    assert api.get("/v1/scripts/counts").json()["total"] == before


def _listed(api: TestClient, **query: str) -> list[dict[str, Any]]:
    """Return every entry of a list, page after page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get("/v1/scripts", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        found += page["items"]
        cursor = page["next"]
    return found


def test_pages_of_the_list_join_up(api: TestClient) -> None:
    seen = [item["id"] for item in _listed(api, limit="120")]
    assert len(seen) == len(set(seen)) == api.get("/v1/scripts/counts").json()["total"]
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("type", "types", "logistics.delay"), ("technique", "techniques", "empathy")],
)
def test_filters_and_counts_agree(api: TestClient, name: str, field: str, value: str) -> None:
    items = _listed(api, limit="200", **{name: value})
    assert items
    assert all(value in item["script"][field] for item in items)
    assert len(items) == api.get("/v1/scripts/counts").json()[field][value]


@pytest.mark.parametrize("query", ["驿站", "yz", "yizhan"])
def test_words_and_pinyin_find_a_script(api: TestClient, query: str) -> None:
    found = [item["id"] for item in api.get("/v1/scripts/search", params={"q": query}).json()["items"]]
    assert "logistics-courier-01" in found


@pytest.mark.parametrize("query", ["'; DROP TABLE scripts;--", "%", "\\", "\u0000", "😀", "a" * 200])
def test_no_search_makes_it_fail(api: TestClient, query: str) -> None:
    assert api.get("/v1/scripts/search", params={"q": query}).status_code == 200
