"""What a turn does in a running talk, learnt from labelled conversations (index/classifier/moves/).

Two questions: is the agent's offer refused, and which step of the 六步法 should the reply take. Rules of our own got
63 % of the steps of unseen writers right, this 75 % (docs/decisions/0011).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from app import atomic
from app.analysis.stage import ANGRY, Situation
from app.errors import IndexUnusable
from app.text import heads as store
from app.text.features import Floats
from app.text.linear import Head, Weights

HEADS = ("stage", "rejects")
CUSTOMER, AGENT, FACTS = "customer", "agent", "facts.json"
REFUSED_FROM = 0.5
REMEMBERED = 4_096
LATE = 3  # earlier customer turns from which on more make no difference


@dataclass(frozen=True, slots=True)
class Spoken:
    """A customer's cleaned text and the agent's last one before it, "" where there is none."""

    customer: str
    agent: str


class Moves:
    """Two heads over the words of both sides and over what is known of the turn (`facts`, each present or not)."""

    def __init__(
        self, customer: Weights, agent: Weights, facts: Mapping[str, Floats], stage: Head, rejects: Head
    ) -> None:
        self.customer = customer
        self.agent = agent
        self.facts = facts
        self.stage = stage
        self.rejects = rejects
        self._said = lru_cache(maxsize=REMEMBERED)(self._scored)

    def step(self, spoken: Spoken, facts: Iterable[str]) -> str:
        """Return the step the reply should take (taxonomy id)."""
        scores = self._raw(spoken, facts)[self.stage.first : self.stage.first + len(self.stage.labels)]
        return self.stage.labels[int(scores.argmax())]

    def refused(self, spoken: Spoken, facts: Iterable[str]) -> bool:
        """Tell whether the customer turns down what the agent offered."""
        return self.rejects.chance(float(self._raw(spoken, facts)[self.rejects.first])) >= REFUSED_FROM

    def _raw(self, spoken: Spoken, facts: Iterable[str]) -> Floats:
        known = [self.facts[fact] for fact in facts if fact in self.facts]
        return np.asarray(self._said(spoken) + np.sum(known, axis=0) if known else self._said(spoken))

    def _scored(self, spoken: Spoken) -> Floats:
        return self.customer.read(spoken.customer).raw + self.agent.read(spoken.agent).raw


def refusal_facts(
    said: frozenset[str], did: frozenset[str], last: frozenset[str], level: int, complaint: float
) -> Iterator[str]:
    """Yield what is known of a turn before it is read in its place.

    `said` are the signals of its own words, `did` and `last` what the agent did before, `complaint` a probability.
    """
    yield f"level {level}"
    yield f"complaint {int(complaint * 5)}"
    yield from _signals(said, did, last)


def step_facts(case: Situation) -> Iterator[str]:
    """Yield what is known of the turn to be answered."""
    yield f"level {case.level}"
    yield f"ever a complaint: {case.complaint}"
    yield f"a complaint: {case.complains}"
    yield f"turn {min(case.earlier, LATE)}"
    yield f"apology {'apologised' in case.did}, a complaint {case.complains}, level {min(case.level, ANGRY)}"
    if case.overdue:
        yield "overdue"
    for move in (*case.last, "none"):
        yield f"agent {move}, a complaint {case.complains}"
    yield from _signals(case.signals, case.did, case.last)


def _signals(said: frozenset[str], did: frozenset[str], last: frozenset[str]) -> Iterator[str]:
    yield from (f"says {signal}" for signal in said)
    yield from (f"agent did {move}" for move in did)
    yield from (f"agent last {move}" for move in last)
    yield from (f"agent {move}, says {signal}" for move in (*last, "none") for signal in said)


def load(folder: Path) -> Moves:
    """Load the heads. Raises IndexUnusable when a file is missing, torn or of another training than the others."""
    customer, heads = store.load(folder / CUSTOMER, HEADS)
    agent, _ = store.load(folder / AGENT, ())
    try:
        found = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if found["beside"] != _beside(folder):
            raise ValueError("facts and words were not learnt together")
        facts = {str(name): np.array(row, dtype=np.float32) for name, row in found["facts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexUnusable(f"对话模型无法读取：{folder}({error})") from error
    return Moves(customer, agent, facts, heads["stage"], heads["rejects"])


def save(folder: Path, moves: Moves, notes: Mapping[str, object]) -> None:
    """Write the heads; the facts last, with the digests of the weights they belong to."""
    store.save(folder / CUSTOMER, moves.customer, {"stage": moves.stage, "rejects": moves.rejects}, notes)
    store.save(folder / AGENT, moves.agent, {}, notes)
    facts = {name: [round(float(value), 4) for value in row] for name, row in moves.facts.items()}
    whole = json.dumps({"beside": _beside(folder), "facts": facts}, ensure_ascii=False, indent=1)
    atomic.write(folder / FACTS, whole.encode())


def _beside(folder: Path) -> list[object]:
    return [store.notes(folder / part)["sha256"] for part in (CUSTOMER, AGENT)]
