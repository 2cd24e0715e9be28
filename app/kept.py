"""What one start works out and the next finds again: JSON in the data directory that may be lost at any time."""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app import atomic

log = logging.getLogger(__name__)


def fingerprint(*parts: object) -> str:
    """Return what changes whenever something was worked out by other code: give files, or anything that prints."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else f"{part}\n".encode())
    return digest.hexdigest()[:16]


def packages(*names: str) -> Iterable[str]:
    """Return the packages with their versions, for a fingerprint."""
    return (f"{name} {version(name)}" for name in names)


def read(path: Path, made_by: str) -> dict[str, Any]:
    """Return what was written by the same code; nothing when the file is missing, torn, or another's."""
    try:
        found = json.loads(path.read_bytes())
        return dict(found["kept"]) if found["made_by"] == made_by else {}
    except (OSError, ValueError, TypeError, LookupError):
        return {}


def write(path: Path, made_by: str, values: dict[str, Any]) -> None:
    """Write values that JSON gives back as they are. Raises OSError."""
    atomic.write(path, json.dumps({"made_by": made_by, "kept": values}, ensure_ascii=False).encode())


@contextmanager
def spared() -> Iterator[None]:
    """Log an OSError and go on: what is written here only makes the next start faster, a full disk may prevent it."""
    try:
        yield
    except OSError as error:
        log.warning("下次启动会慢一些：%s", error)
