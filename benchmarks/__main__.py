"""Run every benchmark, print it and write docs/benchmarks.md."""

import os
import platform
from datetime import date
from pathlib import Path

from benchmarks import bench_assist, bench_check, bench_http

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    """Measure and report."""
    lines = [*bench_http.run(), *bench_check.run(), *bench_assist.run()]
    for line in lines:
        print(line)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    head = f"# Benchmarks\n\nWritten by `make bench` on {date.today()}, {machine}.\n\n"
    PAGE.write_text(head + "".join(f"- {line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
