"""Find many fixed strings in one pass, however many there are. The only file that knows the automaton library."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import ahocorasick

T = TypeVar("T")


class Phrases(Generic[T]):
    """An Aho–Corasick automaton from fixed strings to what each of them stands for.

    Source: Aho & Corasick 1975, "Efficient string matching", CACM 18(6).
    """

    def __init__(self, pairs: Iterable[tuple[str, T]]) -> None:
        grouped: dict[str, list[T]] = {}
        for phrase, value in pairs:
            if phrase:
                grouped.setdefault(phrase, []).append(value)
        self._automaton = ahocorasick.Automaton()
        for phrase, values in grouped.items():
            self._automaton.add_word(phrase, (len(phrase), tuple(values)))
        self._empty = not grouped
        if grouped:
            self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, int, T]]:
        """Yield (start, end, value) of every occurrence, overlapping ones too."""
        if self._empty:
            return
        for last, (length, values) in self._automaton.iter(text):
            for value in values:
                yield last + 1 - length, last + 1, value

    def values(self, text: str) -> set[T]:
        """Return what the strings that occur stand for; in one comprehension, half the cost of `find`."""
        return set() if self._empty else {value for _, (_, found) in self._automaton.iter(text) for value in found}

    def longest(self, text: str) -> Iterator[tuple[int, int, T]]:
        """Yield occurrences that do not overlap, from the left, the longest at each place, its first value."""
        if self._empty:
            return
        for last, (length, values) in self._automaton.iter_long(text):
            yield last + 1 - length, last + 1, values[0]
