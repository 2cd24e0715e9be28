"""The shape of every shipped entry; docs/content-format.md shows each with an example."""

import re
from sys import intern
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from app.library.documents import Entry

SLOT = re.compile(r"\{(\w*)\}")
SLOT_NAMES = frozenset(
    [
        "name",
        "order_id",
        "product",
        "carrier",
        "deadline",
        "callback",
        "followup",
        "owner",
        "refund_period",
        "compensation",
    ]
)
REPLY_LENGTH = (30, 160)
MIN_PHRASINGS = 8

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Ident = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,63}$")]
Name = Annotated[str, AfterValidator(intern)]  # of a vocabulary: ten thousand scripts share a hundred of them
Level = Annotated[int, Field(ge=0, le=4)]
# Slotted records where a large library holds a million of them: a third of a model's memory.
RECORD = ConfigDict(extra="forbid", str_strip_whitespace=True)

_AS_OBJECT = re.compile(r"([给请转报归录找向跟让等])\{owner\}")


@dataclass(frozen=True, slots=True, config=RECORD)
class Phrasing:
    """A customer message a script answers. `level` and `complaint` are labels the classifiers learn from."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    level: Level | None = None
    complaint: bool = True


@dataclass(frozen=True, slots=True, config=RECORD)
class Mistake:
    """What agents wrongly say in this situation, and why it hurts."""

    text: Short
    reason: Short


class Script(Entry):
    """One reply with the situation it is for. `version` counts published versions; shipped entries are version 1."""

    id: Ident
    title: Annotated[str, Field(min_length=1, max_length=24)]
    types: Annotated[tuple[Name, ...], Field(min_length=1, max_length=4)]
    techniques: Annotated[tuple[Name, ...], Field(min_length=1, max_length=2)]
    stage: Name
    intensity: tuple[Level, Level]
    severity_limit: Literal["none", "general", "important", "major", "crisis"]
    use_when: Short
    avoid_when: Short
    phrasings: Annotated[tuple[Phrasing, ...], Field(min_length=1, max_length=60)]
    reply: Annotated[str, Field(min_length=1, max_length=600)]
    avoid: Mistake
    sources: Annotated[tuple[Name, ...], Field(min_length=1)]
    platforms: tuple[Name, ...] = ()
    industries: tuple[Name, ...] = ()
    risks: tuple[Name, ...] = ()
    version: int = 1

    @field_validator("phrasings", mode="before")
    @classmethod
    def _plain_text(cls, value: object) -> object:
        """Trainers may write a phrasing as plain text; it then carries no emotion label."""
        return [{"text": v} if isinstance(v, str) else v for v in value] if isinstance(value, list) else value

    @field_validator("reply")
    @classmethod
    def _known_slots(cls, value: str) -> str:
        unknown = sorted(set(SLOT.findall(value)) - SLOT_NAMES)
        if unknown or value.count("{") != len(SLOT.findall(value)) or value.count("}") != value.count("{"):
            raise ValueError(f"占位符写法不对或不认识：{'、'.join(unknown) or '花括号不成对'}")
        if "{name}" in value and not value.startswith("{name}"):
            raise ValueError("{name} 只能放在开头")
        if misplaced := _AS_OBJECT.search(value):
            raise ValueError(f"{{owner}} 可能是“我”，不能放在“{misplaced[1]}”后面：写“由{{owner}}……”或“值班主管”")
        return value

    @model_validator(mode="after")
    def _band(self) -> "Script":
        if self.intensity[0] > self.intensity[1]:
            raise ValueError("intensity 的下限大于上限")
        return self


class CustomerLine(Entry):
    """A worked example of a technique."""

    customer: Text
    reply: Text
    why: Text


class Combination(Entry):
    """A technique that goes well with this one, and how."""

    technique: str
    how: Text


class Technique(Entry):
    """A how-to card of one of the six techniques."""

    id: str
    name: Short
    definition: Text
    purpose: Text
    when: tuple[Text, ...]
    not_when: tuple[Text, ...] = ()
    steps: tuple[Text, ...]
    frames: tuple[Text, ...]
    good_example: CustomerLine
    bad_example: CustomerLine
    combine_with: tuple[Combination, ...] = ()
    sources: tuple[str, ...]


class Example(Entry):
    """A 315 scenario: what is right, what is wrong and why (错误做法)."""

    id: Ident
    scenario: Short
    types: tuple[str, ...]
    risks: tuple[str, ...] = ()
    phrasings: tuple[Text, ...]
    right: Text
    wrong: Text
    why: Text
    action: Text
    sources: tuple[str, ...]


class KnowledgeCard(Entry):
    """A law, policy, process, telecom norm or playbook for the agent's eyes."""

    id: Ident
    title: Short
    kind: Literal["law", "policy", "telecom", "harassment", "playbook", "process", "sla", "training"]
    types: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    text: Text
    sources: tuple[str, ...]
    as_of: str | None = None

    @field_validator("as_of", mode="before")
    @classmethod
    def _date(cls, value: object) -> object:
        return str(value) if value is not None else None


class Law(Entry):
    """An article of the law registry; only `verified` and in force may be quoted to a customer."""

    key: str
    name: Short
    short: Short
    article: str
    gist: Text
    effective_from: str | None = None
    effective_to: str | None = None
    status: Literal["in_force", "amended", "repealed"]
    verified: bool
    checked_at: str

    @field_validator("effective_from", "effective_to", "checked_at", mode="before")
    @classmethod
    def _date(cls, value: object) -> object:
        return str(value) if value is not None else None


class PlatformRule(Entry):
    """A rule of a shop platform."""

    key: str
    platform: Short
    name: Short
    gist: Text
    version_date: str | None = None
    verified: bool
    checked_at: str

    @field_validator("version_date", "checked_at", mode="before")
    @classmethod
    def _date(cls, value: object) -> object:
        return str(value) if value is not None else None


class SeedDocument(Entry):
    """A document the product was asked for from."""

    key: str
    title: Short
    author: str | None = None
