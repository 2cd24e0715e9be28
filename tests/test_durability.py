"""What was reported as published stays published: through a kill, a full disk, a restart, and beside others."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.errors import Conflict, StorageError
from app.library.store import ScriptStore
from app.storage import audit, outbox
from app.storage.database import Database
from app.storage.idempotency import IdempotencyKeys
from app.storage.tables import AuditRow, Change, ScriptVersion
from tests.samples import script

TESTS = Path(__file__).resolve().parent
OPEN = (
    "import sys, resource; from pathlib import Path\n"
    "from samples import script\n"
    "from app.errors import KefuError\n"
    "from app.library.store import ScriptStore\n"
    "from app.storage.database import Database\n"
    "folder = Path(sys.argv[1])\n"
    "store = ScriptStore(Database.open(f'sqlite:///{folder / \"k.sqlite3\"}', folder), {}, lambda s: [])\n"
)
# On each line it gets, publishes for ever in a process of its own and reports what was acknowledged.
LOOP = (
    "import os, sys; from pathlib import Path\n"
    "from samples import script\n"
    "from app.library.store import ScriptStore\n"
    "from app.storage.database import Database\n"
    "folder = Path(sys.argv[1])\n"
    "for _ in sys.stdin:\n"
    "    pid = os.fork()\n"
    "    if pid:\n"
    "        os.waitpid(pid, 0)\n"
    "        print('dead', flush=True)\n"
    "        continue\n"
    "    store = ScriptStore(Database.open(f'sqlite:///{folder / \"k.sqlite3\"}', folder), {}, lambda s: [])\n"
    "    item = store.get('u-x-1')\n"
    "    print(os.getpid(), flush=True)\n"
    "    while True:\n"
    "        item = store.change('u-x-1', script('u-x-1', f'第{item.version + 1}版的回复'), item.revision, 'a')\n"
    "        item = store.publish('u-x-1', item.revision, 'a')\n"
    "        os.write(1, b'%d\\n' % item.version)  # at once: a kill must not leave half a line\n"
)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[ScriptStore, Database]]:
    database = Database.open(f"sqlite:///{folder / 'k.sqlite3'}", folder)
    try:
        yield ScriptStore(database, {}, lambda _: []), database
    finally:
        database.close()


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    paths = os.pathsep.join((str(TESTS.parent), str(TESTS)))
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    )


def killed(code: str, folder: Path, seconds: float) -> list[int]:
    """Kill a process that writes for ever, some time after its first word; return the numbers it acknowledged."""
    worker = start(code, folder)
    assert worker.stdout
    first = int(worker.stdout.readline())
    time.sleep(seconds)
    os.kill(worker.pid, signal.SIGKILL)
    acknowledged = [first, *map(int, worker.stdout.read().split())]
    worker.communicate()
    return acknowledged


def told(worker: "subprocess.Popen[str]") -> str:
    out, _ = worker.communicate(timeout=120)
    return out


def whole(folder: Path) -> int:
    """Hold every table against the others; return the newest published version."""
    with sqlite3.connect(folder / "k.sqlite3") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    plain.close()
    with opened(folder) as (store, database), database.read() as session:
        item = store.get("u-x-1")
        versions = list(session.scalars(select(ScriptVersion.version).order_by(ScriptVersion.version)))
        told_on = len(list(session.scalars(select(Change.id))))
        audited = [r.detail["version"] for r in session.scalars(select(AuditRow)) if r.action == "script.publish"]
        assert versions == audited == list(range(1, item.version + 1))
        assert told_on == item.version
        assert audit.first_broken(session) is None
        assert outbox.since(session, "script", 0)[1] == ("u-x-1",)
        assert item.published is not None
        assert item.published.version == item.version
    return item.version


def prepared(folder: Path) -> None:
    with opened(folder) as (store, _):
        store.create(script("u-x-1"), "a")
        store.publish("u-x-1", 1, "a")


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    prepared(tmp_path)
    worker = start(LOOP, tmp_path)
    assert worker.stdin
    assert worker.stdout
    for round_ in range(15):
        worker.stdin.write("\n")
        worker.stdin.flush()
        victim = int(worker.stdout.readline())
        time.sleep(0.01 + 0.013 * round_)
        os.kill(victim, signal.SIGKILL)
        acknowledged = [int(line) for line in iter(worker.stdout.readline, "dead\n")]
        newest = whole(tmp_path)
        assert newest >= max(acknowledged, default=1)
    assert newest > 15
    assert told(worker) == ""


FULL = OPEN + (
    "item = store.get('u-x-1')\n"
    "if len(sys.argv) > 2: resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))\n"
    "try:\n"
    "    while True:\n"
    "        item = store.change('u-x-1', script('u-x-1', '满' * 500), item.revision, 'a')\n"
    "        item = store.publish('u-x-1', item.revision, 'a')\n"
    "except KefuError as error: print(item.version, type(error).__name__, error)\n"
)


def test_a_file_that_cannot_grow_refuses_the_write_and_keeps_the_rest(tmp_path: Path) -> None:
    prepared(tmp_path)
    version, name, sentence = told(start(FULL, tmp_path, 400_000)).split(" ", 2)
    assert name == "StorageError"
    assert "没有保存" in sentence
    assert int(version) > 1
    assert whole(tmp_path) == int(version)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk_refuses_the_write_and_keeps_the_rest() -> None:
    with tempfile.TemporaryDirectory() as name:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", name]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("no small disk can be mounted here")
        try:
            folder = Path(name)
            prepared(folder)
            version, kind, sentence = told(start(FULL, folder)).split(" ", 2)
            assert (kind, int(version) > 1) == ("StorageError", True)
            assert "空间已满" in sentence or "没有保存" in sentence
            (folder / "filler").write_bytes(b"\0" * 4096 * (os.statvfs(name).f_bavail))
            with pytest.raises(StorageError, match="空间已满"), opened(folder):
                pass
            (folder / "filler").unlink()
            subprocess.run(["mount", "-o", "remount,size=16m", name], check=True)
            assert whole(folder) == int(version)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


def test_a_limit_of_the_file_size_does_not_leak_into_this_process() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


RACE = OPEN + (
    "print('ready', flush=True); sys.stdin.readline()\n"
    "try: print('won', store.publish('u-x-1', int(sys.argv[2]), sys.argv[3]).updated_by)\n"
    "except KefuError as error: print(type(error).__name__, *sorted(error.versions))\n"
)


def test_of_two_processes_that_publish_the_same_revision_one_wins(tmp_path: Path) -> None:
    prepared(tmp_path)
    with opened(tmp_path) as (store, database):
        item = store.change("u-x-1", script("u-x-1", "新的回复"), 2, "a")
        seen, _ = store.changes_since(0)
        workers = [start(RACE, tmp_path, item.revision, name) for name in ("甲", "乙")]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("\n")
            worker.stdin.flush()
        answers = sorted(told(worker).split() for worker in workers)
        assert [a[0] for a in answers] == ["Conflict", "won"]
        assert answers[0][1:] == ["theirs", "yours"]
        assert store.get("u-x-1").updated_by == answers[1][1]
        assert store.changes_since(seen)[1] == ("u-x-1",)
        with pytest.raises(Conflict):
            store.publish("u-x-1", item.revision, "丙")
        with database.read() as session:
            assert audit.first_broken(session) is None
    assert whole(tmp_path) == 2


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    prepared(tmp_path)
    with opened(tmp_path) as (store, database):
        store.change("u-x-1", script("u-x-1", "改到一半"), 2, "小王")
        keys = IdempotencyKeys(database)
        assert keys.claim("key", "print") is None
        keys.keep("key", 201, "{}")
        before = (store.all(), store.versions("u-x-1"), store.changes_since(0), keys.claim("key", "print"))
    with opened(tmp_path) as (store, database):
        remembered = IdempotencyKeys(database).claim("key", "print")
        after = (store.all(), store.versions("u-x-1"), store.changes_since(0), remembered)
    assert before == after


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reply=st.text(min_size=1, max_size=80), author=st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_comes_back_as_written(reply: str, author: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        entry = script("u-x-1", reply)
    except ValueError:
        return
    with opened(tmp_path_factory.mktemp("any")) as (store, database):
        store.create(entry, author)
        live = store.publish("u-x-1", 1, author)
        assert (live.script.reply, live.updated_by) == (entry.reply, author)
        with database.read() as session:
            assert audit.first_broken(session) is None
