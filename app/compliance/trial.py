"""Try rules out on a text: which of them met it, what silenced them, what is left; and run their own examples."""

from collections.abc import Iterable, Iterator

from app.compliance.explain import GUARDS, LEVELS
from app.compliance.guards import Guards
from app.compliance.lint import Linter, Step, verdict
from app.compliance.patterns import any_found
from app.compliance.rules import CompiledRule
from app.compliance.selftest import draft_of
from app.records import Draft


def examined(linter: Linter, rules: Iterable[CompiledRule], draft: Draft, complaint: bool | None) -> Iterator[str]:
    """Yield a line per place a rule met and what became of it, then the verdict on the whole draft."""
    guards = Guards(linter.book.cues)
    findings = linter.findings(draft, complaint)
    lines = [_line(step, guards, draft) for rule in rules for step in linter.trail(rule, draft, complaint)]
    yield from dict.fromkeys(lines) if lines else ("没有规则碰到这段话",)
    yield f"结论  {verdict(findings)} {LEVELS[verdict(findings)]}"
    for finding in findings:
        layer = "语义层 " if finding.semantic else ""
        yield f"  {finding.severity}  {layer}{finding.rule_id} “{finding.text}” {finding.message} {finding.reason}"
    merged = {s.rule.rule.rule_id for r in rules for s in linter.trail(r, draft, complaint) if s.kept}
    hidden = sorted(merged - {f.rule_id for f in findings})
    if hidden:
        yield f"  同组更重的发现盖住了：{'、'.join(hidden)}"


def _line(step: Step, guards: Guards, draft: Draft) -> str:
    start, end = step.view.origin(step.hit.start, step.hit.end)
    shown = draft.text[start:end] + ("（还原变体后）" if step.view.bold else "")
    outcome = "标出" if step.kept else f"放过：{_silencer(step, guards)}"
    return f"{step.rule.rule.id} “{shown}” {outcome}"


def _silencer(step: Step, guards: Guards) -> str:
    """Return in words what let the place pass: the first of the reasons, in the order in which they are looked at."""
    rule, view, hit = step.rule, step.view, step.hit
    if not step.meant:
        return "规则不用于这个渠道、平台、行业，或只用于投诉"
    if step.excused:
        needed = rule.rule.kind == "conditional" and any_found(rule.needs, view.raw)
        return "needs 该写的写了" if needed else "unless 整条放过"
    for name, patterns, around in (
        ("unless_clause 所在分句放过", rule.unless_clause, view.clause),
        ("unless_sentence 所在句放过", rule.unless_sentence, view.sentence),
    ):
        first, last = around(hit.start, hit.end)
        if any_found(patterns, view.text[first : last + 1].encode("utf-8", "replace")):
            return name
    named = [n for n in rule.guards if guards.silent((n,), view, hit.start, hit.end)]
    return f"{named[0]} {GUARDS[named[0]]}" if named else "allow 允许的说法"


def proven(linter: Linter, rules: Iterable[CompiledRule]) -> Iterator[tuple[bool, str]]:
    """Yield for every example whether it comes out as it should, and a line that says so."""
    for rule in rules:
        for wanted, examples in ((True, rule.rule.examples.bad), (False, rule.rule.examples.good)):
            for example in examples:
                good = linter.objects(rule, draft_of(example, rule), example.complaint) == wanted
                expected = "应标出" if wanted else "不应标出"
                yield good, f"{'✓' if good else '✗'} {rule.rule.id} {expected}  {example.text}"
