"""Cut Chinese text into words. The only file that knows the segmenter (see docs/decisions/0002)."""

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

import numpy as np
import rjieba
from numpy.typing import NDArray

from app import kept
from app.text.concepts import Concepts

_FREQUENCY = 100_000  # high enough that the product's own word wins over its parts
_TAG = "n"
Terms = NDArray[np.uint64]  # what a text is searched by, as numbers: a twentieth of the memory of the words themselves
_WORD = 1 << 63  # set in the number of a word; that of a pair of characters is 42 bits wide
_CODE = np.uint64(21)  # bits a character takes
# The package makes a segmenter when it is imported; whoever asks first gets it and spares 0.2 s and 30 MB.
_unclaimed = [default] if (default := getattr(rjieba, "_DEFAULT_JIEBA", None)) else []


class Tokens:
    """A segmenter with the product's own words added to the general dictionary."""

    def __init__(self, words: Iterable[str] = (), concepts: Concepts | None = None) -> None:
        self._concepts = concepts
        self._jieba = _unclaimed.pop() if _unclaimed else rjieba.Jieba()
        own = list(words)
        for word in own:
            self._jieba.add_word(word, _FREQUENCY, _TAG)
        # Changes with whatever changes what `terms` returns, so that an index of other terms is known.
        known = concepts.fingerprint if concepts else ""
        self.fingerprint = kept.fingerprint(Path(__file__), *kept.packages("rjieba"), *own, known)

    @classmethod
    def load(cls, path: Path, concepts: Concepts | None = None) -> "Tokens":
        """Read one word per line; blank lines and lines that start with # do not count."""
        lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
        return cls((line for line in lines if line and not line.startswith("#")), concepts)

    def cut(self, text: str) -> tuple[str, ...]:
        """Return the words of a cleaned text in order; white space and punctuation are dropped."""
        return tuple(word for word in self._jieba.cut(text) if word.isalnum() or any(map(str.isalnum, word)))

    def terms(self, text: str) -> Terms:
        """Return what a cleaned text is searched by: words, what its expressions stand for, neighbouring characters.

        Pairs of characters meet where a typo, a dialect or the segmenter cuts the words of two texts differently.
        """
        words = self.cut(text) + (self._concepts.found(text) if self._concepts else ())
        return np.concatenate([numbered(words), _pairs(text)])


def numbered(words: Iterable[str]) -> Terms:
    """Return the words as terms: 63 bits of a hash, the same in every process."""
    digests = (blake2b(word.encode("utf-8", "replace"), digest_size=8).digest() for word in words)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64) | np.uint64(_WORD)


def _pairs(text: str) -> Terms:
    """Return every two neighbouring letters or digits."""
    letters = "".join(filter(str.isalnum, text))
    codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    return codes[:-1] << _CODE | codes[1:]
