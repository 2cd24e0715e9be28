"""Write a file so that a crash leaves the old one or the new one, never half of it."""

import os
import tempfile
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path`: aside under a name of its own, synced, renamed. Makes the folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)  # mkstemp keeps others out; what is shipped is for everybody to read
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
