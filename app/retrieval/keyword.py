"""BM25 over words: a postings index in numpy arrays.

Source: Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond". A term's postings are kept
in order of impact and cut at POSTINGS_READ, so a query costs the same at 10,000 and 100,000 entries; rarer terms are
read whole.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.6
POSTINGS_READ = 3_000


class KeywordIndex:
    """Immutable index over documents given as word sequences; a document is known by its position."""

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        self.size = len(documents)
        counts = [Counter(words) for words in documents]
        lengths = np.array([sum(c.values()) for c in counts], dtype=np.float32)
        typical = float(lengths.mean()) if self.size else 1.0
        raw: dict[str, tuple[list[int], list[int]]] = {}
        for position, counter in enumerate(counts):
            for word, count in counter.items():
                places, times = raw.setdefault(word, ([], []))
                places.append(position)
                times.append(count)
        self._postings = {w: self._impacts(p, t, lengths, typical or 1.0) for w, (p, t) in raw.items()}

    def _impacts(
        self, places: list[int], times: list[int], lengths: NDArray[np.float32], typical: float
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        ids = np.array(places, dtype=np.int32)
        counts = np.array(times, dtype=np.float32)
        rarity = np.log(1 + (self.size - len(ids) + 0.5) / (len(ids) + 0.5))
        impact = rarity * counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths[ids] / typical))
        if len(ids) > POSTINGS_READ:
            order = np.argsort(-impact, kind="stable")[:POSTINGS_READ]
            ids, impact = ids[order], impact[order]
        return ids, impact.astype(np.float32)

    def search(self, words: Iterable[str], k: int) -> list[tuple[int, float]]:
        """Return up to `k` (position, score) with a positive score, best first; equal scores by position."""
        found = [self._postings[w] for w in dict.fromkeys(words) if w in self._postings]
        if not found:
            return []
        ids = np.concatenate([f[0] for f in found])
        impacts = np.concatenate([f[1] for f in found])
        scores = np.bincount(ids, weights=impacts, minlength=self.size)
        k = min(k, len(ids), self.size)
        top = np.argpartition(scores, self.size - k)[self.size - k :]
        top = top[scores[top] > 0]
        order = np.lexsort((top, -scores[top]))
        return list(zip(top[order].tolist(), scores[top[order]].tolist(), strict=True))
