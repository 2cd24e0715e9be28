"""Median and p99 of repeated calls."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds over `n` calls."""

    n: int
    median: float
    p99: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> "Timing":
        """Summarise measured milliseconds."""
        ordered = sorted(milliseconds)
        return cls(len(ordered), statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))])

    def __str__(self) -> str:
        return f"p50 {self.median:.2f} ms, p99 {self.p99:.2f} ms (n={self.n})"


def repeat(call: Callable[[int], object], n: int, warm: int = 50) -> Timing:
    """Call `call(i)` `warm` times unmeasured, then `n` times measured."""
    for i in range(warm):
        call(i)
    found = []
    for i in range(n):
        start = perf_counter()
        call(i)
        found.append((perf_counter() - start) * 1000)
    return Timing.of(found)
