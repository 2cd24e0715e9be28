"""A set of documents searchable by words and by vectors, with the two rankings fused."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import kept
from app.errors import IndexUnusable
from app.retrieval.keyword import MADE_BY as RANKED_BY
from app.retrieval.keyword import NOTHING, KeywordIndex, Ranking
from app.retrieval.vectors import Manifest, VectorIndex
from app.text.encoder import Encoder, Vectors
from app.text.normalise import MADE_BY as CLEANED_BY
from app.text.normalise import normalise
from app.text.tokens import Terms, Tokens

Floats = NDArray[np.float32]
WORDS_SHARE = 0.2  # of the fused score; the rest is the cosine (docs/decisions/0014)
WORDS_ALONE = 0.5  # without vectors: that a script matches best by words proves little
CANDIDATES = 40
BATCH = 100  # documents encoded at a time, about 1,000 texts: the grams of 100,000 scripts' would fill gigabytes


@dataclass(frozen=True, slots=True)
class Document:
    """Something to be found: its id, the texts it answers to, and words that say what it is about."""

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
    """A cleaned text as terms and, when an encoder is usable, as a unit vector; `weights` of the terms, 1 if None."""

    terms: Terms
    vector: NDArray[np.float32] | None
    weights: NDArray[np.float32] | None = None


class Segment:
    """Immutable; `ids` are the documents' by position. Without a usable encoder only keyword search goes on."""

    def __init__(self, ids: Sequence[str], keyword: KeywordIndex, vectors: VectorIndex | None) -> None:
        self.ids = tuple(ids)
        self._keyword = keyword
        self._vectors = vectors

    @classmethod
    def build(
        cls,
        documents: Callable[[], Iterable[Document]],
        tokens: Tokens,
        encoder: Encoder | None,
        folder: Path | None = None,
    ) -> "Segment":
        """Index the documents, each read once and let go, up to three times over.

        With `folder`, fitting indexes there are used; those that do not fit are built and saved. Where they cannot be
        saved, a warning is logged and the next start builds them again.
        """
        identity = _Identity.of(documents())
        unsaved: list[Callable[[], None]] = []
        keyword = _keyword(documents, identity, tokens, folder, unsaved)
        vectors = _vectors(documents, identity, encoder, folder, unsaved) if encoder else None
        with kept.spared():
            for save in unsaved:
                save()
        return cls(identity.ids, keyword, vectors)

    def extended(
        self, documents: Sequence[Document], live: NDArray[np.bool_], tokens: Tokens, encoder: Encoder | None
    ) -> "Segment":
        """Return this segment with further documents behind it; `live` says which of its own still count."""
        ids = [document.id for document in documents]
        keyword = KeywordIndex((terms_of(document, tokens) for document in documents), self._keyword)
        vectors = _vectors(lambda: documents, _Identity.of(documents), encoder, None, []) if encoder else None
        return _Extended(self, Segment(ids, keyword, vectors), live)

    def search(self, query: Query, k: int = CANDIDATES) -> Hits:
        """Return up to `k` documents by the sum of both searches' scores; equal ones by position.

        A document that only the vectors found gets nothing for its words. Source: Bruch, Gai & Ingber 2023, "An
        Analysis of Fusion Functions for Hybrid Retrieval": adding scores keeps how much better the best is, which
        ranks throw away (docs/decisions/0009).
        """
        words, near = self.by_words(query, k), self.by_meaning(query, k)
        positions, place = np.unique(np.concatenate([words.positions, near.positions]), return_inverse=True)
        keywords = np.zeros(len(positions), dtype=np.float32)
        keywords[place[: len(words.positions)]] = words.scores / (words.scores[0] if len(words.scores) else 1.0)
        cosines = np.maximum(self.cosines(query, positions), 0.0)
        share = WORDS_SHARE if cosines.any() else WORDS_ALONE
        scores = (share * keywords + (1 - share) * cosines).astype(np.float32)
        order = np.argsort(-scores, kind="stable")[:k]
        return Hits(positions[order], scores[order], cosines[order], keywords[order])

    def by_words(self, query: Query, k: int) -> Ranking:
        """Return up to `k` documents by BM25."""
        return self._keyword.search(query.terms, k, query.weights)

    def by_meaning(self, query: Query, k: int) -> Ranking:
        """Return up to `k` documents by the cosine of their vector."""
        if self._vectors is None or query.vector is None:
            return NOTHING
        return self._vectors.search(query.vector, k)

    def cosines(self, query: Query, positions: NDArray[np.intp]) -> Floats:
        """Return how near each of the given documents is; 0 without vectors."""
        if self._vectors is None or query.vector is None:
            return np.zeros(len(positions), dtype=np.float32)
        return self._vectors.cosines(query.vector, positions)


