"""Measure the reading of whole conversations (knowledge/conversations/): `kefu eval conversations`."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
from pydantic import Field

from app.analysis.analyst import Analyst
from app.errors import ContentError
from app.library.documents import Entry, read
from app.library.files import Library
from app.records import Analysis, NormalText, Role, Words
from app.text.normalise import normalise
from app.training.corpus import Labelled
from app.training.evaluation import HEADER, row


class LabelledTurn(Entry):
    """One turn; only the customer's carry labels, each as docs/labelling.md defines it."""

    role: Role
    text: str = Field(min_length=1)
    types: tuple[str, ...] = ()
    complaint: bool | None = None
    demands: tuple[str, ...] = ()
    level: int | None = None
    kind: str | None = None
    risks: tuple[str, ...] = ()
    trend: str | None = None
    stage: str | None = None
    severity: str | None = None
    elliptical: bool = False
    rejects: bool = False


class LabelledConversation(Entry):
    """A short chat, oldest turn first."""

    id: str
    scenario: str
    turns: tuple[LabelledTurn, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A customer turn and how the product reads it with the turns before it."""

    turn: LabelledTurn
    said: Analysis


def load(folder: Path, library: Library, authors: Collection[str] | None = None) -> list[LabelledConversation]:
    """Return the conversations of the authors. Raises ContentError at the line of a label not in the taxonomy."""
    found: list[LabelledConversation] = []
    for path in sorted(folder.glob("*.yaml")):
        if authors is not None and path.stem not in authors:
            continue
        document = read(path)
        for i, entry in enumerate(document.entries("conversations", LabelledConversation)):
            for k, turn in enumerate(entry.turns):
                for problem in _problems(turn, library):
                    line = document.line(("conversations", i, "turns", k))
                    raise ContentError(problem, path, line, entry.id)
            found.append(entry)
    return found


def evaluation_authors(knowledge: Path) -> tuple[str, ...]:
    """Return the authors whose conversations only measure (knowledge/split.yaml)."""
    return tuple(read(knowledge / "split.yaml").items("conversations_evaluation"))


def training_authors(knowledge: Path) -> set[str]:
    """Return the authors whose conversations are learnt from."""
    return {path.stem for path in (knowledge / "conversations").glob("*.yaml")} - set(evaluation_authors(knowledge))


def answered(knowledge: Path, library: Library) -> list[tuple[str, str]]:
    """Return what customers said and the agent's next turn, cleaned; what says nothing by itself is left out."""
    folder, kept = knowledge / "conversations", evaluation_authors(knowledge)
    talks = load(folder, library, {p.stem for p in folder.glob("*.yaml")} - set(kept))
    turns = [pair for talk in talks for pair in pairwise(talk.turns)]
    return [
        (normalise(said.text).text, normalise(answer.text).text)
        for said, answer in turns
        if said.role == "customer" and answer.role == "agent" and not said.elliptical
    ]


def training_turns(knowledge: Path, library: Library) -> list[Labelled]:
    """Return the customers' turns of every author not kept for evaluation that speak for themselves."""
    folder = knowledge / "conversations"
    return [
        Labelled(
            normalise(turn.text).text,
            turn.types,
            turn.complaint,
            turn.level,
            conversation.id,
            turn.demands,
            turn.risks,
            turn.kind,
        )
        for conversation in load(folder, library, training_authors(knowledge))
        for turn in conversation.turns
        if turn.role == "customer" and turn.types and not turn.elliptical
    ]


def report(conversations: Sequence[LabelledConversation], analyst: Analyst, authors: Sequence[str]) -> str:
    """Return the page's section on conversations."""
    turns = [r for conversation in conversations for r in _read(conversation, analyst)]
    figures: list[tuple[str, Callable[[Read], bool], Callable[[Read], bool], str]] = [
        ("primary type", _any, _first_type, ""),
        ("primary type, elliptical turns", lambda r: r.turn.elliptical, _first_type, ""),
        ("is_complaint", _any, lambda r: r.said.is_complaint == r.turn.complaint, ""),
        ("intensity within one level", _any, lambda r: abs(r.said.emotion.level - (r.turn.level or 0)) <= 1, "≥ 0.97"),
        ("severity exact", _any, lambda r: r.said.severity.level == r.turn.severity, "≥ 0.85"),
        ("trend", _any, lambda r: r.said.emotion.trend == r.turn.trend, ""),
        ("stage", _any, lambda r: r.said.stage == r.turn.stage, ""),
        ("refusals recognised", lambda r: r.turn.rejects, lambda r: "rejects" in r.said.signals, ""),
    ]
    who = f"{len(conversations)} conversations ({', '.join(authors)})"
    lines = [f"Measured on {date.today()} on {who}; n counts customer turns.\n\n{HEADER}"]
    for name, counts, right, target in figures:
        truth = np.array([right(r) for r in turns if counts(r)] or [False])
        lines.append(row(name, lambda i, t=truth: float(t[i].mean()), np.arange(len(truth)), target).line())  # type: ignore[misc]
    return "".join(lines)


def _any(_: Read) -> bool:
    return True


def _first_type(read_turn: Read) -> bool:
    return bool(read_turn.said.types) and read_turn.said.types[0].id == read_turn.turn.types[0]


def _read(conversation: LabelledConversation, analyst: Analyst) -> Iterator[Read]:
    history: list[tuple[Role, NormalText]] = []
    for turn in conversation.turns:
        normal = normalise(turn.text)
        if turn.role == "customer":
            yield Read(turn, analyst.analyse(Words(normal, tuple(history))))
        history.append((turn.role, normal))


def _problems(turn: LabelledTurn, library: Library) -> Iterator[str]:
    terms = library.taxonomy
    known: list[tuple[Sequence[str], Collection[str]]] = [
        (turn.types, terms.types),
        (turn.demands, terms.demands),
        (turn.risks, terms.risks),
        ([turn.stage] if turn.stage else [], terms.stages),
        ([turn.severity] if turn.severity else [], terms.severity),
    ]
    yield from (f"词表里没有 {value}" for values, names in known for value in values if value not in names)
    if turn.role == "customer" and (not turn.types or turn.stage is None or turn.severity is None):
        yield "客户的话缺少标签"
