"""Rule patterns on RE2: linear time whatever a trainer writes. The only file that imports it.

A pattern is RE2 syntax plus three shorthands:

``<6>``     up to 6 characters of the same clause
``<<12>>``  up to 12 characters of the same sentence
``<you>``   an entry of words.yaml

The first capturing group, where there is one, is what gets marked; otherwise the whole match is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import re2

from app.errors import ContentError

MAX_SOURCE = 300
MAX_EXPANDED = 6_000
_CLAUSE = r"[^。!?;:,\n]{0,%s}?"
_SENTENCE = r"[^。!?;\n]{0,%s}?"
_SHORTHAND = re.compile(r"<<(\d{1,2})>>|<(\d{1,2})>|(?<!\(\?P)(?<!\(\?)<([a-z_]+)>")
_CAPITAL = re.compile(r"(?<!\\)(?<!\(\?)[A-Z]")


class Pattern:
    """One pattern; texts go in as UTF-8 bytes and offsets come out in bytes. `source` is in RE2 syntax.

    It is compiled when first used: of a thousand patterns a start needs none. `prove` compiles it at once.
    """

    __slots__ = ("_expression", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._expression: Any = None

    @property
    def _compiled(self) -> Any:  # noqa: ANN401 - the library is not typed
        if self._expression is None:
            options = re2.Options()
            options.log_errors = False
            self._expression = re2.compile(self.source, options)
        return self._expression

    def prove(self) -> "Pattern":
        """Return the pattern compiled. Raises ContentError when RE2 refuses it or it matches the empty text."""
        try:
            empty = self._compiled.search("")
        except re2.error as error:
            raise ContentError(f"模式无法编译({error}):{self.source}") from error
        if empty:
            raise ContentError(f"模式能匹配空串:{self.source}")
        return self

    def spans(self, raw: bytes) -> Iterator[tuple[int, int]]:
        """Yield the marked byte interval of every match."""
        for match in self._compiled.finditer(raw):
            start, end = match.span(1 if self._compiled.groups else 0)
            if start < 0:
                start, end = match.span()
            if end > start:
                yield start, end

    def found(self, raw: bytes) -> bool:
        """Return whether the pattern occurs."""
        return self._compiled.search(raw) is not None

    def removed(self, raw: bytes) -> bytes:
        """Return the text without the matches."""
        result: bytes = self._compiled.sub(b"", raw)
        return result


def expand(source: str, words: Mapping[str, str]) -> str:
    """Replace the shorthands by RE2 syntax; an unknown word or an endless definition raises ContentError."""
    for _ in range(5):
        if not _SHORTHAND.search(source):
            return _CAPITAL.sub(lambda m: m.group().lower(), source)
        source = _SHORTHAND.sub(lambda m: _meaning(m, words), source)
        if len(source) > MAX_EXPANDED:
            break
    raise ContentError(f"模式展开后过长或循环引用:{source[:40]}…")


def _meaning(match: re.Match[str], words: Mapping[str, str]) -> str:
    sentence, clause, name = match.groups()
    if sentence:
        return _SENTENCE % sentence
    if clause:
        return _CLAUSE % clause
    if name not in words:
        raise ContentError(f"words.yaml 里没有 <{name}>")
    return f"(?:{words[name]})"


def compiled(sources: Sequence[str], words: Mapping[str, str]) -> tuple[Pattern, ...]:
    """Compile several patterns as trainers write them. Raises ContentError naming the wrong one."""
    for source in sources:
        if len(source) > MAX_SOURCE:
            raise ContentError(f"模式超过 {MAX_SOURCE} 个字符:{source[:20]}…")
    return tuple(Pattern(expand(source, words)) for source in sources)


def joined(sources: Sequence[str], words: Mapping[str, str]) -> tuple[Pattern, ...]:
    """Compile patterns of which only matters whether any occurs: one search instead of many."""
    single = compiled(sources, words)
    return (Pattern("|".join(f"(?:{p.source})" for p in single)),) if len(single) > 1 else single


def any_found(patterns: Sequence[Pattern], raw: bytes) -> bool:
    """Return whether one of the patterns occurs."""
    return any(pattern.found(raw) for pattern in patterns)
