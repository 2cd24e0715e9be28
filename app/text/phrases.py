"""Find many literal phrases at once. The only file that knows the automaton library."""

from collections.abc import Iterable, Iterator

import ahocorasick


class Phrases:
    """An Aho–Corasick automaton over phrases, each with a number that tells the caller what it stands for.

    Source: Aho & Corasick 1975, "Efficient string matching", CACM 18(6).
    """

    def __init__(self, phrases: Iterable[tuple[str, int]]) -> None:
        self._automaton = ahocorasick.Automaton()
        numbers: dict[str, list[int]] = {}
        for phrase, number in phrases:
            if phrase:
                numbers.setdefault(phrase, []).append(number)
        for phrase, group in numbers.items():
            self._automaton.add_word(phrase, (len(phrase), tuple(group)))
        self._usable = bool(numbers)
        if self._usable:
            self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yield (start, end, number) of every occurrence, overlapping ones too."""
        if not self._usable:
            return
        for last, (length, group) in self._automaton.iter(text):
            for number in group:
                yield last + 1 - length, last + 1, number
