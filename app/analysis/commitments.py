"""What an agent undertakes in words, with who, until when and how much, for the ledger of open promises."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path

from pydantic import field_validator

from app.analysis.due import Calendar, Due
from app.library.documents import Entry, read
from app.records import Commitment, NormalText
from app.text.normalise import normalise

_LINE = re.compile(r"[^\n\r]+")
_SENTENCE = re.compile(r"[^。!?;]+[。!?;]*")
_CLAUSE = re.compile(r"(?:[^,…~:]|(?<=\d),(?=\d{3})|(?<=\d):(?=\d))+[,…~:]*")
_BEFORE = re.compile(r"(?:之前|以前|前|之?内|以内)")
_AMOUNT = re.compile(
    r"[¥$]?\d[\d,]*(?:\.\d+)?(?:元|块钱?|万元)|[¥$]\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十百]+(?:元|块钱?)"
)
_ENDS = ",。!?;:…~ "
SHORT = 14  # characters: a clause this short that holds a time and no action only says when


class Actor(Entry):
    """Who acts; `who` "owner" stands for whoever writes, empty for the first group of the pattern."""

    pattern: str
    who: str


class PartOfDay(Entry):
    """Words for a part of the day and the clock they stand for as a deadline."""

    words: list[str]
    clock: str


class Cues(Entry):
    """What commitments.yaml holds."""

    actions: list[str]
    looks: str
    will: str
    actors: list[Actor]
    not_in_clause: list[str]
    conditions: str
    offers: str
    steps: str
    events: str
    parts_of_day: list[PartOfDay]

    @field_validator("actions", "not_in_clause")
    @classmethod
    def _compile_all(cls, value: list[str]) -> list[str]:
        for pattern in value:
            _compiles(pattern)
        return value

    @field_validator("looks", "will", "conditions", "offers", "steps", "events")
    @classmethod
    def _compile(cls, value: str) -> str:
        return _compiles(value)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"正则写错了:{pattern}({error})") from error
    return pattern


@dataclass
class _Reading:
    """What is known while the clauses of one sentence are read."""

    now: datetime
    owner: str
    found: list[Commitment] = field(default_factory=list)
    waiting: tuple[int, Due] | None = None
    conditional: bool = False


class Commitments:
    """Finds undertakings. Immutable after construction."""

    def __init__(self, cues: Cues) -> None:
        self._actions = re.compile("|".join(f"(?:{a})" for a in cues.actions))
        self._looks = re.compile(cues.looks)
        self._will = re.compile(cues.will)
        self._actors = [(re.compile(a.pattern), a.who) for a in cues.actors]
        self._not = re.compile("|".join(f"(?:{n})" for n in cues.not_in_clause))
        self._conditions = re.compile(cues.conditions)
        self._offers = re.compile(cues.offers)
        self._steps = re.compile(cues.steps)
        parts = {w: time.fromisoformat(p.clock) for p in cues.parts_of_day for w in p.words}
        self._calendar = Calendar(parts, cues.events)

    @classmethod
    def load(cls, path: Path) -> "Commitments":
        """Read commitments.yaml. Raises ContentError."""
        document = read(path)
        return cls(document.entry(("commitments",), Cues, document.data["commitments"]))

    def found(self, text: str, now: datetime, owner: str = "我") -> tuple[Commitment, ...]:
        """Return what is undertaken, in order; `due` is RFC 3339 at the offset of `now`, None without a time."""
        found: list[Commitment] = []
        for line in _LINE.finditer(text):
            normal = normalise(line.group())
            for sentence in _SENTENCE.finditer(normal.text):
                for promise in self._sentence(normal, sentence.span(), now, owner):
                    start, end = line.start() + promise.start, line.start() + promise.end
                    found.append(replace(promise, start=start, end=end, text=text[start:end]))
        return tuple(found)

    def _sentence(self, normal: NormalText, span: tuple[int, int], now: datetime, owner: str) -> Sequence[Commitment]:
        reading = _Reading(now, owner)
        clauses = list(_CLAUSE.finditer(normal.text, *span))
        offered = bool(clauses) and bool(self._offers.search(clauses[-1].group()))
        for clause in clauses:
            self._clause(clause, reading)
        return [_placed(normal, c) for c in _settled(reading.found, self._steps) if c.due or not offered]

    def _clause(self, clause: re.Match[str], reading: _Reading) -> None:
        text, base = clause.group(), clause.start()
        due = self._calendar.read(text, reading.now)
        at = self._action(text, due)
        reading.conditional = reading.conditional or bool(self._conditions.search(text))
        if at is None:
            self._time_alone(reading, base, text, due)
        elif not reading.conditional and not self._not.search(text):
            self._undertaken(reading, base, text, at, due)

    def _action(self, text: str, due: Due | None) -> int | None:
        """Return where the action begins: at a known one, else after "<time>前", else after who acts by a time."""
        if action := self._actions.search(text):
            return action.start()
        if due is None:
            return None
        if (before := _BEFORE.match(text, due.end)) and text[before.end() :].strip(_ENDS):
            return before.end()
        acts = [m.end() for p, _ in self._actors for m in p.finditer(text)]
        return next((max(at, due.end) for at in acts if text[max(at, due.end) :].strip(_ENDS)), None)

    def _time_alone(self, reading: _Reading, base: int, text: str, due: Due | None) -> None:
        if due is None or self._not.search(text) or len(text) > SHORT:
            return
        if reading.found and reading.found[-1].due is None:
            end = base + len(text.rstrip(_ENDS))
            reading.found[-1] = replace(reading.found[-1], due=_rfc3339(due), end=end)
        else:
            reading.waiting = (base, due)

    def _undertaken(self, reading: _Reading, base: int, text: str, at: int, due: Due | None) -> None:
        start = base
        if due is None and reading.waiting is not None:
            start, due = reading.waiting
        if due is None and (self._looks.search(text[at:]) or not self._intended(text, at)):
            return
        reading.waiting = None
        words = text.rstrip(_ENDS)
        amount = _AMOUNT.search(words)
        reading.found.append(
            Commitment(
                "",
                words[at:].strip(),
                self._who(text, reading.owner),
                _rfc3339(due),
                amount.group() if amount else None,
                start + (len(words) - len(words.lstrip()) if start == base else 0),
                base + len(words),
            )
        )

    def _intended(self, text: str, at: int) -> bool:
        return bool(self._will.search(text) or any(p.search(text[:at]) for p, _ in self._actors))

    def _who(self, text: str, owner: str) -> str:
        for pattern, who in self._actors:
            if match := pattern.search(text):
                return owner if who == "owner" else match.group(1)
        return owner


def _settled(found: list[Commitment], steps: re.Pattern[str]) -> Iterator[Commitment]:
    """Steps on the way to a dated undertaking are part of it."""
    dated = any(c.due for c in found)
    return (c for c in found if c.due or not (dated and steps.search(c.what)))


def _placed(normal: NormalText, promise: Commitment) -> Commitment:
    span = normal.span(promise.start, promise.end)
    return replace(promise, start=span.start, end=span.end)


def _rfc3339(due: Due | None) -> str | None:
    return due.at.isoformat(timespec="seconds") if due and due.at else None
