"""A set of documents searchable by words and by vectors, with the two rankings fused."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import IndexUnusable
from app.retrieval.keyword import KeywordIndex
from app.retrieval.vectors import Manifest, VectorIndex
from app.text.encoder import Encoder, Vectors
from app.text.normalise import normalise
from app.text.tokens import Tokens

FUSION_K = 20  # Cormack, Clarke & Büttcher 2009, "Reciprocal Rank Fusion"; small because few candidates matter here
CANDIDATES = 40
VECTORS_PER_CANDIDATE = 3


@dataclass(frozen=True, slots=True)
class Document:
    """Something to be found: its id, the texts it answers to, and further words for keyword search only."""

    id: str
    texts: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A document at `position`, its fused score (0–1) and its own scores: cosine and BM25 share of the best."""

    position: int
    score: float
    cosine: float
    keyword: float


@dataclass(frozen=True, slots=True)
class Query:
    """A cleaned text as words and, when an encoder is usable, as a unit vector."""

    words: tuple[str, ...]
    vector: NDArray[np.float32] | None


class Segment:
    """Immutable. `vectors` is None without a usable encoder; keyword search goes on."""

    def __init__(self, documents: Sequence[Document], keyword: KeywordIndex, vectors: VectorIndex | None) -> None:
        self.documents = tuple(documents)
        self._keyword = keyword
        self._vectors = vectors

    @classmethod
    def build(
        cls, documents: Sequence[Document], tokens: Tokens, encoder: Encoder | None, folder: Path | None = None
    ) -> "Segment":
        """Index the documents. With `folder`, a fitting vector index there is used, else one is built and saved."""
        cleaned = [[normalise(t).text for t in d.texts] for d in documents]
        bags = [
            [w for t in texts for w in tokens.cut(t)] + list(tokens.cut(normalise(d.words).text))
            for texts, d in zip(cleaned, documents, strict=True)
        ]
        vectors = _vectors(cleaned, encoder, folder) if encoder else None
        return cls(documents, KeywordIndex(bags), vectors)

    def search(self, query: Query, k: int = CANDIDATES) -> list[Found]:
        """Return up to `k` documents, best first, by reciprocal rank fusion of both rankings."""
        if not self.documents:
            return []
        words = self._keyword.search(query.words, k)
        near: list[tuple[int, float]] = []
        if self._vectors is not None and query.vector is not None:
            near = self._vectors.search(query.vector, k * VECTORS_PER_CANDIDATE)[:k]
        fused: dict[int, float] = {}
        for ranking in (words, near):
            for rank, (position, _) in enumerate(ranking):
                fused[position] = fused.get(position, 0.0) + 1 / (FUSION_K + rank + 1)
        top = 2 / (FUSION_K + 1)
        cosines = dict(near)
        best_word = words[0][1] if words else 1.0
        shares = {position: score / best_word for position, score in words}
        order = sorted(fused, key=lambda p: (-fused[p], p))[:k]
        return [Found(p, fused[p] / top, cosines.get(p, 0.0), shares.get(p, 0.0)) for p in order]


def _vectors(cleaned: Sequence[Sequence[str]], encoder: Encoder, folder: Path | None) -> VectorIndex:
    texts = [t for group in cleaned for t in group]
    owners = np.array([i for i, group in enumerate(cleaned) for _ in group], dtype=np.int32)
    digest = hashlib.sha256("\n".join(f"{o} {t}" for o, t in zip(owners, texts, strict=True)).encode()).hexdigest()
    manifest = Manifest(digest[:16], encoder.fingerprint, encoder.dimension, len(texts))
    if folder is not None:
        try:
            return VectorIndex.load(folder, manifest)
        except IndexUnusable:
            pass  # missing, stale or torn: built anew below
    vectors: Vectors = encoder.encode(texts) if texts else np.zeros((0, encoder.dimension), dtype=np.float32)
    index = VectorIndex.build(vectors, owners)
    if folder is not None:
        index.save(folder, manifest)
    return index
