"""Nearest vectors by inner product. The only file that imports faiss.

Exact up to EXACT_UP_TO vectors, an HNSW graph over one byte a component above (Malkov & Yashunin 2018; measured in
docs/decisions/0007); one thread. On disk an index carries a manifest; a stale or torn one is refused and the caller
rebuilds.
"""

import json
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

EXACT_UP_TO = 20_000
NEIGHBOURS = 16
EFFORT_BUILD = 40
EFFORT_SEARCH = 80
INDEX_FILE, MANIFEST_FILE = "vectors.faiss", "manifest.json"
faiss.omp_set_num_threads(1)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index on disk was built from: digest of the texts, encoder fingerprint, width and number of vectors."""

    library: str
    encoder: str
    dimension: int
    vectors: int


class VectorIndex:
    """Immutable index of unit vectors, found by their position."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "VectorIndex":
        """Index the rows of `vectors`, shape (n, dimension)."""
        index = _empty(vectors.shape[1], len(vectors))
        if not index.is_trained:
            index.train(vectors)
        index.add(vectors)
        return cls(index)

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    def search(self, vector: NDArray[np.float32], k: int) -> Ranking:
        """Return the positions of the `k` nearest vectors with their cosines, best first."""
        if not self.size or not vector.any():
            return NOTHING
        scores, places = self._index.search(vector[None, :].astype(np.float32), min(k, self.size))
        count = int(np.count_nonzero(places[0] >= 0))  # faiss fills up with -1 when the graph yields fewer
        return Ranking(places[0, :count].astype(np.intp), scores[0, :count])

    def cosines(self, vector: NDArray[np.float32], positions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the cosine of each of the given vectors, shape (len(positions),)."""
        if not len(positions):
            return np.zeros(0, dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(positions.astype(np.int64)) @ vector, dtype=np.float32)

    def save(self, folder: Path, manifest: Manifest) -> None:
        """Write the index; a crash leaves the old or the new one, never a mix: aside, sync, swap, manifest last."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST_FILE).unlink(missing_ok=True)
        atomic.write(folder / INDEX_FILE, faiss.serialize_index(self._index).tobytes())
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
        except (OSError, ValueError, RuntimeError) as error:
            raise IndexUnusable(f"索引无法读取：{error}") from error
        if index.ntotal != expected.vectors or index.d != expected.dimension:
            raise IndexUnusable("索引不完整，需要重建")
        return cls(index)


def _empty(dimension: int, size: int) -> faiss.Index:
    if size <= EXACT_UP_TO:
        return faiss.IndexFlatIP(dimension)
    byte: Any = faiss.ScalarQuantizer.QT_8bit  # the stubs ask for the quantizer, the library for its kind
    graph = faiss.IndexHNSWSQ(dimension, byte, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = EFFORT_BUILD
    graph.hnsw.efSearch = EFFORT_SEARCH
    return graph
