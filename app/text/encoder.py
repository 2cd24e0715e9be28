"""Text → vectors. The bundled encoder is served from its saved files with numpy."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from app.errors import IndexUnusable

Vectors = NDArray[np.float32]
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
MADE_FOR = "tokenizer_sha256"  # in the metadata of the weights: without its tokenizer every gram gets another's vector


class Encoder(Protocol):
    """What retrieval and the classifiers need from any encoder."""

    dimension: int
    fingerprint: str  # changes whenever the same text could get another vector

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension); a text without known tokens gets zeros."""
        ...


def grams(text: str) -> list[str]:
    """Return what the bundled encoder reads of a cleaned text: letters and digits, then every two neighbouring ones.

    Not words: unseen wording shares characters with what was learnt, words seldom (docs/evaluation.md).
    """
    letters = "".join(filter(str.isalnum, text))
    return [*letters, *map("".join, pairwise(letters))]


class StaticEncoder:
    """A sentence-transformers StaticEmbedding model over `grams`: the mean of their vectors, then unit length.

    Source of the method: https://huggingface.co/blog/static-embeddings. A test compares the vectors with
    sentence-transformers' own.
    """

    def __init__(self, vocabulary: Mapping[str, int], table: Vectors, fingerprint: str) -> None:
        self._vocabulary = vocabulary
        self._table = table
        self.dimension = int(table.shape[1])
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, folder: Path) -> "StaticEncoder":
        """Load a saved model folder. Raises IndexUnusable when a file is missing, torn, or not of the same model."""
        root = folder / "0_StaticEmbedding"
        root = root if root.is_dir() else folder
        try:
            raw = (root / TOKENIZER).read_bytes()
            weights = root / WEIGHTS
            digest = hashlib.sha256(raw + weights.read_bytes()).hexdigest()[:16]
            vocabulary: dict[str, int] = json.loads(raw)["model"]["vocab"]
            with safe_open(weights, framework="numpy") as stored:
                made_for = (stored.metadata() or {}).get(MADE_FOR)  # encoders of earlier releases do not say
                table = stored.get_tensor("embeddings").astype(np.float32) * stored.get_tensor("weights")[:, None]
            if made_for not in (None, _digest(raw)):
                raise ValueError(f"{TOKENIZER} and {WEIGHTS} do not belong together")
            if len(table) != len(vocabulary):
                raise ValueError(f"{len(vocabulary)} grams, {len(table)} vectors")
        except Exception as error:  # safetensors raises bare exceptions of its own, JSON of another shape many
            raise IndexUnusable(f"编码器无法读取：{folder}({error})") from error
        return cls(vocabulary, table, digest)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension)."""
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        ids = [[at for gram in grams(text) if (at := self._vocabulary.get(gram)) is not None] for text in texts]
        known = [row for row, found in enumerate(ids) if found]
        if known:
            starts = np.cumsum([0, *(len(ids[row]) for row in known[:-1])])
            flat = [at for found in ids for at in found]
            out[known] = np.add.reduceat(self._table[flat], starts, axis=0)
        norms = np.sqrt(np.einsum("ij,ij->i", out, out))[:, None]
        norms[norms == 0] = 1
        return np.asarray(out / norms, dtype=np.float32)


def save_table(table: Vectors, folder: Path) -> None:
    """Write a model's vectors as model2vec does: a byte a component, a scale a row. sentence-transformers reads it.

    The model's tokenizer must be in the folder already: the file names it. Raises OSError.
    """
    scales = np.abs(table).max(axis=1, initial=0) / 127
    scales[scales == 0] = 1
    rows = np.round(table / scales[:, None]).astype(np.int8)
    metadata = {MADE_FOR: _digest((folder / TOKENIZER).read_bytes())}
    save_file({"embeddings": rows, "weights": scales.astype(np.float32)}, folder / WEIGHTS, metadata)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
