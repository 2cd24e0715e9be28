"""Many short lists of numbers in two flat arrays."""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray


class Lists:
    """List i is `values[starts[i] : starts[i + 1]]`."""

    def __init__(self, lists: Collection[Iterable[int]]) -> None:
        whole = [list(numbers) for numbers in lists]
        self.size = len(whole)
        self._starts = np.cumsum([0, *map(len, whole)])
        self._values = np.array([number for numbers in whole for number in numbers], dtype=np.int32)

    def at(self, which: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return the numbers of the lists at the given places, one after the other."""
        return self._values[stretches(self._starts[which], self._starts[which + 1])]


def stretches(starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the places start, …, end - 1 of every stretch, one after the other."""
    counts = ends - starts
    reached = counts.cumsum()
    total = int(reached[-1]) if len(reached) else 0
    return np.asarray((starts - reached + counts).repeat(counts) + np.arange(total))
