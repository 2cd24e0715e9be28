"""Cleaned text → the features the linear models read: character n-grams (TF-IDF)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
NGRAM_SIZES = (1, 2, 3)
EDGE = "\x02", "\x03"  # where a text begins and ends: "在吗" alone is small talk, inside a sentence it is not


@dataclass(frozen=True, slots=True)
class Reading:
    """Features of one text: `ids`, the known n-grams, each once, with `values` of unit length.

    For evidence: occurrence i is n-gram `ids[which[i]]` at `places[i]`, `sizes[i]` characters long. `length` is the
    text's.
    """

    ids: Ints
    values: Floats
    which: NDArray[np.intp]
    places: Ints
    sizes: Ints
    length: int


class Features:
    """A fixed vocabulary of n-grams with inverse document frequencies."""

    def __init__(self, grams: Sequence[str], idf: Floats) -> None:
        self.grams = tuple(grams)
        self.idf = idf
        self._index = {gram: i for i, gram in enumerate(self.grams)}

    def read(self, text: str) -> Reading:
        """Return the features of one cleaned text."""
        get = self._index.get
        every = np.array([get(gram, -1) for gram in ngrams(text)], dtype=np.int32)
        known = np.flatnonzero(every >= 0)
        ids, which, counts = np.unique(every[known], return_inverse=True, return_counts=True)
        values = (1 + np.log(counts)).astype(np.float32) * self.idf[ids]
        norm = float(np.sqrt(values @ values)) or 1.0
        places, sizes = _layout(len(text))
        return Reading(ids, values / norm, which, places[known], sizes[known], len(text))


def ngrams(text: str) -> list[str]:
    """Return every n-gram of 1–3 characters, by size, then place; both edges of the text count as characters."""
    marked = f"{EDGE[0]}{text}{EDGE[1]}"
    return [marked[i : i + n] for n in NGRAM_SIZES for i in range(len(marked) - n + 1)]


@lru_cache(maxsize=512)
def _layout(length: int) -> tuple[Ints, Ints]:
    """Return place and size of every n-gram of a text of `length`, in the order of `ngrams`."""
    counts = [length + 2 - n + 1 for n in NGRAM_SIZES]
    places = np.concatenate([np.arange(-1, max(count, 0) - 1, dtype=np.int32) for count in counts])
    return places, np.repeat(np.array(NGRAM_SIZES, dtype=np.int32), np.maximum(counts, 0))
