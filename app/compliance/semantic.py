"""What no pattern reaches: breaches put indirectly, recognised by a classifier learnt from drafts of many writers.

It speaks only where the rules are silent, it never stops a draft, and it shows the words that moved it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.compliance.rules import CompiledRule, RuleBook
from app.compliance.views import View
from app.text import heads as store
from app.text.linear import Head, Weights

HEADS = ("rules",)
HINT_FROM, CONFIRM_FROM = 0.9, 0.96  # probability of a breach; chosen on training writers left out in turn
SHORTEST = 4  # characters: less says nothing
ALONE = 0.75  # a sentence by itself must score so much higher, or many sentences make many false alarms
_SENTENCE = re.compile(r"[^。!?;~\n]+[。!?;~\n]*")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A breach that is likely: the rule it would break, the characters of the view that show it, how sure."""

    rule: CompiledRule
    start: int
    end: int
    chance: float


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
        stretches = [(0, len(view.text), 0.0), *((*place, ALONE) for place in sentences(view.text))]
        read = [(start, self._weights.read(view.text[start:end]), toll) for start, end, toll in stretches]
        first, scored, toll = max(read, key=lambda part: float(part[1].raw.max()) - part[2])
        likeliest = int(scored.raw.argmax())
        chance = self._rules.chance(float(scored.raw[likeliest]) - toll)
        rule = self._by_id.get(self._rules.labels[likeliest])
        if rule is None or chance < HINT_FROM:
            return None
        start, end = self._weights.evidence(scored, self._rules, likeliest) or (0, scored.reading.length)
        return Suspicion(rule, *_clauses(view, first + start, first + end), chance)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return first and last of every sentence of a cleaned text that has several: in a long draft one may be amiss."""
    found = [m.span() for m in _SENTENCE.finditer(text) if len(m.group().strip()) >= SHORTEST]
    return found if len(found) > 1 else []


def _clauses(view: View, start: int, end: int) -> tuple[int, int]:
    """Widen the evidence to whole clauses: half a word marked says less than what was meant."""
    first, _ = view.clause(start, start)
    _, last = view.clause(max(end - 1, start), end)
    return max(0, first), min(len(view.text), max(last, start + 1))
