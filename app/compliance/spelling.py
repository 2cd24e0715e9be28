"""Reads pinyin beside Chinese and characters taken apart, by what the rules look for.

A syllable is many characters; it becomes one only where that character and its neighbour stand side by side in some
pattern of a rule, so that names, sizes and English stay what they are.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import islice, pairwise

from app.library.documents import Document

_HAN = "\u3400-\u9fff"
_RUN = re.compile(rf"[{_HAN}]{{2,}}")
_LATIN = re.compile(r"(?<![a-z\d])[a-z]{2,}(?: [a-z]{2,})*(?![a-z\d])")
_TONED = re.compile(rf"(?<![a-z\d])([a-z]{{2,6}})[1-5](?=[{_HAN}])|(?<=[{_HAN}])([a-z]{{2,6}})[1-5](?!\d)")
_LONGEST = 24  # letters; what is longer is no phrase
_LONGEST_SYLLABLE = 6
_READINGS = 6  # ways to cut letters into syllables that are tried
_ENOUGH = 3  # syllables from which on letters are read without Chinese beside them
_USUAL = 1 / 4096  # breaks ties between readings: the pair that more patterns hold


class Spelling:
    """Knows which characters stand side by side in `sources`, the patterns and terms of the rules."""

    def __init__(self, sounds: Document, sources: Iterable[str]) -> None:
        """Take sounds.yaml for the readings, its words, and the words that mean themselves."""
        data = sounds.data
        rows = [(str(s), "".join(str(v).split())) for name in ("syllables", "readings") for s, v in data[name].items()]
        self._syllables: dict[str, str] = {}
        for syllable, chars in rows:
            if len(syllable) > 1:
                self._syllables[syllable] = self._syllables.get(syllable, "") + chars
        self._real = frozenset(str(data["real"]).split())
        self._sources = (*sources, str(data["words"]), str(data["spelled"]))

    @cached_property
    def _pairs(self) -> Counter[str]:
        """Counted when first asked for: most drafts hold no letters, and this takes 25 ms."""
        runs = set(_RUN.findall("|".join(self._sources)))
        return Counter(one + other for run in runs for one, other in pairwise(run))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(char for pair in self._pairs for char in pair)

    def fits(self, text: str, start: int, end: int, char: str) -> bool:
        """Return whether a character in place of start–end goes with one beside it, and what is written does not."""
        before, after = text[start - 1 : start], text[end : end + 1]
        if before + text[start] in self._pairs or text[end - 1] + after in self._pairs:
            return False
        return before + char in self._pairs or char + after in self._pairs

    def tones(self, text: str) -> set[int]:
        """Return the places of digits that are the tone of a syllable beside Chinese."""
        return {m.end() - 1 for m in _TONED.finditer(text) if m[m.lastindex or 0] in self._syllables}

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Return start, end and meaning of letters that are pinyin."""
        found = []
        for match in _LATIN.finditer(text):
            start, end = match.span()
            before, after = _chinese(text[start - 1 : start]), _chinese(text[end : end + 1])
            if end - start <= _LONGEST and match.group() not in self._real:
                meant = self._read(match.group(), before, after)
                if meant and (before or after or len(meant) >= _ENOUGH):
                    found.append((start, end, meant))
        return found

    def _read(self, letters: str, before: str, after: str) -> str:
        """Return the likeliest characters for the letters, "" when some of them go with none beside them."""
        cuts = islice(self._cut(letters.replace(" ", "")), _READINGS)
        return max((self._path(syllables, before, after) for syllables in cuts), default=(0.0, ""))[1]

    def _cut(self, letters: str) -> Iterator[list[str]]:
        """Yield the ways to cut letters into syllables, the one with the longest first."""
        ends = {len(letters)}  # places from which the end can be reached: no dead end is walked twice
        for at in range(len(letters) - 2, -1, -1):
            if any(at + len(s) in ends for s in self._starting(letters, at)):
                ends.add(at)
        return self._walk(letters, 0, ends)

    def _walk(self, letters: str, at: int, ends: Collection[int]) -> Iterator[list[str]]:
        if at == len(letters):
            yield []
        for syllable in self._starting(letters, at):
            if at + len(syllable) in ends:
                for rest in self._walk(letters, at + len(syllable), ends):
                    yield [syllable, *rest]

    def _starting(self, letters: str, at: int) -> list[str]:
        prefixes = (letters[at : at + length] for length in range(_LONGEST_SYLLABLE, 1, -1))
        return [p for p in dict.fromkeys(prefixes) if p in self._syllables]

    def _path(self, syllables: list[str], before: str, after: str) -> tuple[float, str]:
        """Return the best characters and how well they go together (Viterbi over pairs)."""
        paths: list[tuple[float, str]] = [(0.0, before)]
        for syllable in syllables:
            chars = [c for c in self._syllables[syllable] if c in self._known]
            paths = [self._onwards(paths, c) for c in chars] if paths else []
        ended = [(score + self._worth(path[-1:] + after), path + after) for score, path in paths]
        score, path = max(ended, default=(0.0, ""))
        first, last = len(before), len(path) - len(after)
        whole = all(self._beside(path, i) for i in range(first, last))
        return (score / len(syllables), path[first:last]) if path and whole else (0.0, "")

    def _onwards(self, paths: Iterable[tuple[float, str]], char: str) -> tuple[float, str]:
        return max((score + self._worth(path[-1:] + char), path + char) for score, path in paths)

    def _worth(self, pair: str) -> float:
        count = self._pairs.get(pair, 0)
        return 1 + count * _USUAL if count else 0.0

    def _beside(self, path: str, at: int) -> bool:
        return path[max(at - 1, 0) : at + 1] in self._pairs or path[at : at + 2] in self._pairs


def _chinese(char: str) -> str:
    return char if "\u3400" <= char <= "\u9fff" else ""
