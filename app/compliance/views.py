"""The texts a rule looks at: the cleaned draft, and the same with disguises undone. Offsets lead back to the draft."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app.library.documents import Entry, read
from app.records import NormalText
from app.text.normalise import normalise
from app.text.phrases import Phrases

Char = tuple[str, int, int]

_HAN = "\u3400-\u9fff"
_WORD = re.compile(f"[{_HAN}a-z\\d]")
# Symbols nobody writes inside a word; a comma, a dash between digits and the like are left to `_evenly_spaced`.
_NOISE = re.compile(rf"(?<=[{_HAN}a-z])[^\w\s,。!?;:、()\[\]【】《》<>\"'“”‘’「」『』/.…—+~-]{{1,4}}(?=[{_HAN}a-z])")
_WRAPPED = re.compile(rf"[(\[【<{{]([{_HAN}a-z])[)\]】>}}]")
_READING = re.compile(rf"(?<=[{_HAN}])\([a-zāáǎàēéěèīíǐìōóǒòūúǔùüǘǚǜ ]{{1,24}}\)")
_SPACED = re.compile(rf"(?<![{_HAN}a-z])[{_HAN}a-z](?:([^{_HAN}a-z\d、。!?\n]{{1,2}})[{_HAN}a-z])(?:\1[{_HAN}a-z])+")
_SPACED_DIGITS = re.compile(r"(?<!\d)\d([ .·_*-])\d(?:\1\d){2,}(?!\d)")
_PUNCTUATION = frozenset(",。!?;:、~…()\"'")
_LATIN = re.compile(r"[a-z]+")
_DIGITS = dict(zip("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "0012345678912345678912", strict=True))
_DINGBATS = {chr(0x2776 + i): str((i + 1) % 10) for i in range(10)} | {chr(0x1F10B): "0", "\u24ff": "0"}
_DIGIT_RUN = re.compile(r"\d(?:[ \-_.·,]{0,2}\d){6,}")


@dataclass(frozen=True)
class View:
    """A text with the interval of the draft behind every character; `bold` when disguises were undone."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    bold: bool = False

    @cached_property
    def raw(self) -> bytes:
        """The text as UTF-8."""
        return self.text.encode("utf-8", "replace")

    def at(self, byte: int) -> int:
        """Return the character position of a byte offset."""
        return len(self.raw[:byte].decode("utf-8", "ignore"))

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the interval of the draft that characters start–end came from."""
        return self.starts[start], self.ends[end - 1]


class Swap(Entry):
    """One disguise: what is written, what is meant, and the longer words in which it means itself."""

    written: tuple[str, ...]
    meant: str
    keep: tuple[str, ...] = ()


class Denoiser:
    """Undoes disguises: noise between characters, spaced-out words, look-alikes, pinyin."""

    def __init__(self, swaps: list[Swap], latin: dict[str, str]) -> None:
        pairs = [(w, s.meant) for s in swaps for w in s.written]
        kept = [(k, k) for s in swaps for k in s.keep]
        self._swaps = Phrases(pairs + kept)
        self._latin = latin

    @classmethod
    def load(cls, path: Path) -> "Denoiser":
        """Read lookalikes.yaml."""
        document = read(path)
        latin = {str(k): str(v) for k, v in document.data.get("latin", {}).items()}
        return cls(document.entries("swaps", Swap), latin)

    def views(self, text: str) -> tuple[View, ...]:
        """Return the plain view of a draft and, where it differs, the bold one."""
        plain = _view(_with_lines(normalise(text)), bold=False)
        chars = _removed(_chars(plain))
        chars = self._swapped(self._spelled_out(chars))
        bold = _view(chars, bold=True)
        return (plain,) if bold.text == plain.text else (plain, bold)

    def _swapped(self, chars: list[Char]) -> list[Char]:
        text = "".join(c[0] for c in chars)
        return _replaced(chars, [(s, e, v) for s, e, v in self._swaps.longest(text) if text[s:e] != v])

    def _spelled_out(self, chars: list[Char]) -> list[Char]:
        """Latin letters next to a Chinese character may be its word in pinyin or initials."""
        text = "".join(c[0] for c in chars)
        found = []
        for match in _LATIN.finditer(text):
            meant = self._latin.get(match.group())
            if meant and _touches_chinese(text, match.start(), match.end()):
                found.append((match.start(), match.end(), meant))
        return _replaced(chars, found)


def digits(view: View) -> View:
    """Return the view with every way of writing a digit as ASCII and the gaps inside long numbers closed."""
    chars = [(_DIGITS.get(c) or _DINGBATS.get(c) or c, s, e) for c, s, e in _chars(view)]
    text = "".join(c[0] for c in chars)
    gaps = {i for m in _DIGIT_RUN.finditer(text) for i in range(*m.span()) if not text[i].isdigit()}
    return _view([c for i, c in enumerate(chars) if i not in gaps], bold=view.bold)


def _with_lines(normal: NormalText) -> list[Char]:
    """The cleaned characters, with line breaks put back: they end a clause."""
    chars: list[Char] = []
    previous = 0
    for char, start, end in zip(normal.text, normal.starts, normal.ends, strict=True):
        gap = normal.original[previous : max(start, previous)] if char != " " else ""
        if chars and ("\n" in gap or (char == " " and "\n" in normal.original[start:end])):
            at = normal.original.find("\n", previous)
            chars.append(("\n", at, at + 1))
        previous = max(previous, end)
        chars.append((char, start, end))
    return [c for i, c in enumerate(chars) if c[0] != " " or not _idle(chars, i)]


def _idle(chars: list[Char], at: int) -> bool:
    """A space beside a punctuation mark says nothing."""
    around = {c[0] for c in (*chars[at - 1 : at], *chars[at + 1 : at + 2])}
    return bool(around & _PUNCTUATION)


def _chars(view: View) -> list[Char]:
    return list(zip(view.text, view.starts, view.ends, strict=True))


def _view(chars: list[Char], *, bold: bool) -> View:
    return View("".join(c[0] for c in chars), tuple(c[1] for c in chars), tuple(c[2] for c in chars), bold)


def _removed(chars: list[Char]) -> list[Char]:
    """Drop noise symbols, bracketed readings, brackets around one character, and even spacing."""
    for pattern in (_READING, _NOISE, _WRAPPED, _SPACED, _SPACED_DIGITS):
        text = "".join(c[0] for c in chars)
        gone: set[int] = set()
        for match in pattern.finditer(text):
            span = range(*match.span())
            gone |= {i for i in span if pattern in (_READING, _NOISE) or not _WORD.match(text[i])}
        if gone:
            chars = [c for i, c in enumerate(chars) if i not in gone]
    return chars


def _replaced(chars: list[Char], found: list[tuple[int, int, str]]) -> list[Char]:
    for start, end, meant in reversed(found):
        first, last = chars[start][1], chars[end - 1][2]
        chars = chars[:start] + [(c, first, last) for c in meant] + chars[end:]
    return chars


def _touches_chinese(text: str, start: int, end: int) -> bool:
    around = text[start - 1 : start] + text[end : end + 1]
    return any("\u3400" <= c <= "\u9fff" for c in around)
