"""Nearest vectors by inner product. The only file that imports faiss.

Exact up to EXACT_UP_TO vectors, an HNSW graph over one byte a component above (Malkov & Yashunin 2018; measured in
docs/decisions/0007); one thread. On disk an index carries a manifest; a stale or torn one is refused and the caller
rebuilds.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from app import atomic
from app.errors import IndexUnusable
from app.retrieval.keyword import NOTHING, Ranking
from app.text.encoder import Vectors

EXACT_UP_TO = 50_000
NEIGHBOURS = 16
EFFORT_BUILD = 40
EFFORT_SEARCH = 80
INDEX_FILE, OWNERS_FILE, MANIFEST_FILE = "vectors.faiss", "owners.npy", "manifest.json"
faiss.omp_set_num_threads(1)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index on disk was built from: digest of the texts, encoder fingerprint, width and number of vectors."""

    library: str
    encoder: str
    dimension: int
    vectors: int


class VectorIndex:
    """Immutable index of unit vectors; several vectors may belong to one owner (a script's phrasings)."""

    def __init__(self, index: faiss.Index, owners: NDArray[np.int32]) -> None:
        self._index = index
        self._owners = owners

    @classmethod
    def build(cls, batches: Iterable[Vectors], owners: NDArray[np.int32], dimension: int) -> "VectorIndex":
        """Index all rows of `batches`, each (n, dimension); `owners[i]` is the document position of vector i."""
        index = _empty(dimension, len(owners))
        for vectors in batches:
            rows = np.ascontiguousarray(vectors, dtype=np.float32)
            if not index.is_trained:
                index.train(rows)
            index.add(rows)
        return cls(index, owners.astype(np.int32))

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    def search(self, vector: NDArray[np.float32], k: int) -> Ranking:
        """Return the owners of the `k` nearest vectors, each once with its best cosine, best first."""
        return once(self.nearest(vector, k))

    def nearest(self, vector: NDArray[np.float32], k: int) -> Ranking:
        """Return the owner of each of the `k` nearest vectors with its cosine, best first."""
        if not self.size or not vector.any():
            return NOTHING
        scores, places = self._index.search(vector[None, :].astype(np.float32), min(k, self.size))
        count = int(np.count_nonzero(places[0] >= 0))  # faiss fills up with -1 when the graph yields fewer
        return Ranking(self._owners[places[0, :count]].astype(np.intp), scores[0, :count])

    def save(self, folder: Path, manifest: Manifest) -> None:
        """Write the index; a crash leaves the old or the new one, never a mix: aside, sync, swap, manifest last."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST_FILE).unlink(missing_ok=True)
        atomic.write(folder / INDEX_FILE, faiss.serialize_index(self._index).tobytes())
        atomic.write(folder / OWNERS_FILE, self._owners.astype("<i4").tobytes())
        atomic.write(folder / MANIFEST_FILE, json.dumps(asdict(manifest)).encode())

    @classmethod
    def load(cls, folder: Path, expected: Manifest) -> "VectorIndex":
        """Read an index from disk. Raises IndexUnusable when it is missing, stale, truncated or unreadable."""
        try:
            manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
            if manifest != asdict(expected):
                raise IndexUnusable("索引与话术库或编码器不一致，需要重建")
            raw = np.frombuffer((folder / INDEX_FILE).read_bytes(), dtype=np.uint8)
            index = faiss.deserialize_index(raw)
            owners = np.frombuffer((folder / OWNERS_FILE).read_bytes(), dtype="<i4")
        except (OSError, ValueError, RuntimeError) as error:
            raise IndexUnusable(f"索引无法读取：{error}") from error
        if index.ntotal != expected.vectors or len(owners) != expected.vectors or index.d != expected.dimension:
            raise IndexUnusable("索引不完整，需要重建")
        return cls(index, owners.astype(np.int32))


def once(ranking: Ranking) -> Ranking:
    """Return every document of a ranking once, where it stands first."""
    best: dict[int, float] = {}
    for owner, score in zip(ranking.positions.tolist(), ranking.scores.tolist(), strict=True):
        best.setdefault(owner, score)
    return Ranking(np.fromiter(best, np.intp, len(best)), np.fromiter(best.values(), np.float32, len(best)))


def _empty(dimension: int, size: int) -> faiss.Index:
    if size <= EXACT_UP_TO:
        return faiss.IndexFlatIP(dimension)
    byte: Any = faiss.ScalarQuantizer.QT_8bit  # the stubs ask for the quantizer, the library for its kind
    graph = faiss.IndexHNSWSQ(dimension, byte, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = EFFORT_BUILD
    graph.hnsw.efSearch = EFFORT_SEARCH
    return graph
