"""Draft → findings in order → verdict.

Two views of the draft are searched: as cleaned, and with disguises undone. One pass names the patterns and terms that
can match at all; only they run, then guards and allowed words thin the hits out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.compliance.checks import CALLED, CHECKS, Earlier, Hit, Scene
from app.compliance.citations import LawArticle, Registry
from app.compliance.guards import Guards
from app.compliance.overlays import Mode
from app.compliance.patterns import Pattern, any_found
from app.compliance.places import Places, Variant
from app.compliance.rules import CompiledRule, RuleBook
from app.compliance.semantic import CONFIRM_FROM, SemanticLayer
from app.compliance.views import View
from app.library.files import find_source
from app.records import VERDICTS, Draft, Finding, RuleSeverity, Source, Verdict
from app.text.literals import Prefilter
from app.text.phrases import Phrases

BOLD_LIMIT = 0.8  # an undone disguise is a guess: never surer than this
SURE, FAIR = 0.75, 0.6
SUSPECTED, DOUBTED = 0.7, 0.55  # confidence of the semantic layer: a confirm of what would be a block, or a hint


@dataclass(frozen=True)
class Found:
    """A surviving hit with its rule and its place in the draft as typed."""

    rule: CompiledRule
    start: int
    end: int
    confidence: float
    semantic: bool = False
    note: str = ""


@dataclass(frozen=True)
class Step:
    """A place where a rule's words meet: is the rule meant for the draft, excused by it, or silenced at the place?"""

    rule: CompiledRule
    view: View
    hit: Hit
    meant: bool
    excused: bool
    silent: bool

    @property
    def kept(self) -> bool:
        """Whether it is a finding, unless a worse one of the group lies over it."""
        return self.meant and not self.excused and not self.silent


