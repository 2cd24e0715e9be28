"""Run every benchmark and print it; docs/benchmarks.md is kept by hand: first figures stay beside the present."""

import os
import platform

from benchmarks import bench_assist, bench_check, bench_http


def main() -> None:
    """Measure and print."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for run in (bench_http.run, bench_check.run, bench_assist.run):
        for line in run():
            print(line, flush=True)


if __name__ == "__main__":
    main()
