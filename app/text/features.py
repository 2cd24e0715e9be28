"""Cleaned text → the features the linear models read: character n-grams (TF-IDF)."""

from collections import Counter
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

    `occurrences` names the n-gram of every place in the order of `ngrams`, None where it is unknown; `length` is the
    text's.
    """

    ids: Ints
    values: Floats
    occurrences: tuple[int | None, ...]
    length: int

    def layout(self) -> tuple[NDArray[np.intp], Ints, Ints]:
        """Return for every known occurrence: its position in `ids`, its place in the text, its length."""
        position = {int(gram): i for i, gram in enumerate(self.ids)}
        which = np.array(
            [position.get(gram, -1) if gram is not None else -1 for gram in self.occurrences], dtype=np.intp
        )
        known = np.flatnonzero(which >= 0)
        places, sizes = _layout(self.length)
        return which[known], places[known], sizes[known]


class Features:
    """A fixed vocabulary of n-grams with inverse document frequencies."""

    def __init__(self, grams: Sequence[str], idf: Floats) -> None:
        self.grams = tuple(grams)
        self.idf = idf
        self._index = {gram: i for i, gram in enumerate(self.grams)}

    def read(self, text: str) -> Reading:
        """Return the features of one cleaned text."""
        occurrences = tuple(map(self._index.get, ngrams(text)))
        counts = Counter(occurrences)
        counts.pop(None, None)
        ids = np.fromiter(counts.keys(), np.int32, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[ids]
        norm = float(np.sqrt(values @ values)) or 1.0
        return Reading(ids, values / norm, occurrences, len(text))


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
