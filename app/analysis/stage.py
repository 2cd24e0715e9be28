"""Where the conversation stands: the step of the 六步法 the first reply should take, and the trend."""

from collections.abc import Sequence
from dataclasses import dataclass

ANGRY = 3


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a turn in its place.

    `complaint` is true where anything in the conversation is one, `complains` where this message is; `did` is all the
    agent did so far, `last` what the last agent turn did; `earlier` counts the customer's turns before.
    """

    complaint: bool
    complains: bool
    level: int
    signals: frozenset[str]
    did: frozenset[str]
    last: frozenset[str]
    earlier: int
    overdue: bool


def opening(case: Situation) -> str:
    """Return the step of the 六步法 for the reply to a first message (taxonomy id), as docs/labelling.md defines it."""
    if case.level >= ANGRY:
        return "vent"
    return "apologize" if case.complains else "propose"


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
