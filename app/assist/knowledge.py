"""What the agent should know beside the replies: knowledge cards and the wrong answer to avoid."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app.library.files import Library
from app.library.schema import Example, KnowledgeCard, Script
from app.records import Analysis, Avoid, Card
from app.text.encoder import Encoder, Vectors
from app.text.normalise import normalise

MAX_CARDS = 3
MAX_AVOID = 2
CARD_FROM = 0.9
EXAMPLE_FROM = 0.65  # cosine; under it the scenario is a neighbouring one more often than not
SERIOUS_KINDS = {"playbook": ("major", "crisis"), "harassment": ("none", "general", "important", "major", "crisis")}


class Knowledge:
    """Cards and 315 examples, found by topic, risk and severity, ordered by how near they are to the message.

    A topic has a dozen cards at most, so the message is compared with those alone; without an encoder their order is
    that of topic, risk and severity, and a 315 example is not shown.
    """

    def __init__(self, library: Library, encoder: Encoder | None) -> None:
        self._library = library
        self._cards: dict[str, list[KnowledgeCard]] = {}
        for card in library.cards.values():
            for ident in (*card.types, *card.risks):
                self._cards.setdefault(ident, []).append(card)
        self._examples: dict[str, list[Example]] = {}
        for example in library.examples.values():
            for ident in example.types:
                self._examples.setdefault(ident, []).append(example)
        texts: dict[str, Sequence[str]] = {c.id: (c.title, c.text) for c in library.cards.values()}
        texts |= {e.id: e.phrasings for e in library.examples.values()}
        self._vectors = _encoded(texts, encoder) if encoder else {}

    def cards(self, vector: Vectors | None, analysis: Analysis) -> tuple[Card, ...]:
        """Return up to three cards: those whose risk, topic or severity the message shows, nearest first.

        `vector` is the message's, shape (dimension,).
        """
        about = [*(t.id for t in analysis.types), *(r.id for r in analysis.risks)]
        related = {card.id: card for ident in about for card in self._cards.get(ident, ())}
        scored = [(_card_score(card, self._near(card.id, vector), analysis), card) for card in related.values()]
        best = sorted((s for s in scored if s[0] >= CARD_FROM), key=lambda s: (-s[0], s[1].id))[:MAX_CARDS]
        return tuple(Card(c.id, c.title, c.text, self._library.sources_of(c.sources)) for _, c in best)

    def avoid(self, vector: Vectors | None, analysis: Analysis, suggested: Iterable[Script]) -> tuple[Avoid, ...]:
        """Return the wrong answers that belong here: a matching 315 scenario first, then of the scripts suggested."""
        wrong = [Avoid(e.wrong, e.why, e.id) for e in self._matching(vector, analysis)]
        wrong += [Avoid(s.avoid.text, s.avoid.reason, s.id) for s in suggested]
        return tuple(wrong[:MAX_AVOID])

    def _matching(self, vector: Vectors | None, analysis: Analysis) -> list[Example]:
        """Return the nearest example of the message's topics, if it is near enough."""
        if not analysis.is_complaint:
            return []
        found = {e.id: e for label in analysis.types for e in self._examples.get(label.id, ())}
        near = [(self._near(ident, vector), ident) for ident in found]
        score, ident = max(near, default=(0.0, ""))
        return [found[ident]] if score >= EXAMPLE_FROM else []

    def _near(self, ident: str, vector: Vectors | None) -> float:
        if vector is None or ident not in self._vectors:
            return 0.0
        return max(0.0, float((self._vectors[ident] @ vector).max()))


def _encoded(texts: Mapping[str, Sequence[str]], encoder: Encoder) -> dict[str, Vectors]:
    """Return the vectors of each entry's texts, shape (texts, dimension)."""
    flat = [normalise(text).text for group in texts.values() for text in group]
    ends = np.cumsum([len(group) for group in texts.values()])
    return dict(zip(texts, np.split(encoder.encode(flat), ends[:-1]), strict=True))


def _card_score(card: KnowledgeCard, near: float, analysis: Analysis) -> float:
    """Topic 1 × its confidence, risk 1, severity 0.5, nearness up to 1; a playbook only when it is serious."""
    level = analysis.severity.level
    if card.kind in SERIOUS_KINDS and level not in SERIOUS_KINDS[card.kind]:
        return 0.0
    topic = max((t.confidence for t in analysis.types if t.id in card.types), default=0.0)
    risk = float(any(r.id in card.risks for r in analysis.risks))
    if not topic and not risk:
        return 0.0
    return topic + risk + 0.5 * float(level in card.severity) + near
