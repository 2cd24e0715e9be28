"""BM25 over terms: a postings index in numpy arrays.

Source: Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond". A term's postings are kept
in order of impact and cut at POSTINGS_READ, so a query costs nearly the same at 10,000 and 100,000 entries; rarer terms
are read whole (docs/decisions/0004).
"""

from array import array
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app import atomic, kept
from app.errors import IndexUnusable
from app.text.lists import stretches
from app.text.tokens import Terms

FILE = "keyword.npz"
K1 = 1.2
B = 0.6
POSTINGS_READ = 500
MADE_BY = kept.fingerprint(Path(__file__))  # its constants and its arithmetic
SPARSE = 4  # times more documents than postings read: then only the documents met are looked at


class Ranking(NamedTuple):
    """Documents by position, best first, with their scores."""

    positions: NDArray[np.intp]
    scores: NDArray[Any]


NOTHING = Ranking(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32))


class KeywordIndex:
    """Immutable index over documents given as terms; a document is known by its position.

    All postings lie in two flat arrays (`_ids`, `_impacts`); the term `_terms[t]`, these in rising order, owns the
    stretch `_starts[t]:_starts[t + 1]`. `_held[t]` documents hold it; `_typical` is their mean length in terms.
    """

    def __init__(self, documents: Iterable[Terms], like: "KeywordIndex | None" = None) -> None:
        """Index the documents; with `like` they score as if they stood in that index, and the two are comparable."""
        known: dict[int, int] = {}
        terms, times, distinct, lengths = array("i"), array("i"), array("i"), array("i")
        for document in documents:
            found, counts = np.unique(document, return_counts=True)
            terms.extend(known.setdefault(term, len(known)) for term in found.tolist())
            times.extend(counts.tolist())
            distinct.append(len(found))
            lengths.append(len(document))
        self.size = len(lengths)
        ids = np.repeat(np.arange(self.size, dtype=np.int32), np.frombuffer(distinct, dtype=np.int32))
        self._terms = np.fromiter(known, np.uint64, len(known))
        order = np.argsort(self._terms)
        self._terms = self._terms[order]
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        numbers = rank[np.frombuffer(terms, dtype=np.int32)]
        self._held = np.bincount(numbers, minlength=len(order)).astype(np.int32)
        self._typical = (sum(lengths) / self.size if self.size else 0.0) or 1.0
        self._fill(numbers, ids, np.frombuffer(times, dtype=np.int32), np.array(lengths), like)

    def _fill(
        self,
        terms: NDArray[np.int32],
        ids: NDArray[np.int32],
        times: NDArray[np.int32],
        lengths: NDArray[np.int32],
        like: "KeywordIndex | None",
    ) -> None:
        """Work out every impact, order the postings by term and falling impact, and cut long lists."""
        size, typical = (like.size, like._typical) if like else (self.size, self._typical)
        held, least = like._known(self._terms) if like else (self._held, None)
        rarity = np.log(1 + (size - held + 0.5) / (held + 0.5)).astype(np.float32)
        counts = times.astype(np.float32)
        long = (1 - B + B * lengths.astype(np.float32) / typical)[ids]
        impacts = (rarity[terms] * counts * (K1 + 1) / (counts + K1 * long)).astype(np.float32)
        order = np.lexsort((-impacts, terms))
        firsts = np.concatenate([[0], np.cumsum(self._held)])
        read = order[(np.arange(len(order)) - np.repeat(firsts[:-1], self._held)) < POSTINGS_READ]
        if least is not None:
            read = read[impacts[read] >= least[terms[read]]]
        self._ids, self._impacts = ids[read], impacts[read]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(terms[read], minlength=len(self._terms)))])

    def _known(self, terms: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return, per term, how many documents here hold it, and the least impact that is read of it: 0 if all are."""
        held, least = np.zeros(len(terms), dtype=np.int32), np.zeros(len(terms), dtype=np.float32)
        places, known = self._places(terms)
        held[known] = self._held[places]
        cut = self._held[places] > POSTINGS_READ
        least[known[cut]] = self._impacts[self._starts[places[cut] + 1] - 1]
        return held, least

    def _places(self, terms: Terms) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the places here of those of the terms that are known, and which of them these are."""
        if not len(self._terms):
            return NOTHING.positions, NOTHING.positions
        near = np.minimum(self._terms.searchsorted(terms), len(self._terms) - 1)
        known = (self._terms[near] == terms).nonzero()[0]
        return near[known], known

    def save(self, folder: Path, built_from: str) -> None:
        """Write the index for the next start; `built_from` names the texts and the words they were cut into."""
        whole = BytesIO()
        np.savez(
            whole,
            ids=self._ids,
            impacts=self._impacts,
            starts=self._starts,
            terms=self._terms,
            held=self._held,
            typical=np.array(self._typical),
            size=np.array(self.size),
            built_from=np.array(built_from),
        )
        atomic.write(folder / FILE, whole.getvalue())

    @classmethod
    def load(cls, folder: Path, built_from: str) -> "KeywordIndex":
        """Read an index from disk. Raises IndexUnusable when it is missing, torn or of other texts."""
        try:
            with np.load(BytesIO((folder / FILE).read_bytes()), allow_pickle=False) as found:
                if str(found["built_from"]) != built_from:
                    raise IndexUnusable("关键词索引与话术库不一致，需要重建")
                index = cls.__new__(cls)
                index._terms, index._starts = found["terms"], found["starts"]
                index._ids, index._impacts = found["ids"], found["impacts"]
                index._held, index._typical = found["held"], float(found["typical"])
                index.size = int(found["size"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise IndexUnusable(f"关键词索引无法读取：{error}") from error
        return index

    def search(self, terms: Terms, k: int, weights: NDArray[np.float32] | None = None) -> Ranking:
        """Return up to `k` documents with a positive score, best first; equal scores by position.

        `weights` say how much every term counts, 1 without them; a term named more than once counts as its heaviest.
        """
        sought, which = np.unique(terms, return_inverse=True)
        near, known = self._places(sought)
        starts, ends = self._starts[near], self._starts[near + 1]
        places = stretches(starts, ends)
        if not len(places):
            return NOTHING
        ids, impacts = self._ids[places], self._impacts[places]
        if weights is not None:
            heaviest = np.zeros(len(sought), dtype=np.float32)
            np.maximum.at(heaviest, which, weights)
            impacts = impacts * heaviest[known].repeat(ends - starts)
        if len(ids) * SPARSE < self.size:
            met, place = np.unique(ids, return_inverse=True)
            return _best(np.bincount(place, weights=impacts), k, met)
        return _best(np.bincount(ids, weights=impacts, minlength=self.size), k, None)


def _best(scores: NDArray[Any], k: int, positions: NDArray[Any] | None) -> Ranking:
    """Return the `k` highest positive scores; `positions` are the documents', or their place when None."""
    k = min(k, len(scores))
    top = scores.argpartition(len(scores) - k)[len(scores) - k :]
    found = scores[top]
    order = np.lexsort((top, -found))
    best = order[found[order] > 0]
    chosen = top[best]
    return Ranking(chosen if positions is None else positions[chosen].astype(np.intp), found[best])