class Linter:
    """Holds the compiled rules; immutable after construction, so one instance serves every thread."""

    def __init__(
        self,
        book: RuleBook,
        sources: Mapping[str, Source] | None = None,
        laws: Iterable[LawArticle] = (),
        semantic: SemanticLayer | None = None,
        modes: Iterable[Mode] = (),
    ) -> None:
        self.book = book
        self.places = Places(book, modes)
        self._semantic = semantic
        self._sources = sources or {}
        self._registry = Registry(laws)
        self._guards = Guards(book.cues)
        searched = [(p, i) for i, r in enumerate(book.rules) if r.rule.kind not in CHECKS for p in r.patterns]
        self._patterns: list[tuple[Pattern, int]] = searched
        self._prefilter = Prefilter([p.source for p, _ in searched])
        self._terms: Phrases[int] = Phrases((t.lower(), i) for i, r in enumerate(book.rules) for t in r.rule.terms)
        self._checks = [r for r in book.rules if r.rule.kind in CHECKS]
        called = [(p, i) for i, r in enumerate(self._checks) if r.rule.kind in CALLED for p in r.patterns]
        self._calling, self._called = Prefilter([p.source for p, _ in called]), [i for _, i in called]
        self._uncalled = {i for i, r in enumerate(self._checks) if i not in self._called}

    def findings(self, draft: Draft, complaint: bool | None = None) -> tuple[Finding, ...]:
        """Return what is wrong with the draft, by position. `complaint` None means unknown: such rules stay silent."""
        views = [view for view in self.book.denoiser.views(draft.text) if view.text]
        variants = self.places.variants(draft)
        found = _merged([_placed(f, variants) for f in self._found(draft, views, complaint)])
        if views and self._semantic is not None and all(_effective(f) == "hint" for f in found):
            suspected = self._suspected(self._semantic, views[-1])
            found = _merged([*found, *(_placed(f, variants) for f in suspected)])
        return tuple(self._finding(f, draft.text) for f in found)

    def _suspected(self, semantic: SemanticLayer, view: View) -> Iterator[Found]:
        """Yield what the semantic layer suspects; it is asked only where no rule already asks for a rewrite."""
        found = semantic.suspicion(view)
        if found is not None:
            start, end = view.origin(found.start, found.end)
            yield Found(found.rule, start, end, SUSPECTED if found.chance >= CONFIRM_FROM else DOUBTED, True)

    def objects(self, rule: CompiledRule, draft: Draft, complaint: bool | None = None) -> bool:
        """Return whether this one rule finds anything, whatever the others find at the same place."""
        if not self._applies(rule, draft, complaint):
            return False
        earlier = Earlier(draft.history)
        views = [view for view in self.book.denoiser.views(draft.text) if view.text]
        return any(
            not self._silent(rule, view, hit)
            for view in views
            if not _excused(rule, view)
            for hit in _own_hits(rule, Scene(draft, view, self._registry, earlier))
        )

    def trail(self, rule: CompiledRule, draft: Draft, complaint: bool | None = None) -> Iterator[Step]:
        """Yield every place one rule's words meet, and what becomes of it there: for people who try rules out."""
        meant, earlier = self._applies(rule, draft, complaint), Earlier(draft.history)
        for view in self.book.denoiser.views(draft.text):
            scene = Scene(draft, view, self._registry, earlier)
            for hit in _own_hits(rule, scene) if view.text else ():
                yield Step(rule, view, hit, meant, _excused(rule, view), self._silent(rule, view, hit))

    def _found(self, draft: Draft, views: Sequence[View], complaint: bool | None) -> list[Found]:
        found: list[Found] = []
        earlier = Earlier(draft.history)
        for view in views:
            scene = Scene(draft, view, self._registry, earlier)
            found += [f for f in self._search(scene, complaint) if not (view.bold and _known(f, found))]
        return found

    def _search(self, scene: Scene, complaint: bool | None) -> Iterator[Found]:
        view = scene.view
        for rule, hits in self._hits(scene, complaint):
            if not _excused(rule, view):
                yield from (_found(rule, view, hit) for hit in hits if not self._silent(rule, view, hit))

    def _hits(self, scene: Scene, complaint: bool | None) -> Iterator[tuple[CompiledRule, Iterable[Hit]]]:
        """Yield the rules that meet the text, each with where; nothing further is asked of the others."""
        view = scene.view
        places: dict[int, set[Hit]] = {}
        for index in self._prefilter.candidates(view.text):
            pattern, owner = self._patterns[index]
            for first, last in pattern.spans(view.raw):
                places.setdefault(owner, set()).add(Hit(view.at(first), view.at(last)))
        for start, end, owner in self._terms.find(view.text):
            places.setdefault(owner, set()).add(Hit(start, end))
        for owner, hits in places.items():
            if self._applies(self.book.rules[owner], scene.draft, complaint):
                yield self.book.rules[owner], hits
        called = {self._called[i] for i in self._calling.candidates(scene.about)}
        for rule in (self._checks[i] for i in sorted(called | self._uncalled)):
            if self._applies(rule, scene.draft, complaint) and (met := list(CHECKS[rule.rule.kind](rule, scene))):
                yield rule, met

    def _applies(self, rule: CompiledRule, draft: Draft, complaint: bool | None) -> bool:
        where, names, here = rule.rule, self.book.names, draft.context
        if where.channels and draft.channel not in where.channels:
            return False
        if where.platforms and not names.platforms.among(here.platform, where.platforms):
            return False
        if where.industries and not names.industries.among(here.industry, where.industries):
            return False
        return complaint is True or not where.complaint_only

    def _silent(self, rule: CompiledRule, view: View, hit: Hit) -> bool:
        for patterns, around in ((rule.unless_clause, view.clause), (rule.unless_sentence, view.sentence)):
            if patterns:
                first, last = around(hit.start, hit.end)
                if any_found(patterns, view.text[first : last + 1].encode("utf-8", "replace")):
                    return True
        covered = any(
            view.at(first) <= hit.start and hit.end <= view.at(last)
            for pattern in rule.allow
            for first, last in pattern.spans(view.raw)
        )
        return covered or self._guards.silent(rule.guards, view, hit.start, hit.end)

    def _finding(self, found: Found, text: str) -> Finding:
        rule = found.rule.rule
        return Finding(
            rule.rule_id,
            rule.group,
            _effective(found),
            found.confidence,
            found.start,
            found.end,
            text[found.start : found.end],
            rule.message,
            rule.reason + found.note,
            tuple(find_source(self._sources, key) or Source(key, key) for key in rule.sources),
            () if found.semantic else tuple(rule.replacements),
            found.semantic,
        )


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return the worst severity among the findings, `pass` when there are none."""
    return max((f.severity for f in findings), key=VERDICTS.index, default="pass")


def effective(severity: RuleSeverity, confidence: float) -> RuleSeverity:
    """Return what a severity amounts to at a confidence: an unsure rule may advise, never stop."""
    if confidence < FAIR:
        return "hint"
    if confidence < SURE:
        return "confirm" if severity == "block" else "hint"
    return severity


def _effective(found: Found) -> RuleSeverity:
    return effective(found.rule.severity, found.confidence)


def _placed(found: Found, variants: Mapping[str, Variant]) -> Found:
    """Return the hit under the rule as it is where the draft is sent; what changes nothing explains nothing."""
    variant = variants.get(found.rule.rule.id)
    if variant is None:
        return found
    rule = variant.rule
    told = variant.note and effective(rule.severity, found.confidence) != _effective(found)
    return Found(rule, found.start, found.end, found.confidence, found.semantic, variant.note if told else "")


def _own_hits(rule: CompiledRule, scene: Scene) -> Iterator[Hit]:
    """Yield where one rule's patterns and terms, or its check, meet the text."""
    if rule.rule.kind in CHECKS:
        yield from CHECKS[rule.rule.kind](rule, scene)
        return
    view = scene.view
    for pattern in rule.patterns:
        yield from (Hit(view.at(first), view.at(last)) for first, last in pattern.spans(view.raw))
    terms = Phrases((term.lower(), None) for term in rule.rule.terms)
    yield from (Hit(start, end) for start, end, _ in terms.find(view.text))


def _excused(rule: CompiledRule, view: View) -> bool:
    """A vague word with a concrete time elsewhere in the draft is no finding, and the like."""
    if rule.rule.kind == "conditional" and any_found(rule.needs, view.raw):
        return True
    return any_found(rule.unless, view.raw)


def _found(rule: CompiledRule, view: View, hit: Hit) -> Found:
    confidence = rule.rule.confidence if hit.confidence is None else min(hit.confidence, rule.rule.confidence)
    start, end = view.origin(hit.start, hit.end)
    return Found(rule, start, end, min(confidence, BOLD_LIMIT) if view.bold else confidence)


def _known(found: Found, earlier: list[Found]) -> bool:
    return any(f.rule is found.rule and f.start < found.end and found.start < f.end for f in earlier)


def _weight(found: Found) -> tuple[int, float, int, int]:
    return (
        VERDICTS.index(_effective(found)),
        found.confidence,
        found.end - found.start,
        -found.start,
    )


def _merged(found: list[Found]) -> list[Found]:
    """Keep the worst of findings of one group that overlap, ordered by place."""
    kept: list[Found] = []
    for candidate in sorted(found, key=_weight, reverse=True):
        rival = any(
            k.rule.rule.group == candidate.rule.rule.group and k.start < candidate.end and candidate.start < k.end
            for k in kept
        )
        if not rival:
            kept.append(candidate)
    return sorted(kept, key=lambda f: (f.start, f.end, f.rule.rule.id))
