"""The script store: workflow, versions, conflicts, lists; on SQLite and, where it is installed, on PostgreSQL."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from app.errors import Conflict, InvalidInput, KefuError, NotFound
from app.library.schema import Script
from app.library.store import ScriptStore, StoredScript, new_id
from app.storage import audit
from app.storage.database import Database
from app.storage.tables import AuditRow, Change, ScriptVersion
from tests.samples import script

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


SHIPPED = {i: script(i) for i in ("a-01", "c-01", "e-01")}


def check(entry: Script) -> list[tuple[str, str]]:
    return [("types", f"词表里没有 {t}") for t in entry.types if t == "no.such"]


@pytest.fixture
def store(database: Database) -> ScriptStore:
    return ScriptStore(database, SHIPPED, check, lambda: NOW)


def test_a_new_script_goes_from_draft_to_live_and_out(store: ScriptStore) -> None:
    made = store.create(script("u-x-1"), "小王")
    assert (made.state, made.revision, made.version, made.origin, made.published) == ("draft", 1, 0, "stored", None)
    assert store.published_overrides() == {}
    sent = store.submit("u-x-1", 1, "小王")
    assert (sent.state, sent.revision) == ("review", 2)
    live = store.publish("u-x-1", 2, "李主管")
    assert (live.state, live.version, live.updated_by, live.updated_at) == (
        "published",
        1,
        "李主管",
        "2026-11-23T08:00:00.000000Z",
    )
    assert live.published == live.script == script("u-x-1", version=1)
    assert store.published_overrides() == {"u-x-1": live.published}
    gone = store.retire("u-x-1", 3, "李主管")
    assert (gone.state, gone.published) == ("retired", None)
    assert store.published_overrides() == {"u-x-1": None}
    assert store.get("u-x-1") == gone


def test_a_change_stays_unseen_until_published(store: ScriptStore) -> None:
    store.create(script("u-x-1"), "小王")
    store.publish("u-x-1", 1, "小王")
    changed = store.change("u-x-1", script("u-x-1", "换个说法,{deadline}前给您答复。"), 2, "小王")
    assert (changed.state, changed.script.reply) == ("draft", "换个说法,{deadline}前给您答复。")
    assert changed.published == script("u-x-1", version=1)
    assert store.published_overrides()["u-x-1"] == changed.published
    live = store.publish("u-x-1", 3, "小王")
    assert (live.version, live.published) == (2, script("u-x-1", "换个说法,{deadline}前给您答复。", version=2))


def test_a_shipped_script_is_copied_on_its_first_change(store: ScriptStore) -> None:
    assert store.get("a-01") == StoredScript(
        "a-01", "published", 1, 0, "shipped", SHIPPED["a-01"], SHIPPED["a-01"], None, None
    )
    changed = store.change("a-01", script("a-01", "我们自己的说法"), 0, "小王")
    assert (changed.origin, changed.state, changed.revision, changed.version) == ("stored", "draft", 1, 1)
    assert changed.published == SHIPPED["a-01"]
    assert store.published_overrides() == {}
    live = store.publish("a-01", 1, "小王")
    assert (live.version, store.published_overrides()["a-01"]) == (2, script("a-01", "我们自己的说法", version=2))
    assert [v.version for v in store.versions("a-01")] == [2, 1]
    back = store.rollback("a-01", 1, 2, "小王")
    assert (back.state, back.script.reply) == ("draft", SHIPPED["a-01"].reply)


def test_a_withdrawn_shipped_script_stays_away_until_published_again(store: ScriptStore) -> None:
    assert store.retire("a-01", 0, "小王").revision == 1
    store.change("a-01", script("a-01", "再用起来"), 1, "小王")
    assert store.published_overrides() == {"a-01": None}
    assert store.get("a-01").published is None
    assert store.publish("a-01", 2, "小王").published == script("a-01", "再用起来", version=2)
    assert store.published_overrides() == {"a-01": script("a-01", "再用起来", version=2)}


def test_a_tombstone_outlives_the_shipped_script(database: Database) -> None:
    ScriptStore(database, SHIPPED, check).retire("a-01", 0, "小王")
    later = ScriptStore(database, {}, check)
    assert (later.get("a-01").state, later.published_overrides()) == ("retired", {"a-01": None})


def test_rolling_back_a_script_nobody_changed_gives_a_draft(store: ScriptStore) -> None:
    assert store.rollback("a-01", 1, 0, "小王").state == "draft"


REFUSED = [
    ("create a known id", lambda s: s.create(script("u-x-1"), "b"), Conflict),
    ("create a shipped id", lambda s: s.create(script("a-01"), "b"), Conflict),
    ("create with an unknown type", lambda s: s.create(script("u-y-1", types=["no.such"]), "b"), InvalidInput),
    (
        "change to an unknown type",
        lambda s: s.change("u-x-1", script("u-x-1", types=["no.such"]), 1, "b"),
        InvalidInput,
    ),
    ("change the id", lambda s: s.change("u-x-1", script("u-x-2"), 1, "b"), InvalidInput),
    ("change something unknown", lambda s: s.change("u-no-1", script("u-no-1"), 0, "b"), NotFound),
    ("read something unknown", lambda s: s.get("u-no-1"), NotFound),
    ("read no id at all", lambda s: s.get("a\ud800\0"), NotFound),
    ("versions of something unknown", lambda s: s.versions("u-no-1"), NotFound),
    ("submit a published one", lambda s: s.submit("a-01", 0, "b"), Conflict),
    ("publish a published one", lambda s: s.publish("a-01", 0, "b"), Conflict),
    ("publish an old revision", lambda s: s.publish("u-x-1", 0, "b"), Conflict),
    ("retire an old revision", lambda s: s.retire("u-x-1", 7, "b"), Conflict),
    ("roll back to a version that never was", lambda s: s.rollback("u-x-1", 3, 1, "b"), NotFound),
    ("list too many", lambda s: s.list(limit=201), InvalidInput),
    ("list nothing", lambda s: s.list(limit=0), InvalidInput),
    ("list from nowhere", lambda s: s.list(cursor="\0"), InvalidInput),
]


@pytest.mark.parametrize(("ask", "error"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    ask: object, error: type[KefuError], store: ScriptStore
) -> None:
    before = store.create(script("u-x-1"), "小王")
    assert callable(ask)
    with pytest.raises(error):
        ask(store)
    assert store.get("u-x-1") == before
    assert store.all() == [store.get(i) for i in ("a-01", "c-01", "e-01", "u-x-1")]


def test_a_late_writer_sees_both_sides(store: ScriptStore) -> None:
    store.create(script("u-x-1"), "小王")
    store.change("u-x-1", script("u-x-1", "小李写的"), 1, "小李")
    with pytest.raises(Conflict) as raised:
        store.change("u-x-1", script("u-x-1", "小王写的"), 1, "小王")
    yours, theirs = (raised.value.versions[k] for k in ("yours", "theirs"))
    assert isinstance(yours, dict)
    assert isinstance(theirs, dict)
    assert (yours["revision"], yours["script"]["reply"]) == (1, "小王写的")
    assert (theirs["revision"], theirs["script"]["reply"], theirs["updated_by"]) == (2, "小李写的", "小李")


def test_of_many_who_publish_the_same_revision_one_wins(database: Database) -> None:
    store = ScriptStore(database, SHIPPED, check)
    for round_ in range(5):
        ident = f"u-race-{round_}"
        store.create(script(ident), "小王")
        outcomes: list[object] = []
        barrier = threading.Barrier(4)

        def work(ident: str = ident, outcomes: list[object] = outcomes, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                outcomes.append(store.publish(ident, 1, threading.current_thread().name))
            except KefuError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        won = [o for o in outcomes if isinstance(o, StoredScript)]
        lost = [o for o in outcomes if isinstance(o, Conflict)]
        assert (len(won), len(lost)) == (1, 3)
        assert all(set(o.versions) == {"yours", "theirs"} for o in lost)
        assert store.get(ident) == won[0]
        assert len(store.versions(ident)) == 1


def test_of_two_who_first_change_a_shipped_script_one_wins(store: ScriptStore) -> None:
    outcomes: list[object] = []

    def work(name: str) -> None:
        try:
            outcomes.append(store.change("a-01", script("a-01", name), 0, name))
        except KefuError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in ("甲写的话", "乙写的话")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(type(o).__name__ for o in outcomes) == ["Conflict", "StoredScript"]


def test_every_step_leaves_its_rows_together(store: ScriptStore, database: Database) -> None:
    store.create(script("u-x-1"), "小王")
    store.publish("u-x-1", 1, "小王")
    store.retire("a-01", 0, "小李")
    with database.read() as session:
        assert [(v.script_id, v.version) for v in session.scalars(select(ScriptVersion))] == [("u-x-1", 1)]
        assert [(c.kind, c.key) for c in session.scalars(select(Change).order_by(Change.id))] == [
            ("script", "u-x-1"),
            ("script", "a-01"),
        ]
        rows = list(session.scalars(select(AuditRow).order_by(AuditRow.id)))
        assert [(r.actor, r.action, r.target) for r in rows] == [
            ("小王", "script.create", "u-x-1"),
            ("小王", "script.publish", "u-x-1"),
            ("小李", "script.retire", "a-01"),
        ]
        assert audit.first_broken(session) is None


def test_another_worker_sees_what_changed_at_its_next_look(store: ScriptStore, database: Database) -> None:
    other = ScriptStore(database, SHIPPED, check)
    seen, changed = other.changes_since(0)
    assert changed == ()
    store.create(script("u-x-1"), "小王")
    assert other.changes_since(seen) == (seen, ())
    store.publish("u-x-1", 1, "小王")
    store.retire("a-01", 0, "小王")
    seen, changed = other.changes_since(seen)
    assert changed == ("u-x-1", "a-01")
    assert other.changes_since(seen) == (seen, ())
    assert set(other.published_overrides(changed[:1])) == {"u-x-1"}


def test_pages_hold_every_script_once_in_order(store: ScriptStore) -> None:
    store.create(script("b-01", types=["product.quality"]), "小王")
    store.create(script("b_01"), "小王")
    store.change("c-01", script("c-01", techniques=["sandwich"]), 0, "小王")
    everything = ["a-01", "b-01", "b_01", "c-01", "e-01"]
    assert [s.id for s in store.all()] == everything
    for limit in range(1, 7):
        found: list[str] = []
        cursor: str | None = None
        while True:
            items, cursor = store.list(cursor, limit)
            found += [s.id for s in items]
            if cursor is None:
                break
        assert found == everything
    assert [s.id for s in store.list(type="product.quality")[0]] == ["b-01"]
    assert [s.id for s in store.list(technique="sandwich")[0]] == ["c-01"]
    assert [s.id for s in store.list(state="published")[0]] == ["a-01", "e-01"]
    assert store.list(state="retired") == ([], None)


def test_a_row_that_no_longer_fits_is_left_out_not_fatal(store: ScriptStore, database: Database) -> None:
    for ident in ("u-x-1", "u-x-2"):
        store.create(script(ident), "小王")
        store.publish(ident, 1, "小王")
    with database.write() as session:
        session.execute(text("UPDATE script_entries SET published = '{}' WHERE id = 'u-x-1'"))
    assert list(store.published_overrides()) == ["u-x-2"]
    assert [s.id for s in store.all()] == ["a-01", "c-01", "e-01", "u-x-2"]
    with pytest.raises(KefuError, match="无法读取"):
        store.get("u-x-1")


def test_an_id_made_for_a_trainer_fits_the_schema() -> None:
    for types in (["logistics.delay"], [], ["中文"], ["x" * 300], ["../../etc"]):
        assert script(new_id(types)).id.startswith("u-")
    assert new_id(["logistics.delay"]).startswith("u-logistics-delay-")
    assert len({new_id(["invoice"]) for _ in range(200)}) == 200
