"""A trainer's search: words, parts of words, pinyin and pinyin initials over titles, topics, phrasings and replies.

The only file that knows pypinyin. Replies are searched by their characters only: initials would match everywhere.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.library.schema import Script
from app.library.stored import StoredScript
from app.library.taxonomy import Taxonomy
from app.text.normalise import normalise

# How much a hit says: by where it is …
TITLE, TOPIC, IDENT, PHRASING, REPLY = 8.0, 6.0, 5.0, 3.0, 1.0
# … and by how it fits.
WHOLE, START, PART, SYLLABLES, INITIALS, ROUGH = 1.5, 1.2, 1.0, 0.8, 0.5, 0.3
LONG = 4  # characters; a word this long that is not there may be there in parts
ROUGH_SHARE = 0.6  # of its character pairs
RETIRED = 0.5
MAX_TITLE = 24
_BREAK = "|"
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a text is pronounced: all syllables run together, the same with a capital where one begins, first letters."""

    syllables: str
    marked: str
    initials: str


@dataclass(frozen=True, slots=True)
class _Field:
    weight: float
    text: str
    spoken: bool


class _Word:
    """A word of the query with what every entry is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.latin = len(text) > 1 and text.isascii() and text.isalpha()
        long = len(text) >= LONG and not self.latin
        self.pairs = {text[i : i + 2] for i in range(len(text) - 1)} if long else set()


class _Entry:
    """A script with its texts; all of them in one string tell quickly that a word is not there."""

    def __init__(self, item: StoredScript, taxonomy: Taxonomy) -> None:
        self.item = item
        self.fields = tuple(_fields(item, taxonomy))
        self.everything = _SEPARATOR.join(f.text for f in self.fields)

    @cached_property
    def readings(self) -> tuple[tuple[float, _Reading], ...]:
        """How the spoken fields are pronounced."""
        return tuple((f.weight, _reading(f.text)) for f in self.fields if f.spoken)

    @cached_property
    def sounds(self) -> str:
        """All pronunciations in one string."""
        return _SEPARATOR.join(f"{r.syllables}{_SEPARATOR}{r.initials}" for _, r in self.readings)

    def score(self, word: _Word) -> float:
        """Return the best hit of the word, 0 for none."""
        if word.text in self.everything:
            return max(field.weight * _fit(word.text, field.text) for field in self.fields)
        if word.latin and word.text in self.sounds:
            return max(weight * _spoken_fit(word.text, reading) for weight, reading in self.readings)
        if word.pairs and _share(word, self.everything) >= ROUGH_SHARE:
            return max(ROUGH * field.weight * _share(word, field.text) for field in self.fields)
        return 0.0


class Finder:
    """An immutable snapshot. Building it cleans the texts only; pronunciations are worked out once, when asked for."""

    def __init__(self, items: Iterable[StoredScript], taxonomy: Taxonomy) -> None:
        self._entries = [_Entry(item, taxonomy) for item in items]

    def find(
        self,
        query: str,
        *,
        type: str | None = None,
        technique: str | None = None,
        state: str | None = None,
        limit: int = 50,
    ) -> list[StoredScript]:
        """Return the scripts in which every word of the query is found, best first; all of them for an empty query."""
        # Word by word: cleaning the whole would drop the spaces between Chinese ones.
        words = [_Word(text) for word in query.split() if (text := normalise(word).text)]
        ranked: list[tuple[float, str, StoredScript]] = []
        for entry in self._entries:
            item = entry.item
            if _wanted(item.script, type, technique) and state in (None, item.state):
                score = _total(entry, words) * (RETIRED if item.state == "retired" else 1.0)
                if score > 0 or not words:
                    ranked.append((-score, item.id, item))
        return [item for _, _, item in sorted(ranked, key=lambda r: r[:2])[: max(limit, 0)]]


def _wanted(script: Script, type: str | None, technique: str | None) -> bool:
    return (type is None or type in script.types) and (technique is None or technique in script.techniques)


def _fields(item: StoredScript, taxonomy: Taxonomy) -> Iterator[_Field]:
    script = item.script
    yield _Field(TITLE, _clean(script.title), True)
    for ident in script.types:
        yield _Field(TOPIC, _clean(taxonomy.types.get(ident, "")), True)
    for ident in script.techniques:
        yield _Field(TOPIC, _clean(taxonomy.techniques.get(ident, "")), True)
    yield _Field(IDENT, script.id, False)
    yield _Field(PHRASING, _clean("\n".join(p.text for p in script.phrasings)), True)
    yield _Field(REPLY, _clean(script.reply), False)


def _clean(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _total(entry: _Entry, words: list[_Word]) -> float:
    """Return the sum over the words, 0 when one of them is found nowhere."""
    total = 0.0
    for word in words:
        score = entry.score(word)
        if not score:
            return 0.0
        total += score
    return total


def _fit(word: str, text: str) -> float:
    place = text.find(word)
    if place < 0:
        return 0.0
    return WHOLE if len(word) == len(text) else START if place == 0 else PART


def _share(word: _Word, text: str) -> float:
    return sum(pair in text for pair in word.pairs) / len(word.pairs)


def _spoken_fit(word: str, reading: _Reading) -> float:
    place = reading.syllables.find(word)
    while place >= 0:
        if reading.marked[place].isupper():
            return SYLLABLES
        place = reading.syllables.find(word, place + 1)
    return INITIALS if word in reading.initials else 0.0


@lru_cache(maxsize=20_000)
def _reading(text: str) -> _Reading:
    """Short texts are read word by word, so that 重复 is chong; long ones character by character, which is fast."""
    read = _syllables(text) if len(text) <= MAX_TITLE else [_syllable(c) for c in text]
    return _Reading("".join(read), "".join(s.capitalize() for s in read), "".join(s[0] for s in read))


@lru_cache(maxsize=30_000)
def _syllable(char: str) -> str:
    return _syllables(char)[0]


def _syllables(text: str) -> list[str]:
    from pypinyin import lazy_pinyin  # 60 MB and a second of start-up that only a trainer's search needs

    return list(lazy_pinyin(text, errors=lambda _: _BREAK)) or [_BREAK]
