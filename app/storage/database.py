"""The only place that makes a SQLAlchemy engine. One unit of work is one transaction."""

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.errors import StorageError
from app.storage.faults import directory_error, is_busy, storage_error

BUSY_MS = 5000
OPENING_S = 30.0  # how long a second worker waits while the first one makes the tables
QUICK_CHECK_BYTES = 64_000_000  # above that, looking through the whole file would delay the start
_MIGRATIONS = Path(__file__).parent / "migrations"
_SERIAL_LOCK = 0x6B656675  # any number, the same in every process: PostgreSQL's advisory lock for serial writes
_MIGRATION_LOCK = _SERIAL_LOCK + 1
_alembic_turn = threading.Lock()  # alembic keeps the running migration in module state


class Database:
    """Transactions on one SQLite file (WAL, every commit on disk before it is reported) or one PostgreSQL database.

    `Database(url)` only prepares the engine; `Database.open` also makes the folder and brings the tables up to date.
    """

    def __init__(self, url: str) -> None:
        """Raise StorageError when the URL names no SQLite file and no PostgreSQL database."""
        self.url = _understood(url)
        self._engine = _engine(self.url)
        self._writer = self._engine.execution_options(kefu_write=True)
        self._reader = self._engine.execution_options(postgresql_readonly=True)

    @classmethod
    def open(cls, url: str, data_dir: Path) -> "Database":
        """Return a usable database. Raises StorageError: folder not writable, disk full, file damaged or newer."""
        database = cls(url)
        try:
            _writable(data_dir)
            if database.url.database and database.is_sqlite:
                _writable(Path(database.url.database).parent)
            _patiently(database._prepare)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self, *, serial: bool = False) -> Iterator[Session]:
        """Yield a session that commits at the end and rolls back on any error.

        `serial` units run one after the other in all processes (SQLite writes always do): whoever appends to the outbox
        or the audit log needs it, because ids must become visible in order and every hash builds on the one before.
        Raises StorageError; IntegrityError passes through for the caller who expects it.
        """
        with self._unit(self._writer) as session:
            session.connection()  # take the lock now, so that everything read here is still true when written
            if serial and not self.is_sqlite:
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SERIAL_LOCK})
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that sees one state of the data. Raises StorageError."""
        with self._unit(self._reader) as session:
            yield session

    def close(self) -> None:
        """Give all connections back; the object can still be used and connects anew."""
        self._engine.dispose()

    @contextmanager
    def _unit(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise storage_error(error) from error

    def _prepare(self) -> None:
        if self.is_sqlite:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")  # the journal mode cannot change inside a transaction
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with self._writer.begin() as connection:
            _check_pages(connection, self.url)
            _migrate(connection)


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StorageError(
            "数据库地址写法不对，应形如 sqlite:////目录/kefu.sqlite3 或 postgresql://用户@主机/库名"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite" and (parsed.database or ":memory:") == ":memory:":
        raise StorageError("SQLite 数据库需要一个文件，内存数据库会丢失内容")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StorageError(f"不支持的数据库 {backend}，只支持 SQLite 和 PostgreSQL")


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    try:
        engine = create_engine(
            url,
            json_serializer=partial(json.dumps, ensure_ascii=False),
            pool_pre_ping=not sqlite,
            connect_args={"timeout": BUSY_MS / 1000} if sqlite else {"connect_timeout": 10},
        )
    except (NoSuchModuleError, ArgumentError, ImportError) as error:
        raise StorageError(f"数据库地址用不了：{url.render_as_string(hide_password=True)}") from error
    if sqlite:
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: object, _record: object) -> None:
    """The driver's own transactions start too late to be safe, so it is told to leave them to us."""
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (f"busy_timeout={BUSY_MS}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once: upgrading a read lock later fails without waiting."""
    writes = connection.get_execution_options().get("kefu_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _writable(folder: Path) -> None:
    """Make the folder and prove that a file in it can be written and flushed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise directory_error(folder, error) from error


def _patiently(step: Callable[[], None]) -> None:
    """Run `step`, again while another process holds the file. Raises StorageError."""
    until = time.monotonic() + OPENING_S
    while True:
        try:
            return step()
        except SQLAlchemyError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise storage_error(error) from error
            time.sleep(0.05)


def _check_pages(connection: Connection, url: URL) -> None:
    """Meet a damaged SQLite file at the start, not in the middle of a trainer's work."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    if Path(url.database).stat().st_size > QUICK_CHECK_BYTES:
        return
    verdict = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    if verdict != "ok":
        raise StorageError(f"数据库文件 {url.database} 已损坏，请用备份恢复（{verdict}）")


def _migrate(connection: Connection) -> None:
    """Bring the tables up to date inside the caller's transaction: all steps or none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    if _revision(connection) != newest_revision():
        _upgrade(connection)


def newest_revision() -> str:
    """Return the revision the tables should have: files in migrations/versions are named <revision>_<what>.py."""
    return max(path.stem.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _revision(connection: Connection) -> str | None:
    """Return the revision the tables have; None when there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Alembic costs 0.3 s and 12 MB, which a start with tables up to date need not pay.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        with _alembic_turn:
            command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(f"数据库由更新版本的程序写成，请升级程序后再用（{error}）") from error
