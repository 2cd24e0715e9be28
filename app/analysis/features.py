"""Cleaned text → the features the linear models read: character n-grams (TF-IDF) and the encoder's vector."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.text.encoder import Encoder

Floats = NDArray[np.float32]
NGRAM_SIZES = (1, 2, 3, 4)


def ngrams(text: str) -> list[tuple[int, str]]:
    """Return (position, n-gram) of every character n-gram of 1–4 characters."""
    return [(i, text[i : i + n]) for n in NGRAM_SIZES for i in range(len(text) - n + 1)]


@dataclass(frozen=True, slots=True)
class Reading:
    """Features of one text. `ids`/`values` are the known n-grams, unit length; `places` maps an id to its positions."""

    ids: NDArray[np.int32]
    values: Floats
    vector: Floats
    places: Mapping[int, list[tuple[int, int]]]
    length: int


class Features:
    """A fixed vocabulary of n-grams with inverse document frequencies."""

    def __init__(self, grams: Sequence[str], idf: Floats, encoder: Encoder | None) -> None:
        self.grams = tuple(grams)
        self.idf = idf
        self.encoder = encoder
        self._index = {gram: i for i, gram in enumerate(self.grams)}

    @property
    def dimension(self) -> int:
        """Width of the encoder part; 0 without an encoder."""
        return self.encoder.dimension if self.encoder else 0

    def read(self, text: str) -> Reading:
        """Return the features of one cleaned text."""
        counts: Counter[int] = Counter()
        places: dict[int, list[tuple[int, int]]] = {}
        for position, gram in ngrams(text):
            ident = self._index.get(gram)
            if ident is not None:
                counts[ident] += 1
                places.setdefault(ident, []).append((position, position + len(gram)))
        ids = np.fromiter(counts, dtype=np.int32, count=len(counts))
        weights = np.fromiter((1 + math.log(c) for c in counts.values()), dtype=np.float32, count=len(counts))
        values = weights * self.idf[ids]
        norm = float(np.linalg.norm(values)) or 1.0
        vector = self.encoder.encode([text])[0] if self.encoder else np.zeros(0, dtype=np.float32)
        return Reading(ids, values / norm, vector, places, len(text))
