"""Which scripts say nearly the same: Jaccard similarity of character pairs (Broder 1997) over an inverted index."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.library.schema import SLOT, Script

SAME_REPLY = 0.5
SAME_PHRASING = 0.7
MAX_LAYERED = 500  # beyond that many changed scripts the whole index is built anew
_CODE_BITS = 21  # a Unicode code point fits
_OWNER_BITS = 21  # with two characters just inside 63 bits, so one sort orders everything
_NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Near:
    """A text that is close to the one asked for: whose it is, and how close (0–1)."""

    id: str
    text: str
    score: float


def bare(text: str) -> str:
    """Return what counts when two texts are compared: no slots, punctuation, spaces, width or case."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", SLOT.sub("", text)).lower())


class Similarity:
    """Immutable; `updated` shares the large index and lays the few changed scripts over it."""

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self.scripts = dict(scripts)
        self._indexed = self.scripts
        self._layers: tuple[_Layer, ...] = (_Layer(self.scripts.values()),)
        self._stale: frozenset[str] = frozenset()

    def updated(self, scripts: Mapping[str, Script]) -> "Similarity":
        """Return the index of `scripts`, at the cost of what differs from the ones held now."""
        if scripts == self.scripts:
            return self
        indexed = self._indexed
        changed = [s for ident, s in scripts.items() if indexed.get(ident) is not s and indexed.get(ident) != s]
        gone = {ident for ident in indexed if ident not in scripts}
        if len(changed) + len(gone) > MAX_LAYERED:
            return Similarity(scripts)
        fresh = object.__new__(Similarity)
        fresh.scripts, fresh._indexed = dict(scripts), indexed
        fresh._layers = (self._layers[0], _Layer(changed))
        fresh._stale = frozenset(gone | {s.id for s in changed})
        return fresh

    def reply(self, text: str, own_id: str) -> Near | None:
        """Return the closest reply of another script, when it is at least SAME_REPLY."""
        found = (n for i, n in self._found("replies", text, SAME_REPLY) if n.id != own_id and self._valid(i, n.id))
        return max(found, key=lambda n: (n.score, n.id, n.text), default=None)

    def phrasing(self, text: str, own_id: str) -> Near | None:
        """Return the closest phrasing of another script, when it is at least SAME_PHRASING."""
        found = (n for i, n in self._found("phrasings", text, SAME_PHRASING) if n.id != own_id and self._valid(i, n.id))
        return max(found, key=lambda n: (n.score, n.id, n.text), default=None)

    def _found(self, field: str, text: str, threshold: float) -> Iterable[tuple[int, Near]]:
        for number, layer in enumerate(self._layers):
            postings: Postings = getattr(layer, field)
            for near in postings.near(text, threshold):
                yield number, near

    def _valid(self, layer: int, ident: str) -> bool:
        return layer > 0 or ident not in self._stale


class _Layer:
    def __init__(self, scripts: Iterable[Script]) -> None:
        listed = list(scripts)
        self.replies = Postings([(s.id, s.reply) for s in listed])
        self.phrasings = Postings([(s.id, p.text) for s in listed for p in s.phrasings])


class Postings:
    """Character pair → the texts that hold it, as three flat arrays."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._texts = texts
        pairs, owners = _pairs([bare(text) for _, text in texts])
        keys = np.sort((pairs << _OWNER_BITS) | owners)
        keys = keys[np.diff(keys, prepend=-1) != 0]  # several times faster than np.unique
        codes = keys >> _OWNER_BITS
        firsts = np.flatnonzero(np.diff(codes, prepend=-1))
        self._codes = codes[firsts]
        self._starts = np.append(firsts, len(keys))
        self._owners = (keys & ((1 << _OWNER_BITS) - 1)).astype(np.int32)
        self._sizes = np.bincount(self._owners, minlength=len(texts))

    def near(self, text: str, threshold: float) -> list[Near]:
        """Return the texts whose similarity reaches the threshold."""
        wanted = np.unique(_pairs([bare(text)])[0])
        places = np.searchsorted(self._codes, wanted)
        known = [p for p, code in zip(places, wanted, strict=True) if p < len(self._codes) and self._codes[p] == code]
        if not known:
            return []
        owners = np.concatenate([self._owners[self._starts[p] : self._starts[p + 1]] for p in known])
        shared = np.bincount(owners, minlength=len(self._sizes))
        scores = shared / (self._sizes + len(wanted) - shared)
        return [Near(*self._texts[int(i)], score=float(scores[i])) for i in np.flatnonzero(scores >= threshold)]


def _pairs(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the code of every pair of neighbouring characters, and the number of the text it is in."""
    joined = "\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
    chars = np.frombuffer(joined, dtype=np.uint32).astype(np.int64)
    ends = chars == ord("\n")
    inside = ~(ends[:-1] | ends[1:])
    owners = np.cumsum(ends)[:-1]
    return ((chars[:-1] << _CODE_BITS) | chars[1:])[inside], owners[inside]
