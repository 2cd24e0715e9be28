"""Cut Chinese text into words. The only file that knows the segmenter (see docs/decisions/0002)."""

from collections.abc import Iterable
from pathlib import Path

import rjieba

from app import kept
from app.text.concepts import Concepts

_FREQUENCY = 100_000  # high enough that the product's own word wins over its parts
_TAG = "n"
_PAIR = "·"


class Tokens:
    """A segmenter with the product's own words added to the general dictionary."""

    def __init__(self, words: Iterable[str] = (), concepts: Concepts | None = None) -> None:
        self._concepts = concepts
        self._jieba = rjieba.Jieba()
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

    def terms(self, text: str) -> tuple[str, ...]:
        """Return what a cleaned text is searched by: words, what its expressions stand for, neighbouring characters.

        Pairs of characters meet where a typo, a dialect or the segmenter cuts the words of two texts differently.
        """
        return self.cut(text) + (self._concepts.found(text) if self._concepts else ()) + _pairs(text)


def _pairs(text: str) -> tuple[str, ...]:
    """Return every two neighbouring letters or digits, marked so that they are no words."""
    letters = "".join(filter(str.isalnum, text))
    return tuple(f"{_PAIR}{letters[i : i + 2]}" for i in range(len(letters) - 1))
