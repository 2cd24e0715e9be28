"""Drafts sent against the check's advice: who may let them, what is kept, and that it cannot be altered unseen."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select, update

from app.errors import SettingsError, SupervisorRequired, TooManyAttempts, WrongCode
from app.feedback.overrides import Overrides
from app.feedback.supervisor import WINDOW_S, WRONG_CODES, Supervisor
from app.records import Check, Finding
from app.settings import load
from app.storage import audit
from app.storage import overrides as rows
from app.storage.database import Database
from app.storage.tables import AuditRow, OverrideRow
from app.text.privacy import mask
from app.wiring import Copilot
from tests.test_durability import killed
from tests.web_support import JSON, assert_problem, client

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CODE = "open-sesame-2026"
SENT = "这是公司规定,我也没办法"
FORBIDDEN = "你再闹我就把你拉黑,以后别想在我们店买东西,投诉也没用。"
FINE = "好的,我来查,今天18:00前给您答复。"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("web"), supervisor_code=CODE) as opened:
        yield opened


def let(api: TestClient, text: str = SENT, code: str | None = None, **more: object) -> Any:  # noqa: ANN401
    headers = {} if code is None else {"supervisor-code": code}
    return api.post("/v1/overrides", json={"text": text, "reason": "客户要原话", **more}, headers=headers)


def check(*severities: str, checked: bool = True) -> Check:
    found = tuple(Finding(f"R-{i}", "R", s, 1.0, 0, 1, "x", "m", "r") for i, s in enumerate(severities))  # type: ignore[arg-type]
    worst = max(severities, key=("pass", "hint", "confirm", "block").index, default="pass" if checked else "confirm")
    return Check(worst, found, checked=checked)  # type: ignore[arg-type]


def test_an_agent_overrides_advice_with_a_reason(api: TestClient) -> None:
    made = let(api, reason="  客户要看原话,电话13912345678 ", text=SENT + ",您住学府路12号楼")
    assert made.status_code == 201, made.text
    kept = made.json()
    assert (kept["who"], kept["severity"], kept["checked"]) == ("agent", "confirm", True)
    assert any(rule.startswith("DEF-") for rule in kept["rule_ids"])
    assert kept["reason"] == "客户要看原话,电话139****5678"
    assert kept["text"] == SENT + ",您住学府路****"
    assert api.get("/v1/overrides").json()["items"][0] == kept


@pytest.mark.parametrize("code", [None, "wrong-code"])
def test_an_agent_cannot_let_a_block_through(api: TestClient, code: str | None) -> None:
    before = api.get("/v1/overrides").json()["items"]
    document = assert_problem(let(api, FORBIDDEN, code), 403)
    assert document["code"] == ("supervisor_required" if code is None else "supervisor_code_wrong")
    assert api.get("/v1/overrides").json()["items"] == before


def test_a_supervisor_can(api: TestClient) -> None:
    kept = let(api, FORBIDDEN, CODE).json()
    assert (kept["who"], kept["severity"]) == ("supervisor", "block")
    assert CODE not in json.dumps(kept)


def test_the_verdict_is_never_the_callers(api: TestClient) -> None:
    assert_problem(let(api, FORBIDDEN, verdict="confirm"), 422, "invalid_input")


@pytest.mark.parametrize("text", [FINE, "会尽快的"])
def test_what_may_be_sent_needs_no_override(api: TestClient, text: str) -> None:
    assert api.post("/v1/check", json={"text": text}).json()["verdict"] in {"pass", "hint"}
    assert_problem(let(api, text), 409, "override_not_needed")


def test_a_draft_nothing_could_check_still_needs_a_reason(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Copilot, "check", broken)
    kept = let(api, FINE).json()
    assert (kept["severity"], kept["checked"], kept["rule_ids"]) == ("confirm", False, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": SENT}, "reason"),
        ({"text": SENT, "reason": ""}, "reason"),
        ({"text": SENT, "reason": " 。。\u200b\u200b "}, "reason"),
        ({"text": SENT, "reason": "因"}, "reason"),
        ({"text": SENT, "reason": "长" * 501}, "reason"),
        ({"text": SENT, "reason": 5}, "reason"),
        ({"reason": "客户要原话"}, "text"),
        ({"text": SENT, "reason": "客户要原话", "who": "supervisor"}, "who"),
    ],
)
def test_a_wrong_field_is_named(api: TestClient, body: dict[str, object], field: str) -> None:
    document = assert_problem(api.post("/v1/overrides", json=body), 422, "invalid_input")
    assert [row["field"] for row in document["errors"]] == [field]


def test_a_repeated_request_is_one_override(api: TestClient) -> None:
    body, key = {"text": SENT, "reason": "只算一次"}, {"idempotency-key": "k-1"}
    first, again = (api.post("/v1/overrides", json=body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert_problem(api.post("/v1/overrides", json={**body, "reason": "另一个"}, headers=key), 409, "conflict")


def test_a_refusal_is_not_remembered(api: TestClient) -> None:
    body, key = {"text": FORBIDDEN, "reason": "主管来了"}, {"idempotency-key": "k-2"}
    assert_problem(api.post("/v1/overrides", json=body, headers=key), 403)
    assert api.post("/v1/overrides", json=body, headers={**key, "supervisor-code": CODE}).status_code == 201


def test_the_list_is_read_page_by_page(api: TestClient) -> None:
    made = [let(api, reason=f"第{n}条理由").json()["id"] for n in range(3)]
    seen: list[int] = []
    path: str | None = "/v1/overrides?limit=2"
    while path:
        page = api.get(path).json()
        seen += [item["id"] for item in page["items"]]
        path = page["next"] and f"/v1/overrides?limit=2&cursor={page['next']}"
    assert seen == sorted(seen, reverse=True)
    assert seen[:3] == made[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=abc", "cursor=٣", "cursor=" + "9" * 19, "who=agent"])
def test_a_wrong_query_is_refused(api: TestClient, query: str) -> None:
    assert_problem(api.get(f"/v1/overrides?{query}"), 422)


ANY_TEXT = st.text(st.characters(), max_size=60) | st.from_regex(
    r"[一-龥]{0,4}1[3-9][0-9]{9}[一-龥]{0,4}", fullmatch=True
)


@given(text=ANY_TEXT, reason=ANY_TEXT)
@example(text=SENT + "\0", reason="空字符\0理由")
@example(text=SENT + "\ud83d", reason="半个字符")
@settings(max_examples=60, deadline=None)
def test_no_text_makes_it_fail_and_none_is_kept_bare(api: TestClient, text: str, reason: str) -> None:
    raw = json.dumps({"text": SENT + text, "reason": "理由:" + reason})
    response = api.post("/v1/overrides", content=raw, headers=JSON)
    assert response.status_code in {201, 400, 403, 422}, response.text
    if response.status_code == 201:
        kept = api.get("/v1/overrides?limit=1").json()["items"][0]
        assert kept["text"] == mask(SENT + text).replace("\0", "\ufffd")
        assert kept["reason"] == mask(("理由:" + reason).strip()).replace("\0", "\ufffd")


def test_without_a_code_nobody_is_the_supervisor() -> None:
    for code in (None, "", "anything"):
        with pytest.raises(SupervisorRequired, match="KEFU_SUPERVISOR_CODE"):
            Supervisor(SecretStr("")).confirm(code)


def test_guessing_is_stopped_even_when_the_next_guess_is_right() -> None:
    clock = [0.0]
    supervisor = Supervisor(SecretStr(CODE), lambda: clock[0])
    for guess in [*(f"guess-{n}" for n in range(WRONG_CODES - 1)), "主管码"]:
        supervisor.confirm(CODE)  # being right does not use the attempts up
        with pytest.raises(WrongCode):
            supervisor.confirm(guess)
    clock[0] = 60.0
    with pytest.raises(TooManyAttempts, match="14 分钟") as caught:
        supervisor.confirm(CODE)
    assert caught.value.retry_after == WINDOW_S - 60
    clock[0] = WINDOW_S
    supervisor.confirm(CODE)


def test_the_caller_is_told_how_long_to_wait(tmp_path: Path) -> None:
    with client(tmp_path, supervisor_code=CODE) as api:
        for _ in range(WRONG_CODES):
            assert_problem(let(api, FORBIDDEN, "wrong-code"), 403, "supervisor_code_wrong")
        refused = let(api, FORBIDDEN, CODE)
        assert_problem(refused, 429, "too_many_attempts")
        assert 0 < int(refused.headers["retry-after"]) <= WINDOW_S


@pytest.mark.parametrize("code", ["short", "有中文的主管码啊啊", "with space inside", "x" * 129])
def test_a_code_that_cannot_be_used_is_refused_and_not_shown(code: str) -> None:
    with pytest.raises(SettingsError, match="KEFU_SUPERVISOR_CODE") as caught:
        load(supervisor_code=code)
    assert code not in f"{caught.value} {caught.value.__cause__}"
    assert CODE not in repr(load(supervisor_code=CODE))


def test_every_override_is_in_the_audit_log(database: Database) -> None:
    kept = Overrides(database, Supervisor(SecretStr(CODE)), lambda: NOW)
    agent = kept.record("草稿13912345678", check("hint", "confirm", "confirm"), "理由\0")
    boss = kept.record("草稿", check("block"), "理由", CODE)
    with pytest.raises(WrongCode):
        kept.record("草稿", check("block"), "理由", "wrong-code")
    assert (agent.rule_ids, agent.text, agent.reason) == (("R-1", "R-2"), "草稿139****5678", "理由\ufffd")
    assert kept.page(None, 1) == ((boss,), str(boss.id))
    assert kept.page(boss.id, 1) == ((agent,), None)
    with database.read() as session:
        log = list(session.scalars(select(AuditRow).order_by(AuditRow.id)))
        assert [(r.actor, r.action, r.target) for r in log] == [
            ("agent", "override.confirm", "1"),
            ("supervisor", "override.block", "2"),
            ("unknown", "override.refused", ""),
        ]
        assert CODE not in str([r.detail for r in log])
        assert audit.first_broken(session) is None
        assert unaltered(session)


@pytest.mark.parametrize("change", [{"reason": "另一个理由"}, {"who": "supervisor"}, {"text": "x"}, {"rule_ids": []}])
def test_an_altered_override_is_seen(database: Database, change: dict[str, object]) -> None:
    Overrides(database, Supervisor(SecretStr(""))).record("草稿", check("confirm"), "理由")
    with database.write() as session:
        session.execute(update(OverrideRow).values(**change))
    with database.read() as session:
        assert not unaltered(session)


def unaltered(session: Any) -> bool:  # noqa: ANN401
    digests = {r.target: r.detail["sha256"] for r in session.scalars(select(AuditRow)) if "sha256" in r.detail}
    return digests == {str(row.id): rows.digest(row) for row in rows.page(session, None, 10_000)}


# Overrides for ever, in a process of its own, and reports the number of each that was acknowledged.
LOOP = (
    "import os, sys; from pathlib import Path\n"
    "from pydantic import SecretStr\n"
    "from app.feedback.overrides import Overrides\n"
    "from app.feedback.supervisor import Supervisor\n"
    "from app.storage.database import Database\n"
    "from app.records import Check\n"
    "folder = Path(sys.argv[1])\n"
    "kept = Overrides(Database.open(f'sqlite:///{folder / \"k.sqlite3\"}', folder), Supervisor(SecretStr('')))\n"
    "while True: os.write(1, b'%d\\n' % kept.record('草稿', Check('confirm', ()), '理由').id)\n"
)


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    newest = 0
    for round_ in range(6):
        acknowledged = killed(LOOP, tmp_path, 0.01 + 0.013 * round_)
        assert acknowledged[0] == newest + 1
        database = Database.open(f"sqlite:///{tmp_path / 'k.sqlite3'}", tmp_path)
        with database.read() as session:
            stored = [row.id for row in rows.page(session, None, 10_000)][::-1]
            assert stored == list(range(1, len(stored) + 1))
            assert audit.first_broken(session) is None
            assert unaltered(session)
        database.close()
        newest = len(stored)
        assert newest >= max(acknowledged)
