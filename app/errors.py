"""Every error the product raises on purpose.

KefuError                     code, HTTP status, plain sentence
├── InvalidInput              422  a value the caller sent is unusable; may carry fields
├── NotFound                  404
├── Conflict                  409  somebody else changed it first; may carry both versions
├── NotNeeded                 409  a reason was given for a draft that may go out without one
├── SupervisorRequired        403  only a supervisor may do this; WrongCode when the code given was not the one
├── TooManyAttempts           429  too many wrong codes; carries the seconds to wait
├── PayloadTooLarge           413
├── ContentError              a shipped or stored YAML entry is wrong: file, line, field
├── SettingsError             the service refuses to start
├── StorageError              503  the data directory or database cannot be used
└── IndexUnusable             503  an index on disk is missing, stale or torn
"""

from collections.abc import Mapping, Sequence
from pathlib import Path


class KefuError(Exception):
    """Root of the tree; `code` is stable, `status` is the HTTP status, `str()` is the sentence shown."""

    code = "error"
    status = 500


class InvalidInput(KefuError):
    """A value the caller sent cannot be used; `fields` holds (field, message) pairs."""

    code = "invalid_input"
    status = 422

    def __init__(self, message: str, fields: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class NotFound(KefuError):
    """The named thing does not exist."""

    code = "not_found"
    status = 404


class Conflict(KefuError):
    """The thing changed since the caller read it; `versions` holds both sides."""

    code = "conflict"
    status = 409

    def __init__(self, message: str, versions: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.versions = dict(versions or {})


class NotNeeded(KefuError):
    """The draft passes, so there is nothing to override: it may simply be sent."""

    code = "override_not_needed"
    status = 409


class SupervisorRequired(KefuError):
    """The rules forbid the draft, and nobody who may say otherwise has spoken."""

    code = "supervisor_required"
    status = 403


class WrongCode(SupervisorRequired):
    """The supervisor code given is not the one that was set."""

    code = "supervisor_code_wrong"


class TooManyAttempts(KefuError):
    """Too many wrong codes lately; `retry_after` is how many seconds to wait."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PayloadTooLarge(KefuError):
    """The request body exceeds the limit."""

    code = "payload_too_large"
    status = 413


class ContentError(KefuError):
    """An entry of scripts_library/ or knowledge/ is wrong; the sentence names file, line and field."""

    code = "content_error"
    status = 422

    def __init__(self, message: str, path: Path | str = "", line: int | None = None, field: str = "") -> None:
        place = f"{path}:{line}" if line else str(path)
        parts = [p for p in (place, field, message) if p]
        super().__init__(": ".join(parts))
        self.path, self.line, self.field, self.message = str(path), line, field, message


class SettingsError(KefuError):
    """A setting is unusable, so the service refuses to start."""

    code = "settings_error"


class StorageError(KefuError):
    """The data directory or the database cannot be read or written."""

    code = "storage_unavailable"
    status = 503


class IndexUnusable(KefuError):
    """An index on disk is missing, stale or torn; the caller rebuilds or degrades."""

    code = "index_unusable"
    status = 503
