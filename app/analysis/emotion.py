"""How strong the emotion of a message is (0–4) and of which kind: model, lexicon, adverbs, negation, punctuation."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from app.analysis.classifier import Classifier
from app.analysis.cues import CueFinder, CueList, Hit
from app.library.documents import Entry, read
from app.library.taxonomy import Taxonomy
from app.records import Emotion, NormalText, Span
from app.text.features import Floats
from app.text.linear import Scored

LEXICON_SHARE = 0.2  # of the base level, where the lexicon says anything; the rest is the model's
FLOOR_BELOW = 0.9  # an unnegated strong word keeps the level within this of its own
EXCLAMATION = 0.25
JOY_CEILING = 0.4
TOP = 4.0


class _WordGroup(Entry):
    level: Annotated[int, Field(ge=0, le=4)]
    kind: str
    cues: tuple[str, ...]


class _Degree(Entry):
    shift: float
    cues: tuple[str, ...]
    before_emotion: tuple[str, ...] = ()


class _Lexicon(Entry):
    words: tuple[_WordGroup, ...]
    harmless: tuple[str, ...]
    degrees: tuple[_Degree, ...]
    negators: tuple[str, ...]
    questions: tuple[str, ...]
    joy: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Degrees:
    """A cleaned text without its degree adverbs, and how far they move the level."""

    text: str
    shift: float


class EmotionReader:
    """Reads intensity. Training uses `strip` too: the model never sees an adverb, so it cannot order them wrong."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        document = read(path)
        lexicon = document.entry((), _Lexicon, document.data)
        self._names = taxonomy.levels
        self._groups = lexicon.words
        self._words = CueFinder([CueList(cues=g.cues) for g in lexicon.words], lexicon.harmless)
        self._joy = CueFinder([CueList(cues=lexicon.joy)], lexicon.harmless)
        self._degrees = lexicon.degrees
        self._adverbs = CueFinder([CueList(cues=d.cues) for d in lexicon.degrees])
        self._bound = CueFinder([CueList(cues=d.before_emotion) for d in lexicon.degrees])
        self._negators = lexicon.negators
        self._questions = lexicon.questions

    def strip(self, text: str) -> Degrees:
        """Return the text without degree adverbs and the shift of the strongest of them."""
        words = {h.start for h in self._words.find(text)}
        hits = self._adverbs.find(text) + [h for h in self._bound.find(text) if h.end in words]
        drop = {i for h in hits for i in range(h.start, h.end)}
        shift = max((self._degrees[h.group].shift for h in hits), default=0.0)
        return Degrees("".join(c for i, c in enumerate(text) if i not in drop), shift)

    def read(self, normal: NormalText, classifier: Classifier, scored: Scored) -> Emotion:
        """Return level, score 0–1, kind and evidence of one message whose scores are known; its trend is unknown."""
        text = normal.text
        stripped = self.strip(text)
        plain = scored if stripped.text == text else classifier.read(stripped.text)
        chances = classifier.stack.levels(plain.raw)
        modelled = (_median(chances) + _mean(chances)) / 2  # the one is exact more often, the other seldom far off
        hits = [h for h in self._words.find(text) if not self._negated(text, h)]
        strong = [h for h in hits if self._groups[h.group].level > 0]
        joyful = bool(self._joy.find(text)) and not strong
        value = self._combine(modelled, strong, joyful, stripped.shift, "!!" in text)
        level = round(value)
        evidence = tuple(normal.span(h.start, h.end) for h in strong)
        if level and not evidence:
            evidence = self._learned(normal, classifier, scored, level)
        return Emotion(
            level, self._names[level], round(value / TOP, 3), self._kind(level, hits, joyful), "unknown", evidence
        )

    def at_most(self, emotion: Emotion, ceiling: int) -> Emotion:
        """Return the emotion with its level no higher than `ceiling`."""
        if emotion.level <= ceiling:
            return emotion
        kind = "calm" if ceiling == 0 else emotion.kind
        return replace(emotion, level=ceiling, name=self._names[ceiling], score=ceiling / TOP, kind=kind)

    def at_least(self, emotion: Emotion, floor: int) -> Emotion:
        """Return the emotion with its level no lower than `floor`."""
        if emotion.level >= floor:
            return emotion
        kind = emotion.kind if emotion.level else self._kind(floor, [], False)
        return replace(emotion, level=floor, name=self._names[floor], score=floor / TOP, kind=kind)

    def _combine(self, modelled: float, strong: list[Hit], joyful: bool, shift: float, shouted: bool) -> float:
        """Return the level as a number in 0–4; it never falls when `shift` grows."""
        base = modelled
        if strong:
            named = max(self._groups[h.group].level for h in strong)
            base = max((1 - LEXICON_SHARE) * modelled + LEXICON_SHARE * named, named - FLOOR_BELOW if named >= 3 else 0)
        elif joyful:
            return min(modelled, JOY_CEILING)
        value = base + shift * min(1.0, base)
        if shouted:
            value += EXCLAMATION * min(1.0, base)
        return min(TOP, max(0.0, value))

    def _negated(self, text: str, hit: Hit) -> bool:
        before = text[: hit.start]
        if before.endswith(self._questions) or self._groups[hit.group].kind == "threatening":
            return False
        return before.endswith(self._negators)

    def _kind(self, level: int, hits: list[Hit], joyful: bool) -> str:
        if level == 0:
            return "grateful" if joyful or any(self._groups[h.group].kind == "grateful" for h in hits) else "calm"
        named = [self._groups[h.group] for h in hits if self._groups[h.group].level > 0]
        if named:
            return max(named, key=lambda g: g.level).kind
        return ("anxious", "disappointed", "angry", "angry")[level - 1]

    def _learned(self, normal: NormalText, classifier: Classifier, scored: Scored, level: int) -> tuple[Span, ...]:
        """Without a lexicon word, show the stretch that moved the model most."""
        stretch = classifier.weights.evidence(scored, classifier.level, level)
        if stretch is None:
            return ()
        start, end = stretch
        while start < end - 1 and not normal.text[start].isalnum():
            start += 1
        while end > start + 1 and not normal.text[end - 1].isalnum():
            end -= 1
        return (normal.span(start, end),)


def _mean(chances: Floats) -> float:
    return float(chances @ np.arange(len(chances)))


def _median(chances: Floats) -> float:
    """Return the median of a distribution over levels, interpolated inside its level: it rounds to the median level."""
    below = 0.0
    for level, chance in enumerate(chances.tolist()):
        if below + chance >= 0.5:
            return float(level - 0.5 + (0.5 - below) / chance)
        below += chance
    return float(len(chances) - 1)
