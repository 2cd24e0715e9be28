"""A customer's turn where it stands: what its topic, its signals and its strength are after the turns before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from app.analysis.emotion import EmotionReader
from app.analysis.signals import SignalReader, bare_length
from app.analysis.stage import ANGRY
from app.records import Emotion, Label, NormalText
from app.text.features import Floats
from app.text.linear import Scored

COMPLAINT_FROM = 0.6
COMPLAINT_IN_ANSWER = 0.9  # who answers a question states a fact, which is seldom a complaint of its own
PRESSING = 2
THREATS = frozenset({"regulator", "media", "legal", "platform", "bad_review", "churn"})  # no agreement, however worded
ABUSE = "abuse.harassment"
NEVER_COMPLAINTS = ("chat.smalltalk", ABUSE)  # docs/labelling.md: nothing is asked for
SHORT = 10  # letters; measured on knowledge/conversations, as are the weights of what was spoken of before
SHORT_WEIGHT, LONG_WEIGHT, SOFTLY = 3.0, 0.5, 2.0
SURE, SURE_SHARE = 0.9, 0.6  # a message sure of its own topic leans less on the turns before
FLOOR_NOW, FLOOR_BEFORE = 1e-3, 1e-2
KEPT = 0.4  # share of the older turns in what was spoken of
OFFERS = frozenset({"proposed", "promised"})


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
    """One message in its place. `did` is everything the agent did before it, `last` what the last agent turn did."""

    reading: Reading
    chances: Floats
    complains: bool
    emotion: Emotion
    signals: frozenset[str]
    did: frozenset[str]
    last: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Before:
    """What the turns before amount to."""

    topics: Floats | None = None
    did: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    complained: bool = False


class Interpreter:
    """Reads the customer's turns in order, each in the light of those before."""

    def __init__(self, signals: SignalReader, emotions: EmotionReader, topics: tuple[str, ...]) -> None:
        self._signals = signals
        self._emotions = emotions
        self._ids = topics

    def follow(self, turns: Sequence[Reading | NormalText]) -> list[CustomerTurn]:
        """Return the customer's turns. `turns` holds them as Reading and the agent's as NormalText, oldest first."""
        before = _Before()
        found: list[CustomerTurn] = []
        for turn in turns:
            if isinstance(turn, NormalText):
                moves = self._signals.agent(turn.text)
                before = replace(before, did=before.did | moves, last=moves)
                continue
            found.append(self._place(turn, before))
            before = _after(before, found[-1])
        return found

    def _place(self, reading: Reading, before: _Before) -> CustomerTurn:
        chances = self._topics(reading, before)
        main = self._ids[int(chances.argmax())]
        signals = self._meant(reading, before)
        complains = bool(reading.normal.text) and _complains(reading, main, signals, before)
        if complains and _offered(before) and not signals & {"agrees", "settled", "overdue"}:
            signals |= {"rejects"}  # whoever complains about an offer does not take it
        emotion = reading.emotion if before.topics is None else self._felt(reading.emotion, complains, main, signals)
        return CustomerTurn(reading, chances, complains, emotion, signals, before.did, before.last)

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

    def _meant(self, reading: Reading, before: _Before) -> frozenset[str]:
        """Return the signals that count here: nothing is refused or overdue that was not offered first."""
        said = self._signals.customer(reading.normal.text)
        drop: set[str] = set()
        if not before.did & OFFERS or (not before.last & {"proposed", "promised", "stalled"}):
            drop.add("rejects")
        if "promised" not in before.did:
            drop.add("overdue")
        if reading.emotion.level >= ANGRY or "rejects" in said - drop or _threatens(reading):
            drop |= {"agrees", "settled"}
        return said - drop


def _after(before: _Before, turn: CustomerTurn) -> _Before:
    topics = turn.chances if before.topics is None else KEPT * before.topics + (1 - KEPT) * turn.chances
    return replace(before, topics=topics, complained=before.complained or turn.complains)


def _offered(before: _Before) -> bool:
    return "proposed" in before.last and "asked" not in before.last


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
    """Return the probability from which a later turn is a complaint."""
    answers = "reports" in signals or ("asked" in before.last and before.complained)
    asks = "inquires" in signals and not before.complained
    return COMPLAINT_IN_ANSWER if answers or asks else COMPLAINT_FROM
