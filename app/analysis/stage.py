"""Where the conversation stands: the step of the 六步法 the next reply should take, and the trend."""

from collections.abc import Sequence
from dataclasses import dataclass

ANGRY = 3
FURIOUS = 4


@dataclass(frozen=True, slots=True)
class Situation:
    """What is needed to choose the step.

    `complaint` is true where anything in the conversation is one, `complains` where this message is; `did` is all the
    agent did so far, `last` what the last agent turn did; `follows` is true after an earlier customer turn.
    """

    complaint: bool
    complains: bool
    level: int
    signals: frozenset[str]
    did: frozenset[str]
    last: frozenset[str]
    agent_spoke: bool
    follows: bool
    overdue: bool


def step(case: Situation) -> str:
    """Return the step of the 六步法 for the agent's next reply (taxonomy id), as docs/labelling.md defines it."""
    if not case.complaint and case.level < ANGRY:
        done = case.signals & {"agrees", "settled", "reports"} and not case.signals & {"inquires"}
        return "follow_up" if case.agent_spoke and done else "propose"
    if case.complains or case.level >= ANGRY:
        return _while_complaining(case)
    return _after_complaint(case)


def _while_complaining(case: Situation) -> str:
    if case.overdue and case.agent_spoke:
        return "follow_up"
    put_off = "stalled" in case.last and "apologised" not in case.did
    if "rejects" in case.signals and not put_off:
        return "vent" if case.level >= FURIOUS else "involve"
    if case.level >= ANGRY:
        return "vent"
    if "apologised" not in case.did:
        return "apologize"
    return "propose" if case.follows or case.did & {"asked", "proposed"} else "ask"


def _after_complaint(case: Situation) -> str:
    """Choose the step where the customer has complained before but does not now."""
    if case.signals & {"agrees", "settled"}:
        return "follow_up"
    if case.last & {"proposed", "promised"} and "asked" not in case.last and "inquires" not in case.signals:
        return "follow_up"
    return "propose" if "apologised" in case.did else "apologize"


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
