"""A throw-away PostgreSQL server for tests."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOOLS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextmanager
def temporary_server() -> Iterator[str | None]:
    """Yield the URL of a server on a Unix socket, or None where none can be started."""
    folder = Path(tempfile.mkdtemp(prefix="kefu-pg-", dir="/tmp"))
    try:
        started = bool(TOOLS) and _start(folder, TOOLS[-1].parent)
        yield f"postgresql://kefu@/postgres?host={folder}" if started else None
        if started:
            _run(TOOLS[-1].parent / "pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, tools: Path) -> bool:
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    options = f"-c listen_addresses= -k {folder} -c fsync=off"
    made = _run(tools / "initdb", "-D", f"{folder}/data", "-U", "kefu", "--locale=C.UTF-8", "-E", "UTF8")
    return made and _run(tools / "pg_ctl", "-D", f"{folder}/data", "-w", "-o", options, "start")


def _run(*command: object) -> bool:
    """initdb refuses root, so root hands the server to the user postgres."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    words = [*prefix, *map(str, command)]
    quiet = subprocess.DEVNULL
    return subprocess.run(words, cwd="/", check=False, stdout=quiet, stderr=quiet).returncode == 0
