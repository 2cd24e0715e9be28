"""Clean a text for matching while every character keeps its place in the text as sent.

What goes: width and compatibility forms (NFKC), traditional forms, case, invisible characters, runs of white space,
spaces between Chinese characters, elongation (the third repetition on). What stays: emoji and punctuation, because they
carry emotion.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from opencc import OpenCC

from app import kept
from app.records import NormalText

_CHINESE = re.compile(r"[㐀-鿿豈-﫿]")
_LONG_RUN = re.compile(r"([^0-9])\1\1")
CACHED = 16_384  # characters
_LONGEST_RUN = 2  # a third repetition adds emphasis, not meaning; digits are exempt: 10000 is not 100
_BLANK = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters and a pattern of dots that print as nothing
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"}
_converter = OpenCC("t2s")
MADE_BY = kept.fingerprint(
    Path(__file__), *kept.packages("opencc-python-reimplemented")
)  # an index of texts cleaned otherwise is stale


@lru_cache(maxsize=CACHED)
def _clean(char: str) -> str:
    """Return what one original character becomes before context is looked at; may be empty or longer than one."""
    if char.isspace():
        return " "
    if unicodedata.category(char) in _INVISIBLE or char in _BLANK:
        return ""
    folded = unicodedata.normalize("NFKC", char).lower()
    return "".join(" " if c.isspace() else _simplified(c) for c in folded if unicodedata.category(c) not in _INVISIBLE)


def _simplified(char: str) -> str:
    return str(_converter.convert(char)) if _CHINESE.match(char) else char


class _Table(dict[int, str]):
    """What a character becomes where that is one character; a space, which takes the long way, where it is not."""

    def __missing__(self, code: int) -> str:
        cleaned = _clean(chr(code))
        plain = cleaned if len(cleaned) == 1 else " "
        if len(self) < CACHED:  # a text of a million different characters must not stay in memory
            self[code] = plain
        return plain


_table = _Table()


def normalise(text: str) -> NormalText:
    """Return the cleaned text with, per cleaned character, the interval of the original it came from.

    Never raises, whatever the text holds (lone surrogates and control characters included).
    """
    joined = text.translate(_table)
    if " " not in joined and not _LONG_RUN.search(joined):
        places = tuple(range(len(text) + 1))
        return NormalText(text, joined, places[:-1], places[1:])
    return _aligned(text, [_clean(char) for char in text])


def _aligned(text: str, plain: list[str]) -> NormalText:
    """Join cleaned characters where some vanish, multiply, repeat or are spaces, keeping their places."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    run = 0
    for position, cleaned in enumerate(plain):
        for char in cleaned:
            if char == " " and (not chars or chars[-1] == " "):
                continue
            run = run + 1 if chars and chars[-1] == char else 1
            if run > _LONGEST_RUN and not char.isdigit():
                ends[-1] = position + 1
                continue
            chars.append(char)
            starts.append(position)
            ends.append(position + 1)
    kept = [i for i, char in enumerate(chars) if not (char == " " and _joins_chinese(chars, i))]
    return NormalText(
        text, "".join(chars[i] for i in kept), tuple(starts[i] for i in kept), tuple(ends[i] for i in kept)
    )


def _joins_chinese(chars: list[str], at: int) -> bool:
    """A space at an end, or between two Chinese characters, says nothing."""
    if at in (0, len(chars) - 1):
        return True
    return bool(_CHINESE.match(chars[at - 1]) and _CHINESE.match(chars[at + 1]))
