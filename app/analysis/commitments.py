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
    dated_actions: str
    looks: str
    will: str
    actors: list[Actor]
    not_in_clause: list[str]
    conditions: str
    offers: str
    steps: str
    reports: str
    done: str
    events: str
    parts_of_day: list[PartOfDay]

    @field_validator("actions", "not_in_clause")
    @classmethod
    def _compile_all(cls, value: list[str]) -> list[str]:
        for pattern in value:
            _compiles(pattern)
        return value

    @field_validator("dated_actions", "looks", "will", "conditions", "offers", "steps", "reports", "done", "events")
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
    line: int
    text: str
    found: list[Commitment] = field(default_factory=list)
    waiting: tuple[int, Due] | None = None
    before: str = ""
    day: datetime | None = None


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
        self._reports = re.compile(cues.reports)
        self._done = re.compile(cues.done)
        self._dated = re.compile(cues.dated_actions)
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
                found += self._sentence(normal, sentence, _Reading(now, owner, line.start(), text))
        dated = any(promise.due for promise in found)
        return tuple(p for p in found if p.due or not (dated and self._steps.search(p.what)))

    def _sentence(self, normal: NormalText, sentence: re.Match[str], reading: _Reading) -> Iterator[Commitment]:
        clauses = list(_CLAUSE.finditer(normal.text, *sentence.span()))
        for clause in clauses:
            self._clause(clause, sentence.start(), reading)
        offered = any(c.due is None for c in reading.found) and self._offers.search(clauses[-1].group())
        for promise in _settled(reading.found, self._steps, self._reports):
            if promise.due or not offered:
                span = normal.span(promise.start, promise.end)
                start, end = reading.line + span.start, reading.line + span.end
                yield replace(promise, start=start, end=end, text=reading.text[start:end])

    def _clause(self, clause: re.Match[str], sentence: int, reading: _Reading) -> None:
        text, base = clause.group(), clause.start()
        due = self._calendar.read(text, reading.now, reading.before, reading.day)
        reading.day = due.day if due and due.day and due.day > reading.now else reading.day
        reading.before = text.rstrip(_ENDS)
        if reading.found and reading.found[-1].due is None and self._done.match(text):
            reading.found.pop()
        at = self._action(text, due)
        if at is None:
            self._time_alone(reading, base, text, due)
        elif not self._refused(text, due):
            timed = due is not None or reading.waiting is not None
            if timed or not self._conditions.search(clause.string, sentence, clause.end()):
                self._undertaken(reading, base, text, at, due)

    def _refused(self, text: str, due: Due | None) -> bool:
        """Return whether a word of the clause says that it is no undertaking; 之前 of the deadline is not one."""
        if due and (before := _BEFORE.match(text, due.end)):
            text = text[: due.end] + text[before.end() - 1 :]
        return bool(self._not.search(text))

    def _action(self, text: str, due: Due | None) -> int | None:
        """Return where the action begins: at a known one, else after "<time>前", else after who acts by a time."""
        if action := self._actions.search(text):
            return action.start()
        if due is None:
            return None
        if (before := _BEFORE.match(text, due.end)) and text[before.end() :].strip(_ENDS):
            return before.end()
        if dated := self._dated.search(text, due.end):
            return dated.start()
        acts = [m.end() for p, who in self._actors if who != "owner" for m in p.finditer(text)]
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


def _settled(found: Sequence[Commitment], steps: re.Pattern[str], reports: re.Pattern[str]) -> Iterator[Commitment]:
    """Of one sentence: what has no time is a step to the dated one after it or the report of the one before it."""
    last = max((i for i, c in enumerate(found) if c.due), default=-1)
    kept = False
    for i, promise in enumerate(found):
        step = i < last or (i < len(found) - 1 and steps.search(promise.what))
        if promise.due or not (step or (kept and reports.search(promise.what))):
            kept = True
            yield promise


def _rfc3339(due: Due | None) -> str | None:
    return due.at.isoformat(timespec="seconds") if due and due.at else None
