"""The texts a rule looks at: the cleaned draft, and the same with disguises undone. Offsets lead back to the draft."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from app.compliance.sounds import Sounds
from app.library.documents import Entry, read
from app.text.normalise import normalise
from app.text.phrases import Phrases

_HAN = "\u3400-\u9fff"
_LETTER = f"{_HAN}a-z"
_WORD = re.compile(f"[{_LETTER}\\d]")
# Symbols nobody writes inside a word; punctuation that has a use there counts only between single Chinese characters.
_NOISE = re.compile(
    rf"(?<=[{_LETTER}])(?:[^\w\s,。!?;:、()\[\]{{}}【】《》<>\"'“”‘’「」『』/.…—+~-]{{1,4}}|(?<=[{_HAN}])[/.+_-](?=[{_HAN}]))(?=[{_LETTER}\d])"
)
_WRAPPED = re.compile(rf"[(\[【<{{]([{_LETTER}])[)\]】>}}]")
_READING = re.compile(rf"(?<=[{_HAN}])\([a-zāáǎàēéěèīíǐìōóǒòūúǔùüǘǚǜ ]{{1,24}}\)")
_SPACED = re.compile(rf"(?<![{_LETTER}])[{_LETTER}](?:([^{_LETTER}\d、。!?\n]{{1,2}})[{_LETTER}])(?:\1[{_LETTER}])+")
_SPACED_DIGITS = re.compile(r"(?<!\d)\d([ .·_*-])\d(?:\1\d){2,}(?!\d)")
_SPACE = re.compile(rf"(?<=[{_HAN}]) (?=[a-z])|(?<=[a-z]) (?=[{_HAN}])")
_INNER_SPACE = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_WHOLLY = (_READING, _NOISE, _SPACE, _INNER_SPACE)
# A space beside a punctuation mark says nothing.
_IDLE_SPACE = re.compile(r" (?=[,。!?;:、~…()\"'])|(?<=[,。!?;:、~…()\"']) ")
_LATIN = re.compile(r"(?<![a-z\d])[a-z]+(?![a-z\d])")
_DIGITS = dict(zip("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "0012345678912345678912", strict=True))
_DINGBATS = {chr(0x2776 + i): str((i + 1) % 10) for i in range(10)} | {chr(0x1F10B): "0", "\u24ff": "0"}
_AS_DIGIT = str.maketrans(_DIGITS | _DINGBATS)
_DIGIT_RUN = re.compile(r"\d(?:[ \-_.·,]{0,2}\d){6,}")
_TONELESS = str.maketrans(dict(zip("āáǎàēéěèīíǐìōóǒòūúǔùüǘǚǜ", "aaaaeeeeiiiioooouuuuvvvv", strict=True)) | _DINGBATS)
_CLAUSE_END = re.compile(r"[,。!?;:\n…~ —]")
_SENTENCE_END = re.compile(r"[。!?;\n]")
NEAR = 2  # clauses on either side that still belong to what is said: chat runs on with commas
_BREAK = re.compile(r"[\n\r\u2028\u2029]")


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

    @cached_property
    def digits(self) -> "View":
        """The text with every way of writing a digit as ASCII and the gaps inside long numbers closed."""
        written = replace(self, text=self.text.translate(_AS_DIGIT))
        runs = [range(*m.span()) for m in _DIGIT_RUN.finditer(written.text)]
        return written.without({i for run in runs for i in run if not written.text[i].isdigit()})

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Return where the clause or clauses of characters start–end lie, the closing mark excluded."""
        return _between(self._clause_ends, start, end, len(self.text))

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """Return where the sentence lies; in one that runs on and on, no more than a few clauses around."""
        first, last = _between(self._sentence_ends, start, end, len(self.text))
        ends = self._clause_ends
        before, after = bisect_left(ends, start) - NEAR - 1, bisect_left(ends, end) + NEAR
        return (
            max(first, ends[before] + 1 if before >= 0 else 0),
            min(last, ends[after] if after < len(ends) else len(self.text)),
        )

    @cached_property
    def _clause_ends(self) -> list[int]:
        return [m.start() for m in _CLAUSE_END.finditer(self.text)]

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [m.start() for m in _SENTENCE_END.finditer(self.text)]

    def at(self, byte: int) -> int:
        """Return the character position of a byte offset."""
        return len(self.raw[:byte].decode("utf-8", "ignore"))

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the interval of the draft that characters start–end came from."""
        return self.starts[start], self.ends[end - 1]

    def without(self, gone: Collection[int]) -> "View":
        """Return the view less the characters at the given positions."""
        if not gone:
            return self
        kept = [i for i in range(len(self.text)) if i not in gone]
        return View(
            "".join([self.text[i] for i in kept]),
            tuple([self.starts[i] for i in kept]),
            tuple([self.ends[i] for i in kept]),
            self.bold,
        )

    def replaced(self, found: Iterable[tuple[int, int, str]]) -> "View":
        """Return the view with other words in place of start–end; each of their characters stands for the whole."""
        text, starts, ends = self.text, list(self.starts), list(self.ends)
        for start, end, meant in sorted(found, reverse=True):
            first, last = starts[start], ends[end - 1]
            text = text[:start] + meant + text[end:]
            starts[start:end], ends[start:end] = [first] * len(meant), [last] * len(meant)
        return View(text, tuple(starts), tuple(ends), self.bold)


def _between(ends: Sequence[int], start: int, end: int, length: int) -> tuple[int, int]:
    before, after = bisect_left(ends, start), bisect_left(ends, end)
    return ends[before - 1] + 1 if before else 0, ends[after] if after < len(ends) else length


class Swap(Entry):
    """One disguise: what is written, what is meant, and the longer words in which it means itself."""

    written: tuple[str, ...]
    meant: str
    keep: tuple[str, ...] = ()


class Denoiser:
    """Undoes disguises: noise between characters, spaced-out words, look-alikes, pinyin."""

    def __init__(self, swaps: Iterable[Swap], latin: Mapping[str, str], sounds: Sounds) -> None:
        # Keys are written as people type them; the text they are sought in is cleaned.
        pairs = [(_key(w), s.meant) for s in swaps for w in s.written]
        kept = [(key, key) for s in swaps for k in s.keep if (key := _key(k))]
        self._swaps = Phrases(kept + pairs)
        self._latin = latin
        self._sounds = sounds

    @classmethod
    def load(cls, path: Path) -> "Denoiser":
        """Read lookalikes.yaml."""
        document = read(path)
        latin = {str(k): str(v) for k, v in document.data.get("latin", {}).items()}
        swaps = document.entries("swaps", Swap)
        taken = {_key(w) for s in swaps for w in s.written}
        return cls(swaps, latin, Sounds.load(path.with_name("sounds.yaml"), latin, taken))

    def views(self, text: str) -> tuple[View, ...]:
        """Return the plain view of a draft and, where it differs, the bold one."""
        plain = _plain(text)
        toneless = replace(plain, text=plain.text.translate(_TONELESS))
        heard = self._swapped(toneless.replaced(self._sounds.find(toneless.text)))
        bold = self._swapped(self._spelled_out(_removed(heard)))
        return (plain,) if bold.text == plain.text else (plain, replace(bold, bold=True))

    def _swapped(self, view: View) -> View:
        text = view.text
        found = [(s, e, v) for s, e, v in self._swaps.longest(text) if text[s:e] != v]
        return view.replaced(found) if found else view

    def _spelled_out(self, view: View) -> View:
        """Latin letters next to a Chinese character may be its word in pinyin or initials."""
        text = view.text
        found = [
            (m.start(), m.end(), meant)
            for m in _LATIN.finditer(text)
            if (meant := self._latin.get(m.group())) and _touches_chinese(text, m.start(), m.end())
        ]
        return view.replaced(found) if found else view


def _key(written: str) -> str:
    return normalise(written).text


def _plain(text: str) -> View:
    """The cleaned characters, with line breaks put back: they end a clause."""
    normal = normalise(text)
    view = View(normal.text, normal.starts, normal.ends)
    if _BREAK.search(text):
        view = _with_lines(view, text)
    return view.without({m.start() for m in _IDLE_SPACE.finditer(view.text)}) if " " in view.text else view


def _with_lines(view: View, original: str) -> View:
    text, starts, ends = "", [], []
    previous = 0
    for char, start, end in zip(view.text, view.starts, view.ends, strict=True):
        if text and (found := _BREAK.search(original, previous, end)):
            text += "\n"
            starts.append(found.start())
            ends.append(found.end())
        previous = max(previous, end)
        if char != " " or not _BREAK.search(original, start, end):
            text += char
            starts.append(start)
            ends.append(end)
    return View(text, tuple(starts), tuple(ends))


def _removed(view: View) -> View:
    """Drop noise symbols, bracketed readings, brackets around one character, and even spacing."""
    for pattern in (_READING, _NOISE, _WRAPPED, _SPACED, _SPACED_DIGITS, _SPACE, _INNER_SPACE):
        gone: set[int] = set()
        for match in pattern.finditer(view.text):
            span = range(*match.span())
            gone |= {i for i in span if pattern in _WHOLLY or not _WORD.match(view.text[i])}
        view = view.without(gone)
    return view


def _touches_chinese(text: str, start: int, end: int) -> bool:
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return any("\u3400" <= c <= "\u9fff" for c in around)
