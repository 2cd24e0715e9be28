"""A customer's turn where it stands: what its topic, its signals and its strength are after the turns before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from app.analysis.emotion import EmotionReader
from app.analysis.moves import Moves, Spoken, refusal_facts
from app.analysis.signals import SignalReader, bare_length
from app.analysis.stage import ANGRY, Situation
from app.records import Emotion, Label, NormalText
from app.text.features import Floats
from app.text.linear import Scored

COMPLAINT_FROM = 0.7  # chosen on ten training writers left out (docs/evaluation.md)
COMPLAINT_IN_ANSWER = 0.9  # who answers a question states a fact, which is seldom a complaint of its own
PRESSING = 2
THREATS = frozenset({"regulator", "media", "legal", "platform", "bad_review", "churn"})  # no agreement, however worded
ABUSE = "abuse.harassment"
NEVER_COMPLAINTS = ("chat.smalltalk", ABUSE)  # docs/labelling.md: nothing is asked for
GREETING = 6  # letters: a turn of the agent this short offers nothing
SHORT = 10  # letters; measured on knowledge/conversations, as are the weights of what was spoken of before
SHORT_WEIGHT, LONG_WEIGHT, SOFTLY = 3.0, 0.5, 2.0
SURE, SURE_SHARE = 0.9, 0.6  # a message sure of its own topic leans less on the turns before
FLOOR_NOW, FLOOR_BEFORE = 1e-3, 1e-2
KEPT = 0.4  # share of the older turns in what was spoken of


@dataclass(frozen=True, slots=True)
class Reading:
    """One message by itself. `chances` are the probabilities of its topics, `complaint` that of a complaint."""

    normal: NormalText
    chances: Floats
    complaint: float
    emotion: Emotion
    risks: tuple[Label, ...]
    scored: Scored


@dataclass(frozen=True, slots=True)
class CustomerTurn:
    """One message in its place.

    `said` are the signals of its own words, `signals` those that count here; `did` is everything the agent did before
    it, `last` what the last agent turn did, `heard` its cleaned text, "" where the agent has not spoken yet.
    """

    reading: Reading
    chances: Floats
    complains: bool
    emotion: Emotion
    said: frozenset[str]
    signals: frozenset[str]
    did: frozenset[str]
    last: frozenset[str]
    heard: str

    @property
    def spoken(self) -> Spoken:
        """The words of both sides."""
        return Spoken(self.reading.normal.text, self.heard)

    @property
    def overdue(self) -> bool:
        """Whether the customer came back because what the agent had promised did not happen."""
        named = any(risk.id == "broken_promise" for risk in self.reading.risks)
        return self.complains and "promised" in self.did and (named or "overdue" in self.signals)


def situation(turns: Sequence[CustomerTurn]) -> Situation:
    """Return what is known of the last of the customer's turns, given those before."""
    now = turns[-1]
    return Situation(
        complaint=any(turn.complains for turn in turns),
        complains=now.complains,
        level=now.emotion.level,
        signals=now.signals,
        did=now.did,
        last=now.last,
        earlier=len(turns) - 1,
        overdue=now.overdue,
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """What the turns before amount to."""

    topics: Floats | None = None
    did: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    heard: str = ""
    complained: bool = False


class Interpreter:
    """Reads the customer's turns in order, each in the light of those before."""

    def __init__(
        self, signals: SignalReader, emotions: EmotionReader, topics: tuple[str, ...], moves: Moves | None
    ) -> None:
        self._signals = signals
        self._emotions = emotions
        self._ids = topics
        self._moves = moves

    def follow(self, turns: Sequence[Reading | NormalText]) -> list[CustomerTurn]:
        """Return the customer's turns. `turns` holds them as Reading and the agent's as NormalText, oldest first."""
        before = _Before()
        found: list[CustomerTurn] = []
        for turn in turns:
            if isinstance(turn, NormalText):
                moves = self._signals.agent(turn.text)
                before = replace(before, did=before.did | moves, last=moves, heard=turn.text)
                continue
            found.append(self._place(turn, before))
            before = _after(before, found[-1])
        return found

    def _place(self, reading: Reading, before: _Before) -> CustomerTurn:
        chances = self._topics(reading, before)
        main = self._ids[int(chances.argmax())]
        said = self._signals.customer(reading.normal.text)
        signals = self._meant(reading, said, before)
        complains = bool(reading.normal.text) and _complains(reading, main, signals, before)
        emotion = reading.emotion if before.topics is None else self._felt(reading.emotion, complains, main, signals)
        return CustomerTurn(reading, chances, complains, emotion, said, signals, before.did, before.last, before.heard)

    def _felt(self, emotion: Emotion, complains: bool, main: str, signals: frozenset[str]) -> Emotion:
        """Return the emotion in a running talk.

        A turn without complaint is at most slightly dissatisfied, and calm where all is settled; who refuses an offer
        or presses for an answer is clearly dissatisfied, however short the words.
        """
        if complains:
            return self._emotions.at_least(emotion, PRESSING) if signals & {"rejects", "presses"} else emotion
        if main == ABUSE or emotion.level > ANGRY:
            return emotion
        return self._emotions.at_most(emotion, 0 if "settled" in signals else 1)

    def _topics(self, reading: Reading, before: _Before) -> Floats:
        """Return the topic probabilities given what was spoken of: the shorter the message, the more that counts."""
        if before.topics is None:
            return reading.chances
        text = reading.normal.text
        weight = LONG_WEIGHT + SHORT_WEIGHT / (1 + exp((min(bare_length(text), 10 * SHORT) - SHORT) / SOFTLY))
        if reading.chances.max() >= SURE and not self._signals.elliptical(text):
            weight *= SURE_SHARE
        scores = np.log(reading.chances + FLOOR_NOW) + weight * np.log(before.topics + FLOOR_BEFORE)
        shifted = np.exp(scores - scores.max())
        return np.asarray(shifted / shifted.sum(), dtype=np.float32)

    def _meant(self, reading: Reading, said: frozenset[str], before: _Before) -> frozenset[str]:
        """Return the signals that count here: nothing is overdue that was not promised first."""
        refused = bare_length(before.heard) > GREETING and self._refused(reading, said, before)
        drop = set() if "promised" in before.did else {"overdue"}
        if refused or reading.emotion.level >= ANGRY or _threatens(reading):
            drop |= {"agrees", "settled"}
        return said - drop - {"rejects"} | ({"rejects"} if refused else set())

    def _refused(self, reading: Reading, said: frozenset[str], before: _Before) -> bool:
        if self._moves is None:
            return "rejects" in said
        facts = refusal_facts(said, before.did, before.last, reading.emotion.level, reading.complaint)
        return self._moves.refused(Spoken(reading.normal.text, before.heard), facts)


def _after(before: _Before, turn: CustomerTurn) -> _Before:
    topics = turn.chances if before.topics is None else KEPT * before.topics + (1 - KEPT) * turn.chances
    return replace(before, topics=topics, complained=before.complained or turn.complains)


def _threatens(reading: Reading) -> bool:
    return any(risk.id in THREATS for risk in reading.risks)


def _complains(reading: Reading, main: str, signals: frozenset[str], before: _Before) -> bool:
    if main in NEVER_COMPLAINTS:
        return False
    if before.topics is None:
        return reading.complaint >= COMPLAINT_FROM
    if "rejects" in signals or (before.complained and ("presses" in signals or _threatens(reading))):
        return True
    if signals & {"agrees", "settled"}:
        return False
    return reading.complaint >= _needed(signals, before)


def _needed(signals: frozenset[str], before: _Before) -> float:
    """Return the probability from which a later turn is a complaint; that a promise was not kept is no mere fact."""
    if "overdue" in signals:
        return COMPLAINT_FROM
    answers = "reports" in signals or ("asked" in before.last and before.complained)
    asks = "inquires" in signals and not before.complained
    return COMPLAINT_IN_ANSWER if answers or asks else COMPLAINT_FROM
