"""The rules as trainers write them: one YAML file per group, loaded, checked against the taxonomy and compiled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, model_validator

from app.compliance import overlays
from app.compliance.overlays import Overlay, Spellings
from app.compliance.patterns import Pattern, compiled, joined
from app.compliance.views import Denoiser
from app.errors import ContentError
from app.library import taxonomy
from app.library.documents import Document, Entry, read
from app.library.names import PlaceNames
from app.library.taxonomy import Group
from app.records import Channel, Role, RuleSeverity

Kind = Literal[
    "lexicon", "pattern", "sequence", "conditional", "required", "repetition", "amount", "entity", "citation"
]
Guard = Literal["negation", "inside", "quotation", "reported", "condition", "explained", "self", "question"]
Number = Literal["phone", "card", "identity"]
Text = str
PATTERN_FIELDS = ("patterns", "needs", "unless", "unless_clause", "unless_sentence", "allow")
PLACED = ("patterns", "allow")  # of these it matters where they match
DEFAULT_GUARDS: tuple[Guard, ...] = ("negation", "quotation", "reported")


class Said(Entry):
    """One earlier turn of an example."""

    role: Role
    text: str


class Example(Entry):
    """A draft that must be flagged, or must not, with the context it needs."""

    text: str = Field(min_length=1)
    channel: Channel = "im"
    platform: str | None = None
    industry: str | None = None
    complaint: bool | None = None
    compensation: str | None = None
    history: tuple[Said, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
        return {"text": value} if isinstance(value, str) else value


class Examples(Entry):
    """What the rule is tested with whenever it is loaded."""

    bad: tuple[Example, ...] = Field(min_length=3)
    good: tuple[Example, ...] = Field(min_length=2)


class Rule(Entry):
    """One rule as written. `id` is a sub-rule of the taxonomy, with a small letter where one needs several patterns."""

    id: str = Field(pattern=r"^[A-Z]{3}-\d{3}[a-z]?$")
    kind: Kind
    severity: RuleSeverity | None = None
    confidence: float = Field(ge=0, le=1)
    terms: tuple[Text, ...] = ()
    patterns: tuple[Text, ...] = ()
    first: tuple[Text, ...] = ()
    then: tuple[Text, ...] = ()
    within: int = Field(default=12, ge=0, le=99)
    when: tuple[Text, ...] = ()
    needs: tuple[Text, ...] = ()
    unless: tuple[Text, ...] = ()
    unless_clause: tuple[Text, ...] = ()
    unless_sentence: tuple[Text, ...] = ()
    allow: tuple[Text, ...] = ()
    numbers: tuple[Number, ...] = ()
    ceiling: float | None = None
    guards: tuple[Guard, ...] | None = None
    channels: tuple[Channel, ...] = ()
    platforms: Spellings = ()
    industries: Spellings = ()
    complaint_only: bool = False
    message: str = Field(min_length=4, max_length=60)
    reason: str = Field(min_length=4)
    sources: tuple[str, ...] = Field(min_length=1)
    replacements: tuple[str, ...] = Field(default=(), max_length=3)
    examples: Examples

    @model_validator(mode="after")
    def _has_material(self) -> "Rule":
        wanted = {
            "lexicon": self.terms, "pattern": self.patterns, "sequence": self.first and self.then,
            "conditional": (self.terms or self.patterns) and self.needs, "required": self.needs,
            "amount": self.patterns, "entity": self.numbers,
        }  # fmt: skip
        if self.kind in wanted and not wanted[self.kind]:
            raise ValueError(f"{self.kind} 类规则缺少匹配内容")
        return self

    @property
    def rule_id(self) -> str:
        """The id of the taxonomy."""
        return self.id[:7]

    @property
    def group(self) -> str:
        """The three letters of the group."""
        return self.id[:3]

    def sources_of_patterns(self) -> tuple[str, ...]:
        """Return the patterns that find candidates."""
        if self.kind == "sequence":
            gap = f"<<{self.within}>>"
            return tuple(f"(?:{a}){gap}(?:{b})" for a in self.first for b in self.then)
        return self.when if self.kind == "required" else self.patterns


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its patterns compiled, its severity settled and the place it was read from."""

    rule: Rule
    severity: RuleSeverity
    guards: tuple[Guard, ...]
    patterns: tuple[Pattern, ...]
    needs: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    unless_clause: tuple[Pattern, ...]
    unless_sentence: tuple[Pattern, ...]
    allow: tuple[Pattern, ...]
    path: Path
    line: int | None
    overlay: str = ""

    def prove(self) -> None:
        """Compile every pattern. Raises ContentError naming file, line and rule."""
        for name in PATTERN_FIELDS:
            for pattern in getattr(self, name):
                try:
                    pattern.prove()
                except ContentError as error:
                    raise ContentError(f"{self.rule.id}: {error.message}", self.path, self.line, name) from error


