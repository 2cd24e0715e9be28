"""Which strings a text must hold for a pattern to match at all: the prefilter that spares most patterns a run.

The idea is that of RE2's FilteredRE2 and of Cox 2012, "Regular Expression Matching with a Trigram Index"; that filter
is not used because its automaton over a thousand Chinese atoms outgrows its memory and takes 1–2 ms a text.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from re import error as PatternError
from typing import Any

from app import atomic
from app.text.phrases import Phrases

MAX_STRINGS = 96  # of one requirement; more are not worth looking for
MAX_SET = 12  # characters of a class that still count as alternatives
MAX_NEEDS = 3  # requirements kept for one pattern
Strings = frozenset[str]
NOTHING: Strings = frozenset([""])
_worked_out: dict[str, tuple[Strings, ...]] = {}  # by pattern; a pure function of it
_recalled: set[str] = set()


class Prefilter:
    """Names the patterns that can match a text: those whose every requirement is met by at least one of its strings."""

    def __init__(self, sources: Sequence[str]) -> None:
        needs = [requirements(source) for source in sources]
        numbers = {need: i for i, need in enumerate(dict.fromkeys(n for found in needs for n in found))}
        self._strings = Phrases((text, number) for need, number in numbers.items() for text in need)
        self._needs = [frozenset(numbers[need] for need in found) for found in needs]
        self._always = tuple(i for i, found in enumerate(self._needs) if not found)
        self._owners: dict[int, list[int]] = {}
        for i, found in enumerate(self._needs):
            for number in found:
                self._owners.setdefault(number, []).append(i)

    def candidates(self, text: str) -> list[int]:
        """Return the positions of the patterns worth running, a superset of those that match."""
        met = {number for _, _, number in self._strings.find(text)}
        possible = {i for number in met for i in self._owners[number]}
        return sorted(self._always + tuple(i for i in possible if self._needs[i] <= met))


def check(source: str) -> None:
    """Raise re.error for what is no regular expression, without the cost of compiling it where parsing tells."""
    if "(?<" in source:
        re.compile(source)  # only the compiler knows how wide a look-behind is
    if source not in _worked_out:
        _worked_out[source] = _requirements(source)


def requirements(source: str) -> tuple[Strings, ...]:
    """Return up to MAX_NEEDS sets of strings of each of which every match holds at least one; () when unknown."""
    try:
        check(source)
    except (PatternError, RecursionError, OverflowError):
        return ()  # what only RE2 understands is run on every text
    return _worked_out[source]


def recall(path: Path) -> None:
    """Take in what an earlier process worked out: reading two thousand patterns takes a second, this a few hundredths.

    A missing or torn file, or one written by another version of this one, only costs that second.
    """
    with suppress(OSError, ValueError, TypeError, AttributeError, LookupError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] == _version():
            found = {source: tuple(frozenset(need) for need in needs) for source, needs in kept["needs"].items()}
            _worked_out.update(found)
            _recalled.update(found)


def keep(path: Path) -> None:
    """Write what was worked out here for the next process, when there is anything new. Raises OSError."""
    if not _worked_out.keys() <= _recalled or not path.exists():
        needs = {source: [sorted(need) for need in found] for source, found in _worked_out.items()}
        atomic.write(path, json.dumps({"version": _version(), "needs": needs}, ensure_ascii=False).encode())


def forget() -> None:
    """Let go of what was worked out, once everything is loaded."""
    _worked_out.clear()
    _recalled.clear()


def _version() -> str:
    """Return what changes whenever the same pattern could be read differently: this file and Python's parser."""
    return f"{sys.version_info[:2]} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


def _requirements(source: str) -> tuple[Strings, ...]:
    found = _Reader().sequence(_parser.parse(source)).needs
    useful = {need for need in found if "" not in need and len(need) <= MAX_STRINGS}
    best = sorted(useful, key=lambda need: (-min(map(len, need)), len(need), sorted(need)))
    telling = [need for need in best if min(map(len, need)) > 1]  # a single character is in every other text
    return tuple((telling or best)[:MAX_NEEDS])


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
