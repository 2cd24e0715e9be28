"""What the agent should know beside the replies: knowledge cards and the wrong answer to avoid."""

from collections.abc import Iterable

from app.library.files import Library
from app.library.schema import Example, KnowledgeCard, Script
from app.records import Analysis, Avoid, Card
from app.retrieval.segment import Document, Found, Query, Segment
from app.text.encoder import Encoder
from app.text.tokens import Tokens

MAX_CARDS = 3
NEAR_CARDS = 12
MAX_AVOID = 2
CARD_FROM = 0.9
EXAMPLE_FROM = 0.55
SERIOUS_KINDS = {"playbook": ("major", "crisis"), "harassment": ("none", "general", "important", "major", "crisis")}


class Knowledge:
    """Cards and 315 examples, searchable by message, topic, risk and severity."""

    def __init__(self, library: Library, tokens: Tokens, encoder: Encoder | None) -> None:
        self._library = library
        self._cards = tuple(library.cards.values())
        self._examples = tuple(library.examples.values())
        self._related: dict[str, list[KnowledgeCard]] = {}
        for card in self._cards:
            for ident in (*card.types, *card.risks):
                self._related.setdefault(ident, []).append(card)
        self._card_index = Segment.build([Document(c.id, (c.title,), c.text) for c in self._cards], tokens, encoder)
        self._example_index = Segment.build([Document(e.id, e.phrasings) for e in self._examples], tokens, encoder)

    def cards(self, query: Query, analysis: Analysis) -> tuple[Card, ...]:
        """Return up to three cards: those whose risk, topic or severity the message shows, nearest in words first."""
        near = {self._cards[f.position].id: f for f in self._card_index.search(query, NEAR_CARDS)}
        about = [*(t.id for t in analysis.types), *(r.id for r in analysis.risks)]
        related = {card.id: card for ident in about for card in self._related.get(ident, ())}
        scored = [(_card_score(card, near.get(card.id), analysis), card) for card in related.values()]
        best = sorted((s for s in scored if s[0] >= CARD_FROM), key=lambda s: (-s[0], s[1].id))[:MAX_CARDS]
        return tuple(Card(c.id, c.title, c.text, self._library.sources_of(c.sources)) for _, c in best)

    def avoid(self, query: Query, analysis: Analysis, suggested: Iterable[Script]) -> tuple[Avoid, ...]:
        """Return the wrong answers that belong here: a matching 315 scenario first, then of the scripts suggested."""
        wrong = [Avoid(e.wrong, e.why, e.id) for e in self._matching(query, analysis)]
        wrong += [Avoid(s.avoid.text, s.avoid.reason, s.id) for s in suggested]
        return tuple(wrong[:MAX_AVOID])

    def examples(self, query: Query, k: int) -> list[tuple[Example, float]]:
        """Return the `k` nearest 315 examples with their scores."""
        return [(self._examples[f.position], f.score) for f in self._example_index.search(query, k)]

    def _matching(self, query: Query, analysis: Analysis) -> list[Example]:
        if not analysis.is_complaint:
            return []
        topics = {t.id for t in analysis.types}
        found = self._example_index.search(query, 5)
        fits = [(f, self._examples[f.position]) for f in found]
        return [e for f, e in fits if topics & set(e.types) and (f.score >= EXAMPLE_FROM or f.cosine >= EXAMPLE_FROM)][
            :1
        ]


def _card_score(card: KnowledgeCard, found: Found | None, analysis: Analysis) -> float:
    """Topic 1 × its confidence, risk 1, severity 0.5, nearness up to 1; a playbook only when it is serious."""
    level = analysis.severity.level
    if card.kind in SERIOUS_KINDS and level not in SERIOUS_KINDS[card.kind]:
        return 0.0
    topic = max((t.confidence for t in analysis.types if t.id in card.types), default=0.0)
    risk = float(any(r.id in card.risks for r in analysis.risks))
    grade = 0.5 * float(level in card.severity)
    if not topic and not risk:
        return 0.0
    near = 0.5 * found.score + 0.5 * max(0.0, found.cosine) if found else 0.0
    return topic + risk + grade + near
