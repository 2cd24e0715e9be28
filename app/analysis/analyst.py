"""Words → Analysis: every reader over the message, then the conversation as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.analysis import stage
from app.analysis.classifier import Classifier
from app.analysis.conversation import CustomerTurn, Interpreter, Reading, situation
from app.analysis.demands import DemandReader
from app.analysis.emotion import EmotionReader
from app.analysis.moves import step_facts
from app.analysis.risks import RiskReader
from app.analysis.severity import Case, SeverityTable
from app.analysis.signals import SignalReader
from app.analysis.topics import SURE, Topics
from app.library.taxonomy import Taxonomy
from app.records import Analysis, Label, NormalText, Role, Words
from app.text.normalise import normalise

LIKELY = 0.25  # from this probability on a topic counts towards the severity
CACHED_READINGS = 4096


class Analyst:
    """Understands one message in its conversation. Holds no state but caches of single turns."""

    def __init__(self, knowledge: Path, taxonomy: Taxonomy, classifier: Classifier) -> None:
        self._classifier = classifier
        self._topics = Topics(classifier, taxonomy)
        self._emotion = EmotionReader(knowledge / "emotion.yaml", taxonomy)
        self._risks = RiskReader(knowledge / "risks.yaml", taxonomy, classifier)
        self._demands = DemandReader(knowledge / "demands.yaml", taxonomy, classifier.demands)
        self._severity = SeverityTable(knowledge / "severity.yaml", taxonomy)
        self._signals = SignalReader(knowledge / "signals.yaml")
        self._moves = classifier.moves
        self._interpreter = Interpreter(self._signals, self._emotion, self._topics.ids, self._moves)
        self._cached = lru_cache(maxsize=CACHED_READINGS)(self._read)

    def analyse(self, words: Words) -> Analysis:
        """Return everything understood about the message in its conversation."""
        turns = self.follow([*words.history, ("customer", words.normal)])
        now = turns[-1]
        types = self._topics.read(words.normal, now.reading.scored, now.chances)
        case = self._case(turns)
        return Analysis(
            is_complaint=now.complains,
            types=types,
            demands=self._demands.read(words.normal, now.reading.scored, types[0].id if types else None, now.complains),
            emotion=replace(now.emotion, trend=stage.trend([turn.emotion.level for turn in turns])),
            risks=now.reading.risks,
            severity=self._severity.grade(case),
            stage=self._step(turns),
            signals=tuple(sorted(now.signals)),
            topic_from_history=len(turns) > 1 and self._inherited(words, now, types),
            unsure=not types or types[0].confidence < SURE,
            case_risks=tuple(sorted(case.risks)),
        )

    def follow(self, turns: Sequence[tuple[Role, NormalText]]) -> list[CustomerTurn]:
        """Return the customer's turns of a whole conversation, each in its place."""
        return self._interpreter.follow([self._cached(n.original) if role == "customer" else n for role, n in turns])

    def _step(self, turns: Sequence[CustomerTurn]) -> str:
        """Return the step of the 六步法 that the next reply should take."""
        case = situation(turns)
        if self._moves is None or not turns[-1].heard:
            return stage.opening(case)
        return self._moves.step(turns[-1].spoken, step_facts(case))

    def _read(self, text: str) -> Reading:
        normal = normalise(text)
        scored = self._classifier.read(normal.text)
        return Reading(
            normal,
            self._topics.chances(scored),
            self._topics.complaint(scored),
            self._emotion.read(normal, self._classifier, scored),
            self._risks.read(normal, scored),
            scored,
        )

    def _inherited(self, words: Words, now: CustomerTurn, types: tuple[Label, ...]) -> bool:
        """Tell whether the topic is that of the turns before rather than of the message's own words."""
        if not types:
            return False
        own = self._topics.ids[int(now.reading.chances.argmax())]
        return types[0].id != own or self._signals.elliptical(words.normal.text)

    def _case(self, turns: list[CustomerTurn]) -> Case:
        """Return what the whole conversation shows, however long ago it was said."""
        return Case(
            complaint=any(t.complains for t in turns),
            emotion=max(t.emotion.level for t in turns),
            risks={risk.id for turn in turns for risk in turn.reading.risks}.union(*map(_implied_risks, turns)),
            types={self._topics.ids[int(i)] for t in turns if t.complains for i in np.flatnonzero(t.chances >= LIKELY)},
        )


def _implied_risks(turn: CustomerTurn) -> set[str]:
    """Return the risks that show in the place of a turn rather than in its words."""
    ignored = turn.complains and "presses" in turn.signals
    return ({"broken_promise"} if turn.overdue else set()) | ({"repeat_contact"} if ignored else set())
