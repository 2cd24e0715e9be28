"""What no pattern reaches: breaches put indirectly, recognised by a classifier learnt from drafts of many writers.

It speaks only where the rules are silent, it never stops a draft, and it shows the words that moved it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.compliance.rules import CompiledRule, RuleBook
from app.compliance.views import View
from app.text import heads as store
from app.text.linear import Head, Weights

HEADS = ("breach", "rules")
HINT_FROM, CONFIRM_FROM = 0.85, 0.93  # probability of a breach; chosen on training writers left out in turn
SHORTEST = 4  # characters: less says nothing


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A breach that is likely: the rule it would break, the characters of the view that show it, how sure."""

    rule: CompiledRule
    start: int
    end: int
    chance: float


class SemanticLayer:
    """Two heads over one set of weights: is this a breach, and of which sub-rule."""

    def __init__(self, weights: Weights, breach: Head, rules: Head, book: RuleBook) -> None:
        self._weights = weights
        self._breach = breach
        self._rules = rules
        first: dict[str, CompiledRule] = {}
        for rule in book.rules:
            first.setdefault(rule.rule.rule_id, rule)
        self._by_id: Mapping[str, CompiledRule] = first

    @classmethod
    def load(cls, folder: Path, book: RuleBook) -> "SemanticLayer":
        """Load the heads. Raises IndexUnusable."""
        weights, heads = store.load(folder, HEADS)
        return cls(weights, heads["breach"], heads["rules"], book)

    def suspicion(self, view: View) -> Suspicion | None:
        """Return the likeliest breach of a draft, or None when none is likely enough."""
        if len(view.text) < SHORTEST:
            return None
        reading = self._weights.features.read(view.text)
        chance = self._breach.chance(self._weights.score(reading, self._breach.first))
        if chance < HINT_FROM:
            return None
        scored = self._weights.scored(reading)
        order = np.argsort(-self._rules.probabilities(scored))
        rule = next((self._by_id[i] for at in order if (i := self._rules.labels[at]) in self._by_id), None)
        if rule is None:
            return None
        start, end = self._weights.evidence(scored, self._breach, 0) or (0, len(view.text))
        return Suspicion(rule, *_clauses(view, start, end), chance)


def _clauses(view: View, start: int, end: int) -> tuple[int, int]:
    """Widen the evidence to whole clauses: half a word marked says less than what was meant."""
    first, _ = view.clause(start, start)
    _, last = view.clause(max(end - 1, start), end)
    return max(0, first), min(len(view.text), max(last, start + 1))
