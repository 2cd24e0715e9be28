"""Cleaned text → the features the linear models read: character n-grams (TF-IDF)."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        found = [(ident, place, len(gram)) for place, gram in ngrams(text) if (ident := get(gram)) is not None]
        rows: dict[int, int] = {}
        which = np.array([rows.setdefault(ident, len(rows)) for ident, _, _ in found], dtype=np.intp)
        ids = np.fromiter(rows, dtype=np.int32, count=len(rows))
        values = (1 + np.log(np.bincount(which, minlength=len(rows)))).astype(np.float32) * self.idf[ids]
        norm = float(np.sqrt(values @ values)) or 1.0
        places, sizes = np.array([f[1:] for f in found], dtype=np.int32).reshape(-1, 2).T
        return Reading(ids, values / norm, which, places, sizes, len(text))


def ngrams(text: str) -> list[tuple[int, str]]:
    """Return (position, n-gram) of every n-gram of 1–3 characters; both edges of the text count as characters."""
    marked = f"{EDGE[0]}{text}{EDGE[1]}"
    return [(i - 1, marked[i : i + n]) for n in NGRAM_SIZES for i in range(len(marked) - n + 1)]
