"""Text → vectors. The bundled encoder is served from its saved files with tokenizers and numpy."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from app.errors import IndexUnusable

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """What retrieval and the classifiers need from any encoder."""

    dimension: int
    fingerprint: str  # changes whenever the same text could get another vector

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension); a text without known tokens gets zeros."""
        ...


class StaticEncoder:
    """A sentence-transformers StaticEmbedding model: the mean of token vectors, then unit length.

    Source of the method: https://huggingface.co/blog/static-embeddings. A test compares the vectors with
    sentence-transformers' own.
    """

    def __init__(self, tokenizer: Tokenizer, table: Vectors, fingerprint: str) -> None:
        self._tokenizer = tokenizer
        self._table = table
        self.dimension = int(table.shape[1])
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, folder: Path) -> "StaticEncoder":
        """Load a saved model folder. Raises IndexUnusable when a file is missing or torn."""
        root = folder / "0_StaticEmbedding"
        root = root if root.is_dir() else folder
        try:
            raw = (root / "tokenizer.json").read_bytes()
            weights = root / "model.safetensors"
            digest = hashlib.sha256(raw + weights.read_bytes()).hexdigest()[:16]
            tokenizer = Tokenizer.from_str(raw.decode("utf-8"))
            table = load_file(weights)["embedding.weight"].astype(np.float32)
        except Exception as error:  # safetensors and tokenizers raise bare exceptions of their own
            raise IndexUnusable(f"编码器无法读取：{folder}({error})") from error
        tokenizer.no_padding()
        return cls(tokenizer, table, digest)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension)."""
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        ids = self._tokens(texts)
        known = [row for row, tokens in enumerate(ids) if tokens]
        if known:
            starts = np.cumsum([0, *(len(ids[row]) for row in known[:-1])])
            flat = [token for tokens in ids for token in tokens]
            out[known] = np.add.reduceat(self._table[flat], starts, axis=0)
        norms = np.sqrt(np.einsum("ij,ij->i", out, out))[:, None]
        norms[norms == 0] = 1
        return np.asarray(out / norms, dtype=np.float32)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """A single text, as for every message, does without the cost of a batch."""
        if len(texts) == 1:
            return [self._tokenizer.encode(texts[0], add_special_tokens=False).ids]
        return [e.ids for e in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]
