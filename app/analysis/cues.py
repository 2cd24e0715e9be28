"""Words that show something, with the longer harmless expressions they must not be taken from."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from pydantic import field_validator

from app.library.documents import Entry
from app.text.literals import Prefilter, check
from app.text.normalise import normalise
from app.text.phrases import Phrases


class CueList(Entry):
    """Literal `cues`, regular-expression `patterns` over cleaned text, and `unless`: expressions that cover a hit."""

    cues: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                check(pattern)
            except re.error as error:
                raise ValueError(f"正则写错了：{pattern}({error})") from error
        return value


class Hit(NamedTuple):
    """A cue of group `group` (index in the order given) found at start–end of the cleaned text."""

    group: int
    start: int
    end: int


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when first met: of some thousand patterns a start needs none, and a conversation few."""
    return re.compile(pattern)


class CueFinder:
    """Finds the cues of several groups in one pass."""

    def __init__(self, groups: Sequence[CueList], harmless: Iterable[str] = ()) -> None:
        self._cues: Phrases[int] = Phrases((normalise(c).text, i) for i, group in enumerate(groups) for c in group.cues)
        self._patterns = [(p, i) for i, group in enumerate(groups) for p in group.patterns]
        self._prefilter = Prefilter([p for p, _ in self._patterns])
        everywhere = [(normalise(c).text, i) for c in harmless for i in range(len(groups))]
        own = [(normalise(c).text, i) for i, group in enumerate(groups) for c in group.unless]
        self._unless: Phrases[int] = Phrases(everywhere + own)

    def find(self, text: str) -> list[Hit]:
        """Return the hits in order of place; per group the longest of overlapping hits, none inside an `unless`."""
        covered: dict[int, list[tuple[int, int]]] = {}
        for start, end, group in self._unless.find(text):
            covered.setdefault(group, []).append((start, end))
        found = list(self._cues.find(text))
        for at in self._prefilter.candidates(text) if self._patterns else ():
            pattern, group = self._patterns[at]
            found += [(*m.span(), group) for m in _compiled(pattern).finditer(text) if m.end() > m.start()]
        hits: list[Hit] = []
        for start, end, group in sorted(found, key=lambda f: (f[2], f[0], -f[1])):
            if any(a <= start and end <= b for a, b in covered.get(group, ())):
                continue
            if hits and hits[-1].group == group and start < hits[-1].end:
                continue
            hits.append(Hit(group, start, end))
        return sorted(hits, key=lambda h: (h.start, h.end))
