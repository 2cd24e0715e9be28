"""Expressions that mean the same: a text is searched by what it says and by what the expressions in it stand for."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from app import kept
from app.errors import ContentError
from app.text.normalise import normalise
from app.text.phrases import Phrases

MARK = "≡"  # no word of a text starts with it


class Concepts:
    """Groups of expressions; each group's first member names it."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        pairs = [(normalise(member).text, f"{MARK}{group[0]}") for group in groups for member in group]
        self._members = Phrases(pairs, longest=True)
        self.fingerprint = kept.fingerprint(*pairs)

    def found(self, text: str) -> tuple[str, ...]:
        """Return the names of the groups a cleaned text speaks of, the longest expression at each place."""
        return tuple(name for _, _, name in self._members.find(text))


def checked(groups: Sequence[Sequence[object]], path: Path) -> list[list[str]]:
    """Return the groups as text. Raises ContentError for a group of one, an empty member, or one in two groups."""
    seen: dict[str, int] = {}
    found = [[str(member) for member in group] for group in groups]
    for number, group in enumerate(found, 1):
        if len(group) < 2:
            raise ContentError(f"第 {number} 组只有一个说法", path, None, "groups")
        for member in group:
            key = normalise(member).text
            if not key:
                raise ContentError(f"第 {number} 组有空的说法", path, None, "groups")
            if seen.setdefault(key, number) != number:
                raise ContentError(f"“{member}”同时在第 {seen[key]} 组和第 {number} 组", path, None, "groups")
    return found
