"""The kinds of rule: each takes a compiled rule and a scene and yields the places it objects to."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from app.compliance.citations import Registry, ordinal
from app.compliance.entities import numbers
from app.compliance.patterns import any_found
from app.compliance.rules import CompiledRule, Kind
from app.compliance.views import View
from app.records import Draft, Turn
from app.text.normalise import normalise

REMEMBERED = 1_024  # earlier messages: a conversation sends them again with every pause in typing
SHORTEST_REPEAT = 8  # characters: shorter sentences are courtesies that recur in any conversation
SHORTEST_NUMBER = 11  # digits of a mobile phone
UNSURE = 0.65
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)((?:\.\d+)?)([百千万]?)")
_SPOKEN = re.compile(r"([一二两三四五六七八九十百千]+)(万?)([一二两三四五六七八九十百千]*)(?=[元块]|$)")
_TIMES = {"百": 100, "千": 1_000, "万": 10_000}
_SPLIT = re.compile(r"[^。!?;\n]+")
_TRIM = re.compile(r"[^\w]+")


class Hit(NamedTuple):
    """A place of a view a rule objects to; `confidence` overrides the rule's own."""

    start: int
    end: int
    confidence: float | None = None


@lru_cache(maxsize=REMEMBERED)
def _cleaned(text: str) -> str:
    return normalise(text).text


@dataclass(frozen=True)
class Earlier:
    """What was said before the draft, cleaned when first asked for."""

    history: tuple[Turn, ...]

    @cached_property
    def sentences(self) -> frozenset[str]:
        """The agent's sentences, bare."""
        said = (_cleaned(t.text) for t in self.history if t.role == "agent")
        return frozenset(_plain(s.group()) for text in said for s in _SPLIT.finditer(text))

    @cached_property
    def question(self) -> str:
        """The customer's last message."""
        return next((_cleaned(t.text) for t in reversed(self.history) if t.role == "customer"), "")


@dataclass(frozen=True)
class Scene:
    """A view of the draft with everything around it that a check may look at."""

    draft: Draft
    view: View
    registry: Registry
    earlier: Earlier

    @cached_property
    def about(self) -> str:
        """What the conversation is about: the customer's last message and the draft."""
        return f"{self.earlier.question}\n{self.view.text}"


def required(rule: CompiledRule, scene: Scene) -> Iterator[Hit]:
    """Something a reply must contain is missing: mark the last sentence, where it would go."""
    if any_found(rule.needs, scene.view.raw):
        return
    if rule.patterns and not any_found(rule.patterns, scene.about.encode("utf-8", "replace")):
        return
    sentences = list(_SPLIT.finditer(scene.view.text))
    if sentences:
        yield Hit(*sentences[-1].span())


def repetition(rule: CompiledRule, scene: Scene) -> Iterator[Hit]:
    """A sentence the agent has already sent in this conversation."""
    for sentence in _said_before(scene.view.text, scene.earlier):
        if not any_found(rule.allow, _plain(sentence.group()).encode()):
            yield Hit(*sentence.span())


def repeats(text: str, earlier: Earlier) -> bool:
    """Tell whether a reply says a sentence again: only then can it matter to its check what the agent said before."""
    return any(_said_before(_cleaned(text), earlier))


def _said_before(text: str, earlier: Earlier) -> Iterator[re.Match[str]]:
    for sentence in _SPLIT.finditer(text):
        words = _plain(sentence.group())
        if len(words) >= SHORTEST_REPEAT and words in earlier.sentences:
            yield sentence


def amount(rule: CompiledRule, scene: Scene) -> Iterator[Hit]:
    """More money than the context allows; without a figure there, more than the rule's ceiling, and then unsure."""
    known = _amount(scene.draft.context.compensation or "")
    limit = rule.rule.ceiling if known is None else known
    for pattern in rule.patterns if limit is not None else ():
        for first, last in pattern.spans(scene.view.raw):
            start, end = scene.view.at(first), scene.view.at(last)
            offered = _amount(scene.view.text[start:end])
            if offered is not None and limit is not None and offered > limit:
                yield Hit(start, end, UNSURE if known is None else None)


def entity(rule: CompiledRule, scene: Scene) -> Iterator[Hit]:
    """A personal number, in a sentence that matches one of the rule's patterns if it has any."""
    view = scene.view.digits
    if sum(map(str.isdigit, view.text)) < SHORTEST_NUMBER:
        return
    for start, end in numbers(view, rule.rule.numbers, scene.draft.context.order_id or ""):
        first, last = view.origin(start, end)
        here, there = _place(scene.view, first, last)
        first, last = scene.view.sentence(here, there)
        if not rule.patterns or any_found(rule.patterns, scene.view.text[first:last].encode("utf-8", "replace")):
            yield Hit(here, there)


def citation(_: CompiledRule, scene: Scene) -> Iterator[Hit]:
    """A law the registry does not know, or knows as repealed."""
    for doubt in scene.registry.doubts(scene.view.text):
        yield Hit(doubt.start, doubt.end, None if doubt.certain else UNSURE)


CHECKS: Mapping[Kind, Callable[[CompiledRule, Scene], Iterator[Hit]]] = {
    "required": required,
    "repetition": repetition,
    "amount": amount,
    "entity": entity,
    "citation": citation,
}
CALLED: frozenset[Kind] = frozenset({"required", "amount"})  # have nothing to say where none of their patterns is met


def _amount(text: str) -> float | None:
    """Return the largest figure of a text, in digits or in Chinese; None when there is none."""
    figures = [
        float(f"{whole.replace(',', '')}{part}") * _TIMES.get(unit, 1) for whole, part, unit in _AMOUNT.findall(text)
    ]
    spoken = [
        float((ordinal(high) or 0) * _TIMES.get(unit, 1) + (ordinal(low) or 0))
        for high, unit, low in _SPOKEN.findall(text)
    ]
    return max(figures or spoken, default=None)


def _plain(sentence: str) -> str:
    return _TRIM.sub("", sentence)


def _place(view: View, first: int, last: int) -> tuple[int, int]:
    """Return the characters of `view` that came from first–last of the draft."""
    inside = [i for i, (s, e) in enumerate(zip(view.starts, view.ends, strict=True)) if s >= first and e <= last]
    return inside[0], inside[-1] + 1
