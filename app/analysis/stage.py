"""Where the conversation stands: the step of the 六步法 the next reply should take, the trend, and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.analysis.cues import CueFinder, CueList
from app.library.documents import Document, read
from app.records import NormalText

CUSTOMER_SIGNALS = ("rejects", "agrees", "misunderstands", "beyond_policy", "asks_choice")
AGENT_SIGNALS = ("apologised", "proposed", "asked")
ANGRY = 3
ELLIPTICAL_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Situation:
    """What is needed to choose the step."""

    complaint: bool
    level: int
    signals: frozenset[str]
    agent_did: frozenset[str]
    agent_spoke: bool
    overdue: bool


class SignalReader:
    """Finds what customer and agent turns do (refuse, agree, apologise, propose …)."""

    def __init__(self, path: Path) -> None:
        document = read(path)
        self._customer = CueFinder([_cues(document, "customer", name) for name in CUSTOMER_SIGNALS])
        self._agent = CueFinder([_cues(document, "agent", name) for name in AGENT_SIGNALS])
        self._elliptical = tuple(document.items("elliptical"))

    def customer(self, text: str) -> frozenset[str]:
        """Return the signals of a customer's cleaned text."""
        return frozenset(CUSTOMER_SIGNALS[h.group] for h in self._customer.find(text))

    def agent(self, turns: Sequence[NormalText]) -> frozenset[str]:
        """Return the signals of the agent's turns together."""
        return frozenset(AGENT_SIGNALS[h.group] for turn in turns for h in self._agent.find(turn.text))

    def elliptical(self, text: str) -> bool:
        """Tell whether a text says too little to have a topic of its own ("那多久？")."""
        bare = "".join(c for c in text if c.isalnum())
        return len(bare) <= 1 or (len(bare) <= ELLIPTICAL_LENGTH and bare.startswith(self._elliptical))


def _cues(document: Document, side: str, name: str) -> CueList:
    value = (document.data.get(side) or {}).get(name)
    return document.entry((side, name), CueList, value)


def step(case: Situation) -> str:
    """Return the step of the 六步法 for the agent's next reply (taxonomy id), as docs/labelling.md defines it."""
    if not case.complaint and case.level < ANGRY:
        return "follow_up" if "agrees" in case.signals and case.agent_spoke else "propose"
    if "rejects" in case.signals and "proposed" in case.agent_did:
        return "involve"
    if case.level >= ANGRY and "proposed" not in case.agent_did:
        return "vent"
    if case.overdue and case.agent_spoke:
        return "follow_up"
    if "agrees" in case.signals and "proposed" in case.agent_did:
        return "follow_up"
    if "apologised" not in case.agent_did:
        return "apologize"
    if "asked" not in case.agent_did and "proposed" not in case.agent_did:
        return "ask"
    return "propose"


def trend(levels: Sequence[int]) -> str:
    """Return rising, falling, steady or unknown for the levels of the customer's messages, oldest first."""
    if len(levels) < 2:
        return "unknown"
    first, last, peak = levels[0], levels[-1], max(levels)
    if last > first or (last == peak and min(levels) < peak and levels[-2] < last):
        return "rising"
    if last < first or last < peak:
        return "falling"
    return "steady"
