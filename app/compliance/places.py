"""What the rules become where a draft is sent: resolved once per place, then only looked up."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.compliance.overlays import MODES, Change, Mode, Overlay
from app.compliance.rules import CompiledRule, RuleBook
from app.records import Context, Draft, RuleSeverity

Place = tuple[str, str, str]  # platform and industry by the spelling that stands for all, "" when unknown; channel


@dataclass(frozen=True)
class Variant:
    """A rule as the overlays leave it; `note` explains another severity, where it comes to that."""

    rule: CompiledRule
    note: str = ""


class Places:
    """Looks up what the overlays make of the rules; thread-safe, since a place always resolves to the same."""

    def __init__(self, book: RuleBook, modes: Iterable[Mode] = ()) -> None:
        self._book = book
        self._modes = frozenset(modes)
        rules = [compiled.rule for compiled in book.rules]
        whens = [overlay.header.when for overlay in book.overlays]
        platforms = {p for w in whens for p in w.platform} | {p for r in rules for p in r.platforms}
        industries = {i for w in whens for i in w.industry} | {i for r in rules for i in r.industries}
        self._platforms = set(map(book.names.platforms.of, platforms))
        self._industries = set(map(book.names.industries.of, industries))
        self._by_place: dict[Place, Mapping[str, Variant]] = {}
        self._by_overlays: dict[tuple[str, ...], Mapping[str, Variant]] = {}

    def known(self, context: Context) -> tuple[str, str]:
        """Return platform and industry, "" for what no overlay knows: so few that answers can be kept by them."""
        names = self._book.names
        platform, industry = names.platforms.of(context.platform), names.industries.of(context.industry)
        return platform if platform in self._platforms else "", industry if industry in self._industries else ""

    def variants(self, draft: Draft) -> Mapping[str, Variant]:
        """Return the rules that differ where the draft is sent, by id."""
        place = (*self.known(draft.context), draft.channel)
        found = self._by_place.get(place)
        return self._resolved(place) if found is None else found

    def _resolved(self, place: Place) -> Mapping[str, Variant]:
        overlays = [o for o in self._book.overlays if o.header.when.holds(*place, self._modes)]
        names = tuple(o.id for o in overlays)  # spellings of one platform share the answer
        found = self._by_overlays.get(names)
        if found is None:
            laid = ((rule, _laid(rule, overlays)) for rule in self._book.rules)
            found = {rule.rule.id: variant for rule, variant in laid if variant.rule is not rule}
            self._by_overlays[names] = found
        self._by_place[place] = found
        return found


def modes_of(strict: bool) -> frozenset[Mode]:
    """Return the modes in force: the setting knows one."""
    return MODES if strict else frozenset()


def _laid(rule: CompiledRule, overlays: Iterable[Overlay]) -> Variant:
    variant = Variant(rule)
    for overlay in overlays:
        variant = changed(variant, overlay)
    return variant


def changed(variant: Variant, overlay: Overlay) -> Variant:
    """Return what one overlay makes of a rule; the same object when that is nothing."""
    compiled = variant.rule
    rule, header = compiled.rule, overlay.header
    mine = [change for change in header.changes if change.names(rule.id)]
    if not mine and not any(key.startswith(header.drop) for key in rule.sources):
        return variant
    fields: dict[str, object] = {
        "sources": _sources(rule.sources, header.drop, mine),
        "message": _last(mine, lambda c: c.message) or rule.message,
        "reason": _last(mine, lambda c: c.reason) or rule.reason,
    }
    severity, note = _severity(compiled.severity, mine)
    fields = {name: value for name, value in fields.items() if value != getattr(rule, name)}
    if not fields and severity == compiled.severity:
        return variant
    return Variant(replace(compiled, rule=rule.model_copy(update=fields), severity=severity), variant.note + note)


def _severity(severity: RuleSeverity, changes: Iterable[Change]) -> tuple[RuleSeverity, str]:
    """The first change that says something about this severity decides: no rule climbs two steps in one overlay."""
    return next(((c.levels[severity], c.note) for c in changes if severity in c.levels), (severity, ""))


def _sources(keys: tuple[str, ...], drop: tuple[str, ...], changes: list[Change]) -> tuple[str, ...]:
    """Leave out what does not count here and put first what counts here; a rule never stands without a source."""
    kept = tuple(key for key in keys if not (drop and key.startswith(drop))) or keys
    for change in changes:
        kept = tuple(dict.fromkeys((*change.also, *(change.sources or kept))))
    return kept


def _last(changes: Iterable[Change], field: Callable[[Change], str | None]) -> str | None:
    return next((value for change in reversed(list(changes)) if (value := field(change))), None)


def touching(rule: CompiledRule, overlays: Iterable[Overlay]) -> Iterator[tuple[Overlay, Variant]]:
    """Yield each overlay that changes the rule, with what it makes of it on its own."""
    for overlay in overlays:
        variant = changed(Variant(rule), overlay)
        if variant.rule is not rule and _share_a_place(rule, overlay):
            yield overlay, variant


def source_changes(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the keys that came and those that went."""
    return [k for k in after if k not in before], [k for k in before if k not in after]


def _share_a_place(rule: CompiledRule, overlay: Overlay) -> bool:
    when, own = overlay.header.when, rule.rule
    pairs: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
        (when.platform, own.platforms),
        (when.industry, own.industries),
        (when.channel, own.channels),
    )
    return all(not here or not there or set(here) & set(there) for here, there in pairs)
