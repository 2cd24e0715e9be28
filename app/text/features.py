"""Cleaned text → the features the linear models read: character n-grams (TF-IDF)."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]
NGRAM_SIZES = (1, 2, 3)
EDGE = "\x02", "\x03"  # where a text begins and ends: "在吗" alone is small talk, inside a sentence it is not
_CODE = np.uint64(0x1FFFFF)  # a code point takes 21 bits, so three fit a number
_SHIFTS = np.uint64(42), np.uint64(21)
_NONE = np.array([2**64 - 1], dtype=np.uint64)  # ends the n-grams: beyond every one there can be


@dataclass(frozen=True)
class Reading:
    """Features of one text: `ids`, the known n-grams in rising order, each once, with `values` of unit length.

    `occurrences` names the n-gram of every place in the order of `ngrams`, -1 where it is unknown; `length` is the
    text's.
    """

    ids: Ints
    values: Floats
    occurrences: Ints
    length: int

    @cached_property
    def layout(self) -> tuple[Ints, Ints, Ints]:
        """Return for every known occurrence: its position in `ids`, its place in the text, its length."""
        known = np.flatnonzero(self.occurrences >= 0)
        places, sizes = _layout(self.length)
        return np.searchsorted(self.ids, self.occurrences[known]), places[known], sizes[known]


class Features:
    """A fixed vocabulary of n-grams, in the order of their characters, with inverse document frequencies."""

    def __init__(self, grams: NDArray[np.str_], idf: Floats) -> None:
        """Raises ValueError where `grams` are not sorted, each once."""
        codes = grams.astype("U3").view(np.uint32).reshape(len(grams), 3).astype(np.uint64)
        self._keys = np.concatenate([codes[:, 0] << _SHIFTS[0] | codes[:, 1] << _SHIFTS[1] | codes[:, 2], _NONE])
        if (self._keys[1:] <= self._keys[:-1]).any():
            raise ValueError("the n-grams are not in order")
        self.idf = idf

    @property
    def size(self) -> int:
        """Number of n-grams."""
        return len(self._keys) - 1

    @property
    def grams(self) -> NDArray[np.str_]:
        """The n-grams by id."""
        codes = [(self._keys[:-1] >> shift & _CODE).astype(np.uint32) for shift in (*_SHIFTS, np.uint64(0))]
        return np.stack(codes, axis=1).view("U3")[:, 0]

    def read(self, text: str) -> Reading:
        """Return the features of one cleaned text."""
        keys = _keys(f"{EDGE[0]}{text}{EDGE[1]}")
        near = self._keys.searchsorted(keys)
        occurrences = np.where(self._keys[near] == keys, near, -1)
        ids, counts = np.unique(occurrences[occurrences >= 0], return_counts=True)
        values = (1 + np.log(counts, dtype=np.float32)) * self.idf[ids]
        norm = float(np.sqrt(values @ values)) or 1.0
        return Reading(ids, values / np.float32(norm), occurrences, len(text))


def _keys(text: str) -> NDArray[np.uint64]:
    """Return every n-gram of a text as a number, in the order of `ngrams`; numbers and n-grams sort alike."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    one = codes << _SHIFTS[0]
    two = one[:-1] | codes[1:] << _SHIFTS[1]
    return np.concatenate([one, two, two[:-1] | codes[2:]])


def ngrams(text: str) -> list[str]:
    """Return every n-gram of 1–3 characters, by size, then place; both edges of the text count as characters."""
    marked = f"{EDGE[0]}{text}{EDGE[1]}"
    return [marked[i : i + n] for n in NGRAM_SIZES for i in range(len(marked) - n + 1)]


@lru_cache(maxsize=512)
def _layout(length: int) -> tuple[Ints, Ints]:
    """Return place and size of every n-gram of a text of `length`, in the order of `ngrams`."""
    counts = [length + 2 - n + 1 for n in NGRAM_SIZES]
    places = np.concatenate([np.arange(-1, max(count, 0) - 1, dtype=np.intp) for count in counts])
    return places, np.repeat(np.array(NGRAM_SIZES, dtype=np.intp), np.maximum(counts, 0))
