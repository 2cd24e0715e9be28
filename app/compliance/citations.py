"""Laws an agent names, held against the registry: unknown, repealed, or an article nobody has checked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class LawArticle(Protocol):
    """One entry of the law registry. A `short` name, where an entry has one, is understood too."""

    @property
    def name(self) -> str:
        """Short title without 中华人民共和国."""
        ...

    @property
    def article(self) -> str | int | None:
        """The article, in Chinese or Arabic digits."""
        ...

    @property
    def status(self) -> str:
        """`in_force`, `amended` or `repealed`."""
        ...

    @property
    def verified(self) -> bool:
        """Whether somebody has held the gist against the text."""
        ...


@dataclass(frozen=True)
class Doubt:
    """A citation the registry does not bear out; `certain` when it names a repealed text."""

    start: int
    end: int
    certain: bool


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMBER = re.compile(r"[0-9零〇一二两三四五六七八九十百千]+")
_ARTICLE = r"(?:[^。!?;,\n]{0,4}?第([0-9零〇一二两三四五六七八九十百]{1,7})条)?"
_PREFIX = "中华人民共和国"


class Registry:
    """The laws known to the product by title, and of each the articles somebody has checked."""

    def __init__(self, articles: Iterable[LawArticle]) -> None:
        aliases: dict[str, str] = {}
        self._articles: dict[str, set[int]] = {}
        repealed: dict[str, bool] = {}
        for entry in articles:
            name = _bare(entry.name)
            number = ordinal(str(entry.article or ""))
            self._articles.setdefault(name, set()).update({number} if number and entry.verified else set())
            aliases[_bare(getattr(entry, "short", "") or name)] = name
            repealed[name] = repealed.get(name, True) and entry.status == "repealed"
        self._repealed = {name for name, gone in repealed.items() if gone}
        self._aliases = aliases
        titles = sorted({*self._articles, *self._aliases}, key=len, reverse=True)
        plain = "|".join(re.escape(t) for t in titles)
        self._named = re.compile(rf"《([^》\n]{{2,40}}(?:法|条例|办法|规定|规则|细则))》{_ARTICLE}")
        self._plain = re.compile(rf"({plain}){_ARTICLE}") if titles else None

    def doubts(self, text: str) -> list[Doubt]:
        """Return the doubtful citations of a cleaned text; none while the registry is empty."""
        if self._plain is None:
            return []
        found = {m.start(): m for m in self._plain.finditer(text) if m.group(2) or self._is_repealed(m.group(1))}
        found |= {m.start(1): m for m in self._named.finditer(text)}
        return [d for m in found.values() if (d := self._doubt(m)) is not None]

    def _is_repealed(self, title: str) -> bool:
        return self._aliases.get(title, title) in self._repealed

    def _doubt(self, match: re.Match[str]) -> Doubt | None:
        name = _bare(match.group(1))
        name = self._aliases.get(name, name)
        if name in self._repealed:
            return Doubt(match.start(), match.end(), certain=True)
        if name not in self._articles:
            return Doubt(match.start(), match.end(), certain=False)
        number = ordinal(match.group(2) or "")
        if number and number not in self._articles[name]:
            return Doubt(match.start(), match.end(), certain=False)
        return None


def _bare(name: str) -> str:
    return name.strip("《》 ").removeprefix(_PREFIX)


def ordinal(text: str) -> int | None:
    """Return the number of 第一百四十八条, 148 or 一四八; None when there is none."""
    match = _NUMBER.search(text)
    if match is None:
        return None
    word = match.group()
    if word.isascii():
        return int(word)
    if not set(word) & set(_TENS):
        return int("".join(str(_DIGITS.get(c, c)) for c in word))
    total, digit = 0, 0
    for char in word:
        if char in _TENS:
            total += max(digit, 1) * _TENS[char]
            digit = 0
        else:
            digit = _DIGITS.get(char, 0) if not char.isdigit() or not char.isascii() else int(char)
    return total + digit
