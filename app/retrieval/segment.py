"""A set of documents searchable by words and by vectors, with the two rankings fused."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import IndexUnusable
from app.retrieval.keyword import NOTHING, KeywordIndex, Ranking
from app.retrieval.vectors import Manifest, VectorIndex
from app.text.encoder import Encoder, Vectors
from app.text.normalise import normalise
from app.text.tokens import Tokens

Floats = NDArray[np.float32]
WORDS_SHARE = 0.5  # of the fused score; the rest is the cosine
CANDIDATES = 40
VECTORS_PER_CANDIDATE = 2
BATCH = 1_024  # texts encoded at a time: the vectors of 100,000 scripts would fill 800 MB at once


@dataclass(frozen=True, slots=True)
class Document:
    """Something to be found: its id, the texts it answers to, and further words for keyword search only."""

    id: str
    texts: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """Documents by position, best first: fused score (0–1), cosine, and BM25 score as a share of the best one's."""

    positions: NDArray[np.intp]
    scores: Floats
    cosines: Floats
    keywords: Floats


@dataclass(frozen=True, slots=True)
class Query:
    """A cleaned text as words and, when an encoder is usable, as a unit vector."""

    words: tuple[str, ...]
    vector: NDArray[np.float32] | None


class Segment:
    """Immutable; `ids` are the documents' by position. Without a usable encoder only keyword search goes on."""

    def __init__(self, ids: Sequence[str], keyword: KeywordIndex, vectors: VectorIndex | None) -> None:
        self.ids = tuple(ids)
        self._keyword = keyword
        self._vectors = vectors

    @classmethod
    def build(
        cls, documents: Iterable[Document], tokens: Tokens, encoder: Encoder | None, folder: Path | None = None
    ) -> "Segment":
        """Index the documents, each read once and let go.

        With `folder`, a fitting vector index there is used, else one is built and saved.
        """
        texts = _Texts()
        keyword = KeywordIndex(texts.words(document, tokens) for document in documents)
        return cls(texts.ids, keyword, _vectors(texts, encoder, folder) if encoder else None)

    def search(self, query: Query, k: int = CANDIDATES) -> Hits:
        """Return up to `k` documents by the sum of both searches' scores; equal ones by position."""
        words = self._keyword.search(query.words, k)
        near = NOTHING
        if self._vectors is not None and query.vector is not None:
            found = self._vectors.search(query.vector, k * VECTORS_PER_CANDIDATE)
            near = Ranking(found.positions[:k], found.scores[:k])
        return _fused(words, near, k)


def _fused(words: Ranking, near: Ranking, k: int) -> Hits:
    """Add what both searches say; a document one of them did not find gets nothing from it.

    Source: Bruch, Gai & Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval": adding scores keeps how
    much better the best is, which ranks throw away (docs/decisions/0009).
    """
    positions, place = np.unique(np.concatenate([words.positions, near.positions]), return_inverse=True)
    count, split = len(positions), len(words.positions)
    cosines, keywords = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    keywords[place[:split]] = words.scores / (words.scores[0] if split else 1.0)
    cosines[place[split:]] = np.maximum(near.scores, 0.0)
    scores = (WORDS_SHARE * keywords + (1 - WORDS_SHARE) * cosines).astype(np.float32)
    order = np.argsort(-scores, kind="stable")[:k]
    return Hits(positions[order], scores[order], cosines[order], keywords[order])


class _Texts:
    """The documents' cleaned texts with their owners, gathered while the keyword index reads the words."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.owners: list[int] = []
        self.cleaned: list[str] = []

    def words(self, document: Document, tokens: Tokens) -> Iterator[str]:
        """Yield the words of one document and keep its texts."""
        owner = len(self.ids)
        self.ids.append(document.id)
        for text in document.texts:
            cleaned = normalise(text).text
            self.owners.append(owner)
            self.cleaned.append(cleaned)
            yield from tokens.terms(cleaned)
        yield from tokens.terms(normalise(document.words).text)

    def batches(self, encoder: Encoder) -> Iterator[Vectors]:
        """Yield the vectors of all texts in order, a batch at a time."""
        for start in range(0, len(self.cleaned), BATCH):
            yield encoder.encode(self.cleaned[start : start + BATCH])

    def digest(self) -> str:
        """Return what tells these texts from any others."""
        digest = hashlib.sha256()
        for owner, text in zip(self.owners, self.cleaned, strict=True):
            digest.update(f"{owner} {text}\n".encode())
        return digest.hexdigest()[:16]


def _vectors(texts: _Texts, encoder: Encoder, folder: Path | None) -> VectorIndex:
    owners = np.array(texts.owners, dtype=np.int32)
    if folder is None:
        return VectorIndex.build(texts.batches(encoder), owners, encoder.dimension)
    manifest = Manifest(texts.digest(), encoder.fingerprint, encoder.dimension, len(owners))
    try:
        return VectorIndex.load(folder, manifest)
    except IndexUnusable:
        pass  # missing, stale or torn: built anew below
    index = VectorIndex.build(texts.batches(encoder), owners, encoder.dimension)
    index.save(folder, manifest)
    return index
