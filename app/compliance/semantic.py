"""What no pattern reaches: breaches put indirectly, recognised by a classifier learnt from drafts of many writers.

It speaks only where the rules are silent, it never stops a draft, and it shows the words that moved it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from app.compliance.rules import CompiledRule, RuleBook
from app.compliance.views import View
from app.text import heads as store
from app.text.linear import Head, Scored, Weights

HEADS = ("rules",)
HINT_FROM, CONFIRM_FROM = 0.93, 0.96  # probability of a breach; chosen on training writers left out in turn
SHORTEST = 4  # characters: less says nothing
UNLIKELY = 0.05  # below, no sentence of a draft is worth a reading of its own
ALONE = 0.75  # a sentence by itself must score so much higher, or many sentences make many false alarms
_SENTENCE = re.compile(r"[^。!?;~\n]+[。!?;~\n]*")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A breach that is likely: the rule it would break, the characters of the view that show it, how sure."""

    rule: CompiledRule
    start: int
    end: int
    chance: float


class _Likely(NamedTuple):
    """The likeliest breach of one stretch: how sure, where the stretch begins, which label, and its scores."""

    chance: float
    first: int
    label: int
    scored: Scored


class SemanticLayer:
    """A head with a label per sub-rule: the likeliest label is the breach, if any is likely enough."""

    def __init__(self, weights: Weights, rules: Head, book: RuleBook) -> None:
        self._weights = weights
        self._rules = rules
        first: dict[str, CompiledRule] = {}
        for rule in book.rules:
            first.setdefault(rule.rule.rule_id, rule)
        self._by_id: Mapping[str, CompiledRule] = first

    @classmethod
    def load(cls, folder: Path, book: RuleBook) -> "SemanticLayer":
        """Load the heads. Raises IndexUnusable."""
        weights, heads = store.load(folder, HEADS)
        return cls(weights, heads["rules"], book)

    def suspicion(self, view: View) -> Suspicion | None:
        """Return the likeliest breach of a draft, or None when none is likely enough."""
        if len(view.text) < SHORTEST:
            return None
        likely = self._read(view, 0, len(view.text), 0.0)
        if UNLIKELY <= likely.chance < HINT_FROM:
            parts = [self._read(view, *place, ALONE) for place in sentences(view.text)]
            likely = max([likely, *parts], key=lambda part: part.chance)
        rule = self._by_id.get(self._rules.labels[likely.label])
        if rule is None or likely.chance < HINT_FROM:
            return None
        stretch = self._weights.evidence(likely.scored, self._rules, likely.label)
        start, end = stretch or (0, likely.scored.reading.length)
        return Suspicion(rule, *_clauses(view, likely.first + start, likely.first + end), likely.chance)

    def _read(self, view: View, first: int, last: int, toll: float) -> _Likely:
        scored = self._weights.read(view.text[first:last])
        label = int(scored.raw.argmax())
        return _Likely(self._rules.chance(float(scored.raw[label]) - toll), first, label, scored)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return first and last of every sentence of a cleaned text that has several: in a long draft one may be amiss."""
    found = [m.span() for m in _SENTENCE.finditer(text) if len(m.group().strip()) >= SHORTEST]
    return found if len(found) > 1 else []


def _clauses(view: View, start: int, end: int) -> tuple[int, int]:
    """Widen the evidence to whole clauses: half a word marked says less than what was meant."""
    first, _ = view.clause(start, start)
    _, last = view.clause(max(end - 1, start), end)
    return max(0, first), min(len(view.text), max(last, start + 1))
