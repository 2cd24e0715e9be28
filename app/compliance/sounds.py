"""Words a writer disguises by sound: pinyin, initials, characters and emoji that sound alike, gaps in between.

Only the words of sounds.yaml are undone, so that product names, English and ordinary words stay what they are.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

from app.library.documents import Document
from app.text.phrases import Phrases

# What ends a clause, and what may carry meaning between words, is never skipped.
_KEPT = r"\w,。!?;:、\n…~—%“”\"'‘’()\[\]{}<>《》【】「」『』"
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_BEYOND_LATIN = "\u0080"
_WIDEST_GAP = 2  # characters skipped between two that belong together
_MIXED = 2  # characters of one word disguised at once, unless the whole word is spelled
_SAFE = 3  # from this length on a word is known by its initials next to one Chinese character


class Sounds:
    """Finds sensitive words behind their sound."""

    def __init__(
        self,
        words: Sequence[str],
        spelled: Sequence[str],
        syllables: Mapping[str, str],
        real: Iterable[str],
        latin: Mapping[str, str],
    ) -> None:
        self._reading = {c: s for s, chars in reversed(list(syllables.items())) for c in chars}
        self.syllables = syllables
        self._signs = {c for chars in syllables.values() for c in chars if not c.isalnum()}
        shown = "".join(sorted(self._signs))
        self._gap = re.compile(rf"(?<=[\w{shown}])[^{_KEPT}{shown}]{{1,{_WIDEST_GAP}}}(?=[\w{shown}])")
        kept = set(real)
        written: dict[str, str] = {}
        for word in words:
            for form in self._forms(word):
                if form not in kept:
                    written.setdefault(form, word)
        for word in spelled:
            for form in self._spellings(word):
                if form not in kept:
                    written.setdefault(form, word)
        self._short = {key: meant for key, meant in latin.items() if len(key) > 1 and key not in written}
        whole = {word: word for word in (*words, *spelled)}
        self._whole = Phrases(whole.items())
        self._disguised = Phrases((k, v) for k, v in (written | self._short).items() if k not in whole)

    @classmethod
    def of(cls, table: Document, latin: Mapping[str, str], taken: Collection[str]) -> "Sounds":
        """Take sounds.yaml; what is `taken` has its meaning elsewhere."""
        data = table.data
        syllables = {str(k): "".join(str(v).split()) for k, v in data["syllables"].items()}
        words, spelled, real = (str(data[name]).split() for name in ("words", "spelled", "real"))
        return cls(words, spelled, syllables, (*real, *taken), latin)

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Return start, end and meaning of every disguised word, none overlapping another."""
        gaps = {i for m in self._gap.finditer(text) for i in range(*m.span())}
        places = [i for i in range(len(text)) if i not in gaps]
        shown = "".join([text[i] for i in places]) if gaps else text
        found = list(self._in(self._disguised, text, shown, places))
        if not self._signs.isdisjoint(text):
            bare = [i for i in places if text[i] not in self._signs]
            less = "".join([text[i] for i in bare])
            found.extend(self._in(self._disguised, text, less, bare))
            found.extend(self._in(self._whole, text, less, bare))
        elif gaps or found:
            found.extend(self._in(self._whole, text, shown, places))
        return self._chosen(text, found) if found else found

    def _in(
        self, phrases: Phrases[str], text: str, shown: str, places: Sequence[int]
    ) -> Iterator[tuple[int, int, str]]:
        for start, end, word in phrases.find(shown):
            first, last = places[start], places[end - 1] + 1
            if _inside_run(text, first, last):
                continue
            if last - first > end - start and any(
                places[i + 1] - places[i] - 1 > _WIDEST_GAP for i in range(start, end - 1)
            ):
                continue
            if text[first] < _BEYOND_LATIN > text[last - 1] and not self._may_be_latin(
                shown[start:end], text, first, last
            ):
                continue
            yield first, last, word

    def _may_be_latin(self, written: str, text: str, start: int, end: int) -> bool:
        """Whether a match is not all in letters, or stands where letters may be Chinese words."""
        return not written.isascii() or written.isdigit() or _beside_chinese(text, start, end)

    @staticmethod
    def _chosen(text: str, found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        chosen: list[tuple[int, int, str]] = []
        reached = 0
        for start, end, word in sorted(found, key=lambda f: (f[0], -len(f[2]), -f[1])):
            if start >= reached:
                reached = end
                if text[start:end] != word:
                    chosen.append((start, end, word))
        return chosen

    def _forms(self, word: str) -> Iterator[str]:
        """Every way of writing a word that is undone."""
        if word.isdigit():
            yield from ("".join(p) for p in product(*(self.syllables[c] for c in word)))
            return
        readings = [self._reading.get(c, "") for c in word]
        yield from self._spellings(word)
        latin = [tuple(r for r in (reading, reading[:1]) if r) for reading in readings]
        for count in range(1, min(_MIXED, len(word) - 1) + 1):
            for at in combinations(range(len(word)), count):
                choices: list[Iterable[str]] = [(c,) for c in word]
                for i in at:
                    choices[i] = latin[i]
                yield from ("".join(p) for p in product(*choices))
        yield from self._alike_forms(word, readings)
        if len(word) >= _SAFE and all(readings):
            initials = [r[:1] for r in readings]
            for i, char in enumerate(word):
                yield "".join(initials[:i]) + char + "".join(initials[i + 1 :])

    def _alike_forms(self, word: str, readings: Sequence[str]) -> Iterator[str]:
        """The word with one of its characters by another of its sound."""
        others = [tuple(c for c in self.syllables.get(r, "") if c != w) for w, r in zip(word, readings, strict=True)]
        for i, alike in enumerate(others):
            yield from (word[:i] + c + word[i + 1 :] for c in alike)
            # One character by its sound, another spelled.
            for j in range(len(word)):
                if j != i and readings[j]:
                    for c in alike:
                        mixed = [*word]
                        mixed[i], mixed[j] = c, readings[j]
                        yield "".join(mixed)

    def _spellings(self, word: str) -> Iterator[str]:
        """The word with one or more of its syllables spelled."""
        readings = [self._reading.get(c, c) for c in word]
        yield from ("".join(p) for p in product(*({c, r} for c, r in zip(word, readings, strict=True))))


def _inside_run(text: str, start: int, end: int) -> bool:
    """Whether an edge of the found text cuts through a run of Latin letters or of digits."""
    return (start > 0 and _same_run(text[start - 1], text[start])) or (
        end < len(text) and _same_run(text[end - 1], text[end])
    )


def _same_run(one: str, other: str) -> bool:
    return one < _BEYOND_LATIN > other and ((one.isalpha() and other.isalpha()) or (one.isdigit() and other.isdigit()))


def _beside_chinese(text: str, start: int, end: int) -> bool:
    """Whether the found text stands next to Chinese, a space apart at most."""
    return bool(_CHINESE.match(text[:start].rstrip(" ")[-1:]) or _CHINESE.match(text[end : end + 2].lstrip(" ")[:1]))
