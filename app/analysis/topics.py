"""What a message is about, and whether it is a complaint."""

import re

from app.analysis.classifier import Classifier
from app.library.taxonomy import Taxonomy
from app.records import Label, NormalText
from app.text.features import Floats
from app.text.linear import Scored

SECOND_TOPIC = 0.12  # a further topic is named from this probability on
SURE = 0.35  # below, a topic is a guess and shown with its rival
MAX_TOPICS = 3
_CLAUSE = re.compile(r"[^,\u3002.!?;\u3001\s~\u2026]+")


class Topics:
    """Names the topics of a cleaned text, most probable first."""

    def __init__(self, classifier: Classifier, taxonomy: Taxonomy) -> None:
        self._classifier = classifier
        self._names = taxonomy.types

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the topics in the order of the probabilities."""
        return self._classifier.topics.labels

    def chances(self, scored: Scored) -> Floats:
        """Return the probability of every topic for the message by itself."""
        return self._classifier.topics.probabilities(scored)

    def read(self, normal: NormalText, scored: Scored, chances: Floats) -> tuple[Label, ...]:
        """Return 1–3 topics with calibrated confidence and the words that moved the decision; () for empty text.

        `chances` may differ from the message's own where it is read in its conversation.
        """
        if not normal.text:
            return ()
        order = [int(i) for i in chances.argsort()[::-1][:MAX_TOPICS]]
        shown = 1 if chances[order[0]] >= SURE else 2
        chosen = order[:shown] + [i for i in order[shown:] if chances[i] >= SECOND_TOPIC]
        own = self.chances(scored)
        return tuple(self._label(normal, scored, i, float(chances[i]), bool(own[i] >= SECOND_TOPIC)) for i in chosen)

    def _label(self, normal: NormalText, scored: Scored, index: int, chance: float, said: bool) -> Label:
        """Name a topic; one that only the turns before speak of has no words here to show."""
        ident = self.ids[index]
        stretch = self._classifier.weights.evidence(scored, self._classifier.topics, index) if said else None
        evidence = (normal.span(*_whole_words(normal.text, *stretch)),) if stretch else ()
        return Label(ident, self._names.get(ident, ident), round(chance, 3), evidence)

    def complaint(self, scored: Scored) -> float:
        """Return the probability that the message is a complaint."""
        return self._classifier.stack.complains(scored.raw)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Trim punctuation at both ends; widen a single character to its clause, which reads better as evidence."""
    while start < end - 1 and not text[start].isalnum():
        start += 1
    while end > start + 1 and not text[end - 1].isalnum():
        end -= 1
    if end - start >= 2:
        return start, end
    clause = next((m for m in _CLAUSE.finditer(text) if m.start() <= start < m.end()), None)
    return (clause.start(), min(clause.end(), clause.start() + 8)) if clause else (start, end)
