"""Words → Analysis: every reader over the message, then the conversation as a whole."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.analysis import stage
from app.analysis.classifier import Classifier
from app.analysis.demands import DemandReader
from app.analysis.emotion import EmotionReader
from app.analysis.risks import RiskReader
from app.analysis.severity import Case, SeverityTable
from app.analysis.topics import Topics
from app.library.taxonomy import Taxonomy
from app.records import Analysis, Emotion, Label, NormalText, Words
from app.text.linear import Scored
from app.text.normalise import normalise

RECENT_CUSTOMER_TURNS = 8  # further back, only what lexicons find counts; a reading costs about 0.3 ms
COMPLAINT_FROM = 0.6
NEVER_COMPLAINTS = ("chat.smalltalk", "abuse.harassment")  # docs/labelling.md: nothing is asked for
UNSURE = 0.35  # below this confidence a topic is shown as a guess, or taken from the turns before
CACHED_READINGS = 4096


@dataclass(frozen=True, slots=True)
class _Understood:
    types: tuple[Label, ...]
    complaint: bool
    emotion: Emotion
    risks: tuple[Label, ...]
    scored: Scored


class Analyst:
    """Understands one message in its conversation. Holds no state but a cache of single-message readings."""

    def __init__(self, knowledge: Path, taxonomy: Taxonomy, classifier: Classifier) -> None:
        self._taxonomy = taxonomy
        self._classifier = classifier
        self._topics = Topics(classifier, taxonomy)
        self._emotion = EmotionReader(knowledge / "emotion.yaml", taxonomy)
        self._risks = RiskReader(knowledge / "risks.yaml", taxonomy, classifier)
        self._demands = DemandReader(knowledge / "demands.yaml", taxonomy, classifier.demands)
        self._severity = SeverityTable(knowledge / "severity.yaml", taxonomy)
        self._signals = stage.SignalReader(knowledge / "signals.yaml")
        self._cached = lru_cache(maxsize=CACHED_READINGS)(self._read)

    def analyse(self, words: Words) -> Analysis:
        """Return everything understood about the message in its conversation."""
        now = self._cached(words.normal.original)
        earlier = [self._cached(n.original) for role, n in words.history if role == "customer"][-RECENT_CUSTOMER_TURNS:]
        types, inherited = self._topic(words, now, earlier)
        readings = [*earlier, now]
        levels = [r.emotion.level for r in readings]
        complaint = now.complaint
        risks = self._merged_risks(words, now)
        case = Case(
            complaint=any(r.complaint for r in readings),
            emotion=max(levels),
            risks={r.id for r in risks},
            types={t.id for r in readings if r.complaint for t in r.types} | {t.id for t in types if complaint},
        )
        return Analysis(
            is_complaint=complaint,
            types=types,
            demands=self._demands.read(words.normal, now.scored, types[0].id if types else None, complaint),
            emotion=_with_trend(now.emotion, stage.trend(levels)),
            risks=now.risks,
            severity=self._severity.grade(case),
            stage=stage.step(self._situation(words, now, case)),
            signals=tuple(sorted(self._signals.customer(words.normal.text))),
            topic_from_history=inherited,
            unsure=not types or types[0].confidence < UNSURE,
        )

    def _read(self, text: str) -> _Understood:
        normal = normalise(text)
        scored = self._classifier.read(normal.text)
        chance = self._topics.complaint(scored)
        emotion = self._emotion.read(normal, self._classifier, scored)
        types = self._topics.read(normal, scored)
        return _Understood(
            types,
            chance >= COMPLAINT_FROM and bool(types) and types[0].id not in NEVER_COMPLAINTS,
            emotion,
            self._risks.read(normal, scored),
            scored,
        )

    def _topic(self, words: Words, now: _Understood, earlier: list[_Understood]) -> tuple[tuple[Label, ...], bool]:
        """An elliptical or unclear short message takes its topic from the last turn that had a clear one."""
        clear = now.types and now.types[0].confidence >= UNSURE
        if not earlier or (clear and not self._signals.elliptical(words.normal.text)):
            return now.types, False
        for reading in reversed(earlier):
            if reading.types and reading.types[0].confidence >= UNSURE:
                first = reading.types[0]
                return (Label(first.id, first.name, first.confidence), *now.types[:0]), True
        return now.types, False

    def _merged_risks(self, words: Words, now: _Understood) -> list[Label]:
        past = [risk for role, n in words.history if role == "customer" for risk in self._cached(n.original).risks]
        return [*now.risks, *past]

    def _situation(self, words: Words, now: _Understood, case: Case) -> stage.Situation:
        agent: list[NormalText] = [n for role, n in words.history if role == "agent"]
        return stage.Situation(
            complaint=case.complaint,
            level=now.emotion.level,
            signals=self._signals.customer(words.normal.text),
            agent_did=self._signals.agent(agent),
            agent_spoke=bool(agent),
            overdue="broken_promise" in case.risks,
        )


def _with_trend(emotion: Emotion, trend: str) -> Emotion:
    return Emotion(emotion.level, emotion.name, emotion.score, emotion.kind, trend, emotion.evidence)
