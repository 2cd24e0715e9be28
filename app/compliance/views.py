"""The texts a rule looks at: the cleaned draft, and the same with disguises undone. Offsets lead back to the draft."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from app.compliance import noise
from app.compliance.sounds import Sounds
from app.compliance.spelling import Spelling
from app.library.documents import Document, Entry, read
from app.text.normalise import normalise
from app.text.phrases import Phrases

# A space beside a punctuation mark says nothing.
_IDLE_SPACE = re.compile(r" (?=[,。!?;:、~…()\"'])|(?<=[,。!?;:、~…()\"']) ")
_LATIN = re.compile(r"(?<![a-z\d])[a-z]+(?![a-z\d])")
_DIGITS = dict(zip("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "0012345678912345678912", strict=True))
_DINGBATS = {chr(0x2776 + i): str((i + 1) % 10) for i in range(10)} | {chr(0x1F10B): "0", "\u24ff": "0"}
_AS_DIGIT = str.maketrans(_DIGITS | _DINGBATS)
_DIGIT_RUN = re.compile(r"\d(?:[ \-_.·,]{0,2}\d){6,}")
_TONES = dict(zip("āáǎàēéěèīíǐìōóǒòūúǔùüǘǚǜ", "aaaaeeeeiiiioooouuuuvvvv", strict=True))
# Letters of other alphabets that print like Latin ones, and letters on a ground, 🅐 and 🅰; 🅰🅱🅾🅿 are emoji with a use.
_PRINTED_ALIKE = dict(zip("авсԁеһіјкԛѕмнпорԝтухѵԍӏзьνορχυτκι", "abcdehijkqsmhnopwtyxvglzbvopxutki", strict=True))
_GROUNDS = {chr(first + i): chr(ord("a") + i) for first in (0x1F150, 0x1F170) for i in range(26)}
_LETTERS = _PRINTED_ALIKE | {sign: letter for sign, letter in _GROUNDS.items() if sign not in "🅰🅱🅾🅿"}
_CLAUSE_END = re.compile(r"[,。!?;:\n…~ —]")
_SENTENCE_END = re.compile(r"[。!?;\n]")
NEAR = 2  # clauses on either side that still belong to what is said: chat runs on with commas
_LOW = re.compile("[a-z]")
_TWICE = re.compile(f"([{noise.HAN}])\\1")
_OVERRIDE = "\u202e"
_TURNED = re.compile("\u202e[^\u202c\n]+")
_STROKES = re.compile("[亻讠纟钅扌氵刂攵彳疒辶犭饣礻衤阝丬忄宀艹⺮刀丩殳隹彡]")  # parts nobody writes alone
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

    def drawn_out(self) -> set[int]:
        """Return the first of each two equal characters that were three or more in the draft."""
        last = (m.end() - 1 for m in _TWICE.finditer(self.text))
        return {at - 1 for at in last if self.ends[at] - self.starts[at] > 1}

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
        """Return the view with other words in place of start–end; each of their characters stands for the whole.

        The places do not overlap.
        """
        placed = sorted(found)
        if not placed:
            return self
        text, at = "", 0
        starts: list[int] = []
        ends: list[int] = []
        for start, end, meant in placed:
            text += self.text[at:start] + meant
            starts += (*self.starts[at:start], *[self.starts[start]] * len(meant))
            ends += (*self.ends[at:start], *[self.ends[end - 1]] * len(meant))
            at = end
        return View(text + self.text[at:], (*starts, *self.starts[at:]), (*ends, *self.ends[at:]), self.bold)


def _between(ends: Sequence[int], start: int, end: int, length: int) -> tuple[int, int]:
    before, after = bisect_left(ends, start), bisect_left(ends, end)
    return ends[before - 1] + 1 if before else 0, ends[after] if after < len(ends) else length


class Swap(Entry):
    """One disguise: what is written, what is meant, and the longer words in which it means itself."""

    written: tuple[str, ...]
    meant: str
    keep: tuple[str, ...] = ()


class Denoiser:
    """Undoes disguises: noise between characters, spaced-out words, look-alikes, pinyin, characters taken apart."""

    def __init__(self, table: Document, sources: Iterable[str] = ()) -> None:
        """Take lookalikes.yaml, and the rules' patterns and terms: what the draft may be hiding."""
        swaps, data = table.entries("swaps", Swap), table.data
        sounds = read(table.path.with_name("sounds.yaml"))
        taken = {_key(w) for s in swaps for w in s.written}
        self._latin = {str(k): str(v) for k, v in data.get("latin", {}).items()}
        self._sounds = Sounds.of(sounds, self._latin, taken)
        self._spelling = Spelling(sounds, sources)
        # Keys are written as people type them; the text they are sought in is cleaned.
        pairs = [(_key(w), s.meant) for s in swaps for w in s.written]
        kept = [(key, key) for s in swaps for k in s.keep if (key := _key(k))]
        parts = {_key(part): str(char) for char, row in data.get("splits", {}).items() for part in str(row).split()}
        self._doubtful = {part for part in parts if not _STROKES.search(part)} - taken
        apart = [(k, v) for k, v in parts.items() if k not in taken]
        self._swaps = Phrases([*kept, *pairs, *apart], longest=True)
        forms = {form: str(char) for char, row in data.get("variants", {}).items() for form in str(row)}
        self._characters = str.maketrans(_TONES | _DINGBATS | _LETTERS | forms)

    @classmethod
    def load(cls, path: Path, sources: Iterable[str] = ()) -> "Denoiser":
        """Read lookalikes.yaml and sounds.yaml beside it."""
        return cls(read(path), sources)

    def views(self, text: str) -> tuple[View, ...]:
        """Return the plain view of a draft and, where it differs, the bold one."""
        plain = _plain(text)
        shown = _turned(plain, text) if _OVERRIDE in text else plain
        known = self._recognised(shown, shortened=len(plain.text) < len(text))
        heard = self._swapped(known.replaced(self._sounds.find(known.text)))
        removed = _removed(heard)
        bold = self._swapped(self._spelled_out(removed) if _LOW.search(removed.text) else removed)
        return (plain,) if bold.text == plain.text else (plain, replace(bold, bold=True))

    def _recognised(self, view: View, shortened: bool) -> View:
        """Everyday letters and characters for those that print alike; no markup, tone or drawn-out character."""
        known = replace(view, text=view.text.translate(self._characters))
        known = known.without(noise.markup(known.text) | (known.drawn_out() if shortened else set()))
        return known.without(self._spelling.tones(known.text)) if _LOW.search(known.text) else known

    def _swapped(self, view: View) -> View:
        text = view.text
        found = [(s, e, v) for s, e, v in self._swaps.find(text) if text[s:e] != v and self._meant(text, s, e, v)]
        return view.replaced(found)

    def _meant(self, text: str, start: int, end: int, char: str) -> bool:
        """Two ordinary characters are one taken apart only where that one makes sense."""
        return text[start:end] not in self._doubtful or self._spelling.fits(text, start, end, char)

    def _spelled_out(self, view: View) -> View:
        """Latin letters next to a Chinese character may be its word in pinyin or initials."""
        text = view.text
        found = [
            (m.start(), m.end(), meant)
            for m in _LATIN.finditer(text)
            if (meant := self._latin.get(m.group())) and _touches_chinese(text, m.start(), m.end())
        ]
        view = view.replaced(found)
        return view.replaced(self._spelling.find(view.text))


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
    """Drop what stands between characters or around them, and what repeats them without end."""
    for step in noise.steps(view.text):
        view = view.without(step(view.text))
    return view


def _turned(view: View, original: str) -> View:
    """What stands behind a right-to-left override prints from its end: put it in the order in which it is read."""
    for match in _TURNED.finditer(original):
        start, end = bisect_left(view.starts, match.start()), bisect_left(view.starts, match.end())
        if start < end:
            view = view.replaced([(start, end, view.text[start:end][::-1])])
    return view


def _touches_chinese(text: str, start: int, end: int) -> bool:
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return any("\u3400" <= c <= "\u9fff" for c in around)
