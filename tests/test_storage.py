"""The database opens on a fresh folder, refuses an unusable one in a plain sentence, and keeps its promises."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, StorageError
from app.storage import audit, outbox
from app.storage import database as database_module
from app.storage.database import Database
from app.storage.idempotency import UNANSWERED, IdempotencyKeys, Remembered
from app.storage.tables import AuditRow, Change, ScriptVersion, Table, timestamp

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{folder / 'kefu.sqlite3'}", folder)
    try:
        yield database
    finally:
        database.close()


def test_a_fresh_folder_is_made_and_filled(tmp_path: Path) -> None:
    with opened(tmp_path / "new" / "var") as database, database.read() as session:
        names = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type='table'")))
        assert set(Table.metadata.tables) <= names
        pragmas = {n: session.scalar(text(f"PRAGMA {n}")) for n in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with opened(tmp_path) as database, database.read() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Table.metadata) == []


def test_two_workers_may_start_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from app.storage.database import Database\n"
        "sys.stdin.readline(); Database.open(sys.argv[1], Path(sys.argv[2])).close()"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path / 'k.sqlite3'}", str(tmp_path)]
    workers = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    for worker in workers:
        assert worker.stdin
        worker.stdin.close()


def test_threads_of_one_process_may_open_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with opened(tmp_path):
                pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "写法不对"),
        ("这不是地址", "写法不对"),
        ("sqlite://", "内存"),
        ("sqlite:///:memory:", "内存"),
        ("mysql://root:geheim@localhost/kefu", "不支持的数据库 mysql"),
        ("postgresql://kefu:geheim@127.0.0.1:1/kefu", "连不上数据库"),
    ],
)
def test_a_wrong_url_is_refused_in_a_plain_sentence(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=words) as raised:
        Database.open(url, tmp_path)
    assert "geheim" not in str(raised.value)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(StorageError, match="不能写入：已有同名文件"):
        Database.open(f"sqlite:///{tmp_path / 'k.sqlite3'}", tmp_path / "var")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become a user without rights")
def test_a_read_only_folder_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o555)
        code = (
            "import os, sys; from pathlib import Path; from app.storage.database import Database\n"
            "os.setgid(65534); os.setuid(65534)\n"
            "try: Database.open(sys.argv[1], Path(sys.argv[2]))\n"
            "except Exception as error: print(type(error).__name__, error)"
        )
        for folder in (name, f"{name}/var"):
            command = [sys.executable, "-c", code, f"sqlite:///{folder}/k.sqlite3", folder]
            told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60).stdout
            assert told.startswith("StorageError 数据目录")
            assert "没有写权限" in told


def _garbage(path: Path) -> None:
    path.write_bytes(b"\x07rubbish" * 2000)


def _torn(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 4] = os.urandom(4096 * 3)
    path.write_bytes(data)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("damage", [_garbage, _torn, _cut])
def test_a_damaged_file_is_refused(damage: object, tmp_path: Path) -> None:
    with opened(tmp_path) as database, database.write() as session:
        session.add_all([Change(kind="script", key="x" * 500, at=timestamp(NOW)) for _ in range(50)])
    assert callable(damage)
    damage(tmp_path / "kefu.sqlite3")
    with pytest.raises(StorageError, match="损坏"), opened(tmp_path):
        pass


def test_a_database_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as database, database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="更新版本的程序"), opened(tmp_path):
        pass


def test_a_failed_unit_leaves_nothing(tmp_path: Path) -> None:
    def work() -> None:
        with database.write(serial=True) as session:
            outbox.append(session, NOW, "script", "a")
            session.flush()
            raise ZeroDivisionError

    with opened(tmp_path) as database:
        with pytest.raises(ZeroDivisionError):
            work()
        with database.read() as session:
            assert outbox.since(session, "script", 0) == (0, ())


def test_a_broken_reference_is_the_callers_to_handle(tmp_path: Path) -> None:
    with opened(tmp_path) as database, pytest.raises(IntegrityError), database.write() as session:
        session.add(ScriptVersion(script_id="nobody", version=1, body={}, published_at="", published_by=""))


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    with opened(tmp_path) as database, database.write(serial=True) as writer:
        outbox.append(writer, NOW, "script", "a")
        writer.flush()
        with database.read() as reader:
            assert outbox.since(reader, "script", 0) == (0, ())


def test_a_writer_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.storage.database.BUSY_MS", 50)
    with opened(tmp_path) as database, database.write():  # noqa: SIM117
        with pytest.raises(StorageError, match="占用"), database.write():
            pass


def test_the_outbox_keeps_order_and_names_each_key_once(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        with database.write(serial=True) as session:
            for kind, key in [("script", "b"), ("script", "a"), ("rule", "r"), ("script", "b")]:
                outbox.append(session, NOW, kind, key)
                session.flush()
        with database.read() as session:
            assert outbox.since(session, "script", 0) == (4, ("b", "a"))
            assert outbox.since(session, "script", 4) == (4, ())
            assert outbox.since(session, "rule", 0) == (3, ("r",))


@pytest.mark.parametrize(
    "tamper",
    [
        update(AuditRow).where(AuditRow.id == 2).values(actor="somebody"),
        update(AuditRow).where(AuditRow.id == 2).values(detail={"n": 99}),
        text("DELETE FROM audit_log WHERE id = 2"),
        text("UPDATE audit_log SET id = id + 10 WHERE id > 1"),
        text("INSERT INTO audit_log SELECT 4, at, actor, action, target, detail, hash FROM audit_log WHERE id = 3"),
    ],
)
def test_an_altered_audit_row_is_seen(tamper: object, tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        with database.write(serial=True) as session:
            for n in range(3):
                audit.append(session, NOW, "小王", "script.publish", "a-01", {"n": n, "说明": "改"})
            assert audit.first_broken(session) is None
        with database.write() as session:
            session.execute(tamper)  # type: ignore[call-overload]
        with database.read() as session:
            assert audit.first_broken(session) in (2, 3, 4, 12)


def test_the_audit_chain_survives_a_restart(tmp_path: Path) -> None:
    for n in range(3):
        with opened(tmp_path) as database, database.write(serial=True) as session:
            audit.append(session, NOW, "小王", "login", "", {"n": n})
    with opened(tmp_path) as database, database.read() as session:
        assert [r.id for r in session.scalars(select(AuditRow))] == [1, 2, 3]
        assert audit.first_broken(session) is None


def test_an_answer_is_remembered_for_a_day(tmp_path: Path) -> None:
    clock = [NOW]
    with opened(tmp_path) as database:
        keys = IdempotencyKeys(database, lambda: clock[0])
        assert keys.claim("k\ud800\0", "f") is None
        keys.keep("k\ud800\0", 201, '{"id": "甲"}')
        for _ in range(2):
            assert keys.claim("k\ud800\0", "f") == Remembered(201, '{"id": "甲"}')
            keys.release("k\ud800\0")  # an answer stays
        with pytest.raises(Conflict, match="另一个请求"):
            keys.claim("k\ud800\0", "other")
        clock[0] = NOW + timedelta(hours=24, seconds=1)
        assert keys.claim("k\ud800\0", "other") is None


def test_a_key_has_one_owner_until_it_is_answered_given_back_or_forgotten(tmp_path: Path) -> None:
    clock = [NOW]
    with opened(tmp_path) as database, opened(tmp_path) as elsewhere:
        mine, theirs = (IdempotencyKeys(d, lambda: clock[0]) for d in (database, elsewhere))
        assert mine.claim("k", "f") is None
        with pytest.raises(Conflict, match="还在处理"):
            theirs.claim("k", "f")
        mine.release("k")
        assert theirs.claim("k", "f") is None
        with pytest.raises(Conflict, match="另一个请求"):
            mine.claim("k", "other")
        clock[0] = NOW + UNANSWERED
        assert mine.claim("k", "f") is None  # who claimed it has died
        mine.keep("k", 201, "{}")
        assert theirs.claim("k", "f") == Remembered(201, "{}")


def test_the_newest_revision_is_alembics_head() -> None:
    script = ScriptDirectory(str(Path(database_module.__file__).parent / "migrations"))
    assert script.get_current_head() == database_module.newest_revision()
