"""What changes on one platform, in one industry, on one channel or in 315 mode, as trainers write it (overlays/*.yaml).

This file knows the shape; app/compliance/places.py says what a draft's context makes of the rules.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from app.errors import ContentError
from app.library.documents import Document, Entry, read
from app.library.files import Library, find_source
from app.library.names import Names, PlaceNames, spelled
from app.records import Channel, RuleSeverity

FOLDER = "overlays"
Mode = Literal["315"]
MODES: frozenset[Mode] = frozenset({"315"})


def _spelled(value: object) -> object:
    return spelled(value) if isinstance(value, str) else value


def _several(value: object) -> object:
    """One name may stand without brackets."""
    return (value,) if isinstance(value, str) else value


Spelling = Annotated[str, Field(min_length=1, max_length=40), BeforeValidator(_spelled)]
Spellings = Annotated[tuple[Spelling, ...], BeforeValidator(_several)]


class When(Entry):
    """Where an overlay applies: every named field must be known and hold one of its values.

    The values of `platform`, and of `industry`, are the spellings of one: see `names`.
    """

    platform: Spellings = ()
    industry: Spellings = ()
    channel: Annotated[tuple[Channel, ...], BeforeValidator(_several)] = ()
    mode: Mode | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "When":
        if self.rank == (False,) * 4:
            raise ValueError("when 至少写 platform、industry、channel、mode 之一")
        return self

    @property
    def rank(self) -> tuple[bool, ...]:
        """Order of application: what is narrower or more urgent comes later and has the last word."""
        return (self.mode is not None, bool(self.platform), bool(self.industry), bool(self.channel))

    def holds(self, platform: str, industry: str, channel: str, modes: Iterable[Mode]) -> bool:
        """Return whether an overlay applies there, named as `names` does; "" is an unknown platform or industry."""
        return (
            (not self.platform or platform in self.platform)
            and (not self.industry or industry in self.industry)
            and (not self.channel or channel in self.channel)
            and (self.mode is None or self.mode in modes)
        )


class Change(Entry):
    """What becomes of some rules. `rules` names a group (ADV), one rule (ADV-001) or a sub-rule (ADV-001*).

    `note` is added to the reason of a finding whose severity `levels` changed.
    """

    rules: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}(-\d{3}([a-z]|\*)?)?$")], ...] = Field(min_length=1)
    levels: Mapping[RuleSeverity, RuleSeverity] = Field(default_factory=dict)
    note: str = Field(default="", max_length=40)
    sources: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    message: str | None = Field(default=None, min_length=4, max_length=60)
    reason: str | None = Field(default=None, min_length=4)

    @model_validator(mode="after")
    def _changes_something(self) -> "Change":
        if not (self.levels or self.sources or self.also or self.message or self.reason):
            raise ValueError("这一项没有写要改什么")
        if self.note and not self.levels:
            raise ValueError("note 说明级别为什么不同，要和 levels 一起写")
        return self

    def names(self, ident: str) -> bool:
        """Return whether the rule with this id is meant."""
        rules = self.rules
        return ident in rules or ident[:3] in rules or f"{ident[:7]}*" in rules


class Header(Entry):
    """The part of an overlay file that is not its own rules."""

    overlay: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str = Field(min_length=1, max_length=20)
    when: When
    drop: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Overlay:
    """An overlay with the file it came from; `lines` are those of its changes."""

    header: Header
    document: Document
    lines: tuple[int | None, ...]

    @property
    def id(self) -> str:
        """The name of the file."""
        return self.header.overlay

    @property
    def path(self) -> Path:
        """The file."""
        return self.document.path

    @property
    def own(self) -> bool:
        """Whether the file holds rules of its own."""
        return bool(self.document.data.get("rules"))

    def cited(self) -> Iterable[tuple[int | None, str]]:
        """Yield (line, key) of every source the changes name."""
        for line, change in zip(self.lines, self.header.changes, strict=True):
            yield from ((line, key) for key in (*change.sources, *change.also))


def load(folder: Path) -> tuple[Overlay, ...]:
    """Read every overlay below `folder`, in order of application. Raises ContentError naming file, line and field."""
    found = [_read(path) for path in sorted((folder / FOLDER).glob("*.yaml"))]
    return tuple(sorted(found, key=lambda o: (o.header.when.rank, o.id)))


def _read(path: Path) -> Overlay:
    document = read(path)
    data = document.data if isinstance(document.data, dict) else {}
    fields = {key: value for key, value in data.items() if key not in ("rules", "guards")}
    header = document.entry((), Header, fields)
    if header.overlay != path.stem:
        raise ContentError(f"overlay 应与文件名一致：{path.stem}", path, document.line(("overlay",)), "overlay")
    overlay = Overlay(header, document, tuple(document.line(("changes", i)) for i in range(len(header.changes))))
    if overlay.own and header.when.mode:
        raise ContentError("mode 只调整已有规则，不能带新规则", path, document.line(("rules",)), "rules")
    return overlay


def names(overlays: Sequence[Overlay]) -> PlaceNames:
    """Return which spellings mean the same platform or industry: those that an overlay lists do, everywhere.

    Raises ContentError where overlays share one spelling but not all.
    """
    platforms = _groups((overlay, "platform", overlay.header.when.platform) for overlay in overlays)
    industries = _groups((overlay, "industry", overlay.header.when.industry) for overlay in overlays)
    return PlaceNames(Names(platforms), Names(industries))


def _groups(listed: Iterable[tuple[Overlay, str, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for overlay, name, group in listed:
        for spelling in group:
            if set(found.setdefault(spelling, group)) != set(group):
                message = f"{spelling} 的写法与别的覆盖层不同：同一个平台或行业，各处要列同样的写法，一个覆盖层只写一个"
                raise ContentError(message, overlay.path, overlay.document.line(("when", name)), f"when.{name}")
    return list(dict.fromkeys(found.values()))


def refuse_aimless(overlays: Iterable[Overlay], rules: Mapping[str, RuleSeverity]) -> None:
    """Raise ContentError for a change that names a rule there is not, or levels none of its rules has."""
    known = {name for ident in rules for name in (ident, ident[:3], f"{ident[:7]}*")}
    for overlay in overlays:
        for line, change in zip(overlay.lines, overlay.header.changes, strict=True):
            for target in change.rules:
                if target not in known:
                    raise ContentError(f"没有规则 {target}", overlay.path, line, "rules")
            if change.levels and not any(s in change.levels for i, s in rules.items() if change.names(i)):
                raise ContentError("levels 没有改变任何规则", overlay.path, line, "levels")


def refuse_unverified(cited: Iterable[tuple[Path, int | None, str]], library: Library) -> None:
    """Raise ContentError for a source that is unknown, no longer in force, or that nobody has checked."""
    for path, line, key in cited:
        kind, _, name = key.partition(":")
        law, rule = library.laws.get(name), library.platform_rules.get(name)
        good = find_source(library.sources, key) is not None
        if kind == "law":
            good = law is not None and law.verified and law.status == "in_force"
        elif kind == "plat":
            good = rule is not None and rule.verified
        if not good:
            raise ContentError(f"{key} 不在登记表里，或尚未核对", path, line, "sources")