class _Extended(Segment):
    """A segment and a small tail of later documents, searched as if they had been indexed together.

    The tail's positions follow the segment's. Each search's findings are put together before they are cut and set
    against the best: a share of the best of only a few documents would say nothing.
    """

    def __init__(self, bulk: Segment, tail: Segment, live: NDArray[np.bool_]) -> None:
        super().__init__((*bulk.ids, *tail.ids), bulk._keyword, bulk._vectors)
        self._tail = tail
        self._live = live

    def by_words(self, query: Query, k: int) -> Ranking:
        """Return up to `k` documents by BM25."""
        return self._both(super().by_words(query, k), self._tail.by_words(query, k), k)

    def by_meaning(self, query: Query, k: int) -> Ranking:
        """Return up to `k` documents by the cosine of their vector."""
        return self._both(super().by_meaning(query, k), self._tail.by_meaning(query, k), k)

    def cosines(self, query: Query, positions: NDArray[np.intp]) -> Floats:
        """Return how near each of the given documents is; 0 without vectors."""
        late = positions >= len(self._live)
        found = np.zeros(len(positions), dtype=np.float32)
        found[~late] = super().cosines(query, positions[~late])
        found[late] = self._tail.cosines(query, positions[late] - len(self._live))
        return found

    def _both(self, bulk: Ranking, tail: Ranking, k: int) -> Ranking:
        live = self._live[bulk.positions]
        positions = np.concatenate([bulk.positions[live], tail.positions + len(self._live)])
        scores = np.concatenate([bulk.scores[live], tail.scores])
        order = np.argsort(-scores, kind="stable")[:k]
        return Ranking(positions[order], scores[order])


@dataclass(frozen=True, slots=True)
class _Identity:
    """The documents' ids and a digest that tells these documents from any others."""

    ids: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "_Identity":
        """Read the documents as they are: cleaning and cutting them takes a second that a start can do without."""
        ids: list[str] = []
        digest = hashlib.sha256(CLEANED_BY.encode())
        for document in documents:
            ids.append(document.id)
            digest.update("\0".join((document.id, *document.texts, document.words, "\n")).encode("utf-8", "replace"))
        return cls(tuple(ids), digest.hexdigest()[:16])


def terms_of(document: Document, tokens: Tokens) -> Terms:
    """Return what a document is found by in keyword search."""
    return np.concatenate([tokens.terms(normalise(text).text) for text in (*document.texts, document.words)])


def vectors_of(documents: Sequence[Document], encoder: Encoder) -> Vectors:
    """Return each document's unit vector, shape (documents, dimension): the mean of those of its texts and its words.

    The mean finds unseen wording better than the nearest single text (docs/decisions/0014), and is ten times smaller.
    """
    groups = [[normalise(text).text for text in (*document.texts, document.words)] for document in documents]
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    sums = np.add.reduceat(encoder.encode([text for group in groups for text in group]), starts, axis=0)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(norms == 0, 1, norms), dtype=np.float32)


def _batches(documents: Iterable[Document], encoder: Encoder) -> Iterator[Vectors]:
    """Yield the documents' vectors in order, a batch at a time."""
    source = iter(documents)
    while batch := list(islice(source, BATCH)):
        yield vectors_of(batch, encoder)


def _keyword(
    documents: Callable[[], Iterable[Document]],
    identity: _Identity,
    tokens: Tokens,
    folder: Path | None,
    unsaved: list[Callable[[], None]],
) -> KeywordIndex:
    built_from = f"{identity.digest} {tokens.fingerprint} {RANKED_BY}"
    with suppress(IndexUnusable):  # missing, stale or torn: built anew below
        if folder:
            return KeywordIndex.load(folder, built_from)
    index = KeywordIndex(terms_of(document, tokens) for document in documents())
    if folder:
        unsaved.append(partial(index.save, folder, built_from))
    return index


def _vectors(
    documents: Callable[[], Iterable[Document]],
    identity: _Identity,
    encoder: Encoder,
    folder: Path | None,
    unsaved: list[Callable[[], None]],
) -> VectorIndex:
    manifest = Manifest(identity.digest, encoder.fingerprint, encoder.dimension, len(identity.ids))
    with suppress(IndexUnusable):
        if folder:
            return VectorIndex.load(folder, manifest)
    batches = [np.zeros((0, encoder.dimension), dtype=np.float32), *_batches(documents(), encoder)]
    index = VectorIndex.build(np.concatenate(batches))
    if folder:
        unsaved.append(partial(index.save, folder, manifest))
    return index