@dataclass(frozen=True)
class RuleBook:
    """Everything the linter works with, immutable."""

    groups: Mapping[str, Group]
    rules: tuple[CompiledRule, ...]
    words: Mapping[str, str]
    denoiser: Denoiser
    cues: Mapping[str, tuple[Pattern, ...]]
    folder: Path
    overlays: tuple[Overlay, ...] = ()
    names: PlaceNames = field(default_factory=PlaceNames)

    def cited_by_overlays(self) -> Iterator[tuple[Path, int | None, str]]:
        """Yield file, line and key of every source that overlays name, in changes and in rules of their own."""
        for overlay in self.overlays:
            yield from ((overlay.path, line, key) for line, key in overlay.cited())
        for rule in self.rules:
            yield from ((rule.path, rule.line, key) for key in rule.rule.sources if rule.overlay)


def load(folder: Path, terms: Path) -> RuleBook:
    """Read every rule file of `folder` and the taxonomy at `terms`. Raises ContentError naming file, line and rule."""
    groups = taxonomy.load(terms).groups
    words = {str(k): str(v) for k, v in read(folder / "words.yaml").data["words"].items()}
    laid = overlays.load(folder)
    special = [rule for overlay in laid if overlay.own for rule in _special(overlay, groups, words)]
    rules: list[CompiledRule] = []
    for name in sorted(groups):
        rules.extend(_file(read(folder / f"{name}.yaml"), {name: groups[name]}, words))
        rules.extend(rule for rule in special if rule.rule.group == name)
    _refuse_doubles(rules)
    overlays.refuse_aimless(laid, {rule.rule.id: rule.severity for rule in rules})
    cues = {name: joined(patterns, words) for name, patterns in read(folder / "guards.yaml").data["guards"].items()}
    sought = [text for rule in rules for text in (*(p.source for p in rule.patterns), *rule.rule.terms)]
    denoiser = Denoiser.load(folder / "lookalikes.yaml", sought)
    return RuleBook(groups, tuple(rules), words, denoiser, cues, folder, laid, overlays.names(laid))


def _special(overlay: Overlay, groups: Mapping[str, Group], words: Mapping[str, str]) -> Iterator[CompiledRule]:
    """Yield an overlay's own rules: ordinary ones that keep to the place the overlay is for."""
    when = overlay.header.when
    place = {"channels": when.channel, "platforms": when.platform, "industries": when.industry}
    for compiled_rule in _file(overlay.document, groups, words):
        narrowed = {name: values for name, values in place.items() if values}
        yield replace(compiled_rule, rule=compiled_rule.rule.model_copy(update=narrowed), overlay=overlay.id)


def _file(document: Document, groups: Mapping[str, Group], words: Mapping[str, str]) -> Iterator[CompiledRule]:
    guards = tuple(document.data.get("guards", DEFAULT_GUARDS)) if isinstance(document.data, dict) else DEFAULT_GUARDS
    for index, rule in enumerate(document.entries("rules", Rule)):
        line = document.line(("rules", index))
        group = groups.get(rule.group)
        if group is None or rule.rule_id not in group.rules:
            raise ContentError(f"{rule.id} 不在分类表的 {'、'.join(groups)} 组里", document.path, line, "id")
        yield _compile(rule, group, guards, words, document, index)


def _compile(
    rule: Rule, group: Group, guards: tuple[Guard, ...], words: Mapping[str, str], document: Document, index: int
) -> CompiledRule:
    line = document.line(("rules", index))

    def patterns(name: str, sources: Sequence[str]) -> tuple[Pattern, ...]:
        try:
            return (compiled if name in PLACED else joined)(sources, words)
        except ContentError as error:
            where = document.line(("rules", index, name))
            raise ContentError(f"{rule.id}: {error.message}", document.path, where, name) from error

    return CompiledRule(
        rule, rule.severity or cast(RuleSeverity, group.severity), guards if rule.guards is None else rule.guards,
        patterns("patterns", rule.sources_of_patterns()), patterns("needs", rule.needs),
        patterns("unless", rule.unless), patterns("unless_clause", rule.unless_clause),
        patterns("unless_sentence", rule.unless_sentence), patterns("allow", rule.allow), document.path, line,
    )  # fmt: skip


def _refuse_doubles(rules: list[CompiledRule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.rule.id in seen:
            raise ContentError(f"规则 {rule.rule.id} 出现两次", rule.path, rule.line, "id")
        seen.add(rule.rule.id)
