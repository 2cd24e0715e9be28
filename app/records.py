"""The frozen records a customer message and an agent's draft become, in the order they are made.

Text positions are Unicode code points, end exclusive, in the text as sent.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["customer", "agent"]
Channel = Literal["im", "group", "review_reply", "sms"]
Verdict = Literal["pass", "hint", "confirm", "block"]
RuleSeverity = Literal["hint", "confirm", "block"]
VERDICTS: tuple[Verdict, ...] = ("pass", "hint", "confirm", "block")
SEVERITIES: tuple[str, ...] = ("none", "general", "important", "major", "crisis")


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation, oldest first."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """What the calling console knows about the customer and the order; everything is optional."""

    customer_name: str | None = None
    order_id: str | None = None
    product: str | None = None
    platform: str | None = None
    industry: str | None = None
    carrier: str | None = None
    compensation: str | None = None
    vip: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A customer message with what came before it and the moment it is answered."""

    text: str
    now: datetime
    history: tuple[Turn, ...] = ()
    context: Context = Context()
    limit: int = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the original text that explains a judgement."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class NormalText:
    """A cleaned text and, per cleaned character, the half-open interval it came from in the original.

    `text[i]` stands for `original[starts[i]:ends[i]]`; intervals never decrease.
    """

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Return the original stretch that cleaned positions start–end (end > start) came from."""
        first, last = self.starts[start], self.ends[end - 1]
        return Span(first, last, self.original[first:last])


@dataclass(frozen=True, slots=True)
class Words:
    """A message ready for analysis: the cleaned text, and those of earlier turns."""

    normal: NormalText
    history: tuple[tuple[Role, NormalText], ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A taxonomy id with its display name, confidence 0–1 and the words that show it."""

    id: str
    name: str
    confidence: float
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Emotion:
    """Intensity 0–4, a continuous score 0–1, kind, trend over the conversation and evidence."""

    level: int
    name: str
    score: float
    kind: str
    trend: str
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Severity:
    """Grade of the case with the reasons that raised it and the clocks it starts."""

    level: str
    name: str
    reasons: tuple[str, ...]
    first_response_min: int | None
    second_contact_h: int | None
    red_alert_min: int | None = None
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything understood about one customer message.

    `risks` are those of the message itself, `case_risks` (ids) those of the whole conversation up to it.
    """

    is_complaint: bool
    types: tuple[Label, ...]
    demands: tuple[Label, ...]
    emotion: Emotion
    risks: tuple[Label, ...]
    severity: Severity
    stage: str
    signals: tuple[str, ...] = ()
    topic_from_history: bool = False
    unsure: bool = False  # no topic is likely enough to be named without doubt
    case_risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer: the technique (taxonomy id and name), why it fits now, and which one comes next."""

    id: str
    name: str
    reason: str
    next: str | None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder of a script and the value it received."""

    name: str
    value: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from: registry key, title, and the date it was last checked."""

    key: str
    title: str
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a draft, at a place, with the reason, the source and what to write instead."""

    rule_id: str
    group: str
    severity: RuleSeverity
    confidence: float
    start: int
    end: int
    text: str
    message: str
    reason: str
    sources: tuple[Source, ...] = ()
    replacements: tuple[str, ...] = ()
    semantic: bool = False  # no pattern matched: the meaning resembles a breach


@dataclass(frozen=True, slots=True)
class Commitment:
    """Something the agent undertook in words; `due` is RFC 3339 or None."""

    text: str
    what: str
    who: str
    due: str | None = None
    amount: str | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A whole-draft proposal that passed its own check."""

    text: str
    facts_kept: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent is about to send, with the conversation around it."""

    text: str
    now: datetime
    history: tuple[Turn, ...] = ()
    channel: Channel = "im"
    context: Context = Context()


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on a draft. `checked` is False when the engine failed: never read that as a pass."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    rewrite: Rewrite | None = None
    elements: dict[str, bool] = field(default_factory=dict)
    commitments: tuple[Commitment, ...] = ()
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """A script found for a message, with its fused score (0–1) and the reasons it ranks there."""

    script_id: str
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reply ready to send that passed the check."""

    id: str
    rank: int
    script_id: str
    script_version: int
    title: str
    technique: str
    text: str
    slots: tuple[Slot, ...]
    score: float
    why: tuple[str, ...]
    sources: tuple[Source, ...]
    check: Check


@dataclass(frozen=True, slots=True)
class Avoid:
    """The matching wrong answer, shown as 错误做法."""

    text: str
    reason: str
    script_id: str


@dataclass(frozen=True, slots=True)
class Card:
    """A knowledge card: law, policy, telecom norm, playbook or technique."""

    id: str
    title: str
    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Assist:
    """The whole answer for one customer message; `timing_ms` maps stage to milliseconds."""

    id: str
    analysis: Analysis
    technique: Plan
    suggestions: tuple[Suggestion, ...]
    avoid: tuple[Avoid, ...]
    cards: tuple[Card, ...]
    degraded: str | None
    timing_ms: dict[str, float]
