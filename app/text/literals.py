"""Which strings a text must hold for a pattern to match at all: the prefilter that spares most patterns a run.

The idea is that of RE2's FilteredRE2 and of Cox 2012, "Regular Expression Matching with a Trigram Index"; that filter
is not used because its automaton over a thousand Chinese atoms outgrows its memory and takes 1–2 ms a text.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from re import error as PatternError
from typing import Any

import numpy as np

from app import kept
from app.text.lists import Lists
from app.text.phrases import Phrases

MAX_STRINGS = 96  # of one requirement; more are not worth looking for
MAX_SET = 12  # characters of a class that still count as alternatives
MAX_NEEDS = 4  # requirements kept for one alternative
MAX_WAYS = 24  # alternatives of a pattern judged one by one
_MADE_BY = kept.fingerprint(Path(__file__), sys.version_info[:2])  # Python's own parser reads the patterns
Strings = frozenset[str]
NOTHING: Strings = frozenset([""])
Way = tuple[Strings, ...]
_worked_out: dict[str, tuple[Way, ...]] = {}  # by pattern; a pure function of it
_recalled: set[str] = set()


class Prefilter:
    """Names the patterns that can match a text: of at least one alternative, every requirement is met."""

    def __init__(self, sources: Sequence[str]) -> None:
        ways = [(i, way) for i, source in enumerate(sources) for way in requirements(source) or ((),)]
        needs = {need: i for i, need in enumerate(dict.fromkeys(need for _, way in ways for need in way))}
        meeting: dict[str, list[int]] = {}
        for need, number in needs.items():
            for text in need:
                meeting.setdefault(text, []).append(number)
        self._strings = Phrases((text, None) for text in meeting)
        # Flat arrays, because sets by the thousand lie all over the memory and cost a cache miss each.
        self._met = Lists(meeting.values())  # the needs a string meets
        table = np.full((len(ways), MAX_NEEDS), len(needs), dtype=np.int32)  # the need beyond the last is always met
        led: list[list[int]] = [[] for _ in needs]
        spread = Counter({text: len(numbers) for text, numbers in meeting.items()})
        for row, (_, way) in enumerate(ways):
            table[row, : len(way)] = [needs[need] for need in way]
            if way:
                led[needs[min(way, key=lambda need: _commonness(need, spread))]].append(row)
        self._led = Lists(led)  # the ways whose rarest need it is: only they are looked at when it is met
        self._ways, self._owners = table, np.array([i for i, _ in ways], dtype=np.intp)
        self._always = sorted({i for i, way in ways if not way})

    def candidates(self, text: str) -> list[int]:
        """Return the positions of the patterns worth running, a superset of those that match."""
        there = self._strings.which(text)
        if not there:
            return self._always
        met = np.zeros(self._led.size + 1, dtype=bool)
        met[-1] = True
        met[self._met.at(np.array(there))] = True
        rows = self._led.at(met[:-1].nonzero()[0])
        found = self._owners[rows[met[self._ways[rows]].all(axis=1)]].tolist()
        return sorted({*found, *self._always})


def _commonness(need: Strings, spread: Counter[str]) -> float:
    """Guess how often one of the strings occurs: short ones, and those many patterns speak of, are everyday words."""
    return sum(spread[text] / 5.0 ** len(text) for text in need)


def check(source: str) -> None:
    """Raise re.error for what is no regular expression, without the cost of compiling it where parsing tells."""
    if "(?<" in source:
        re.compile(source)  # only the compiler knows how wide a look-behind is
    if source not in _worked_out:
        _worked_out[source] = _requirements(source)


def requirements(source: str) -> tuple[Way, ...]:
    """Return the alternatives of a pattern, each up to MAX_NEEDS sets of strings; () when unknown.

    Every match holds, for at least one alternative, at least one string of each of its sets, the most telling first.
    """
    try:
        check(source)
    except (PatternError, RecursionError, OverflowError):
        return ()  # what only RE2 understands is run on every text
    return _worked_out[source]


def recall(path: Path) -> None:
    """Take in what an earlier process worked out: two thousand patterns take a second, this a few hundredths."""
    with suppress(TypeError):  # somebody's own edit: worked out anew
        found = {
            source: tuple(tuple(frozenset(need) for need in way) for way in ways)
            for source, ways in kept.read(path, _MADE_BY).items()
        }
        _worked_out.update(found)
        _recalled.update(found)


def keep(path: Path) -> None:
    """Write what was worked out here for the next process, when there is anything new. Raises OSError."""
    if not _worked_out.keys() <= _recalled or not path.exists():
        needs = {source: [[sorted(need) for need in way] for way in ways] for source, ways in _worked_out.items()}
        kept.write(path, _MADE_BY, needs)


def forget() -> None:
    """Let go of what was worked out, once everything is loaded."""
    _worked_out.clear()
    _recalled.clear()


def _requirements(source: str) -> tuple[Way, ...]:
    ways = dict.fromkeys(_way(alternative) for alternative in _alternatives(_parser.parse(source)))
    return tuple(ways) if all(ways) else ()


def _alternatives(items: Any) -> list[list[tuple[Any, Any]]]:  # noqa: ANN401 - the parser's own tree
    """Return the top-level alternatives: judged one by one they require far more than all of them in common."""
    parts = list(items)
    if len(parts) == 1 and parts[0][0] is kinds.SUBPATTERN:
        return _alternatives(parts[0][1][-1])
    branches = [i for i, (kind, _) in enumerate(parts) if kind is kinds.BRANCH]
    if len(branches) != 1:
        return [parts]
    at = branches[0]
    before, after = parts[:at], parts[at + 1 :]
    found = [[*before, *branch, *after] for branch in parts[at][1][1]]
    if before or after or len(found) > MAX_WAYS:
        return found if len(found) <= MAX_WAYS else [parts]
    return [alternative for branch in found for alternative in _alternatives(branch)]


def _way(items: Iterable[tuple[Any, Any]]) -> Way:
    found = _Reader().sequence(items).needs
    useful = {need for need in found if "" not in need and len(need) <= MAX_STRINGS}
    best = sorted(useful, key=lambda need: (-min(map(len, need)), len(need), sorted(need)))
    return tuple(best[:MAX_NEEDS])


class _Part:
    """What is known of a part of a pattern: all strings it can match (`exact`, None when too many), and its needs."""

    def __init__(self, exact: Strings | None, needs: Iterable[Strings] = ()) -> None:
        self.exact = exact
        self.needs = list(needs) if exact is None else [*needs, exact]


class _Reader:
    """Walks a parsed pattern. Whatever it does not know counts as anything at all, so no match is ever missed."""

    def sequence(self, items: Iterable[tuple[Any, Any]]) -> _Part:
        """Join parts: neighbouring exact ones multiply until there are too many strings."""
        needs: list[Strings] = []
        running, whole = NOTHING, True
        for kind, value in items:
            part = self._item(kind, value)
            joined = None if part.exact is None else _joined(running, part.exact)
            if joined is not None:
                running = joined
                continue
            whole = False
            needs.append(running)
            running = part.exact if part.exact is not None else NOTHING
            needs += part.needs if part.exact is None else []
        return _Part(running) if whole else _Part(None, [*needs, running])

    def _item(self, kind: object, value: Any) -> _Part:  # noqa: ANN401 - the parser's own tree
        if kind is kinds.LITERAL:
            return _Part(frozenset([chr(value)]))
        if kind is kinds.IN:
            return _Part(_class(value))
        if kind is kinds.AT:
            return _Part(NOTHING)
        if kind is kinds.SUBPATTERN:
            return self.sequence(value[-1])
        if kind is kinds.BRANCH:
            return self._branch([self.sequence(branch) for branch in value[1]])
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            return self._repeat(*value)
        return _Part(None)

    def _branch(self, parts: list[_Part]) -> _Part:
        if all(part.exact is not None for part in parts):
            every = frozenset().union(*(part.exact or NOTHING for part in parts))
            return _Part(every if len(every) <= MAX_STRINGS else None)
        each = [max((n for n in part.needs if "" not in n), key=_worth, default=None) for part in parts]
        if any(need is None for need in each):
            return _Part(None)
        return _Part(None, [frozenset().union(*(need for need in each if need))])

    def _repeat(self, least: int, most: int, inner: Any) -> _Part:  # noqa: ANN401
        part = self.sequence(inner)
        if part.exact is not None and most == 1:
            return _Part(part.exact if least else part.exact | NOTHING)
        return _Part(None, part.needs if least else ())


def _class(items: Sequence[tuple[Any, Any]]) -> Strings | None:
    if len(items) > MAX_SET or any(kind is not kinds.LITERAL for kind, _ in items):
        return None
    return frozenset(chr(code) for _, code in items)


def _joined(one: Strings, other: Strings) -> Strings | None:
    if len(one) * len(other) > MAX_STRINGS:
        return None
    return frozenset(a + b for a, b in product(one, other))


def _worth(need: Strings) -> tuple[int, int]:
    return min(map(len, need)), -len(need)
