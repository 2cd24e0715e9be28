"""Find many fixed strings in one pass, however many there are. The only file that knows the automaton library."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

T = TypeVar("T")


class Phrases(Generic[T]):
    """An Aho–Corasick automaton from fixed strings to what each of them stands for.

    Source: Aho & Corasick 1975, "Efficient string matching", CACM 18(6).
    """

    def __init__(self, pairs: Iterable[tuple[str, T]], *, longest: bool = False) -> None:
        """With `longest`, occurrences never overlap: from the left, the longest at each place; else all are found."""
        grouped: dict[str, list[T]] = {}
        for phrase, value in pairs:
            if phrase:
                grouped.setdefault(phrase, []).append(value)
        alike: dict[tuple[T, ...], tuple[T, ...]] = {}  # thousands of strings stand for the same few things
        self._values = [alike.setdefault(v, v) for v in map(tuple, grouped.values())]
        self._overlapping = not longest
        self._automaton = AhoCorasick(
            grouped,
            matchkind=MatchKind.LeftmostLongest if longest else MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )

    def find(self, text: str) -> Iterator[tuple[int, int, T]]:
        """Yield (start, end, value) of every occurrence; with `longest`, of the first value alone."""
        for phrase, start, end in self._occurrences(text):
            values = self._values[phrase]
            for value in values if self._overlapping else values[:1]:
                yield start, end, value

    def which(self, text: str) -> list[int]:
        """Return the places, among the different strings given, of those that occur, as often as they do."""
        return [phrase for phrase, _, _ in self._occurrences(text)]

    def _occurrences(self, text: str) -> list[tuple[int, int, int]]:
        """Return string, start and end of what occurs; half a character, which no string holds, counts as any other."""
        if not self._values:
            return []
        try:
            return self._automaton.find_matches_as_indexes(text, overlapping=self._overlapping)
        except UnicodeEncodeError:
            text = text.encode("utf-8", "replace").decode()
            return self._automaton.find_matches_as_indexes(text, overlapping=self._overlapping)
