"""Every rule proves itself on its own examples: a rule that never fires would look clean for ever."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from app import atomic
from app.compliance.lint import Linter
from app.compliance.rules import CompiledRule, Example
from app.errors import ContentError
from app.records import Context, Draft, Turn

_passed: set[bytes] = set()  # digests of rules that have passed in this process
_NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def check(linter: Linter) -> None:
    """Raise ContentError for the first pattern or example that fails, naming file, line, rule and example."""
    for rule in linter.book.rules:
        rule.prove()
    for patterns in linter.book.cues.values():
        for pattern in patterns:
            pattern.prove()
    for error in failures(linter):
        raise error


def check_once(linter: Linter, marker: Path) -> None:
    """Check, unless `marker` says that these rules and laws have passed here. Raises as `check` does, and OSError."""
    proven = _digest(linter.book.folder)
    if marker.exists() and marker.read_bytes() == proven:
        return
    if proven not in _passed:
        check(linter)
        _passed.add(proven)
    atomic.write(marker, proven)


def _digest(rules: Path) -> bytes:
    digest = hashlib.sha256()
    program = Path(__file__).parents[1]
    laws = rules.parent.glob("laws.yaml")  # examples of citations hold as long as the registry says so
    code = [p for part in ("compliance/*.py", "text/*.py", "library/names.py") for p in program.glob(part)]
    for path in sorted([*rules.rglob("*.yaml"), *laws, *code]):
        digest.update(path.read_bytes())
    return digest.hexdigest().encode()


def failures(linter: Linter) -> Iterator[ContentError]:
    """Yield one ContentError per example that fails."""
    for rule in linter.book.rules:
        yield from _failures(linter, rule)


def _failures(linter: Linter, rule: CompiledRule) -> Iterator[ContentError]:
    for wanted, examples in ((True, rule.rule.examples.bad), (False, rule.rule.examples.good)):
        for example in examples:
            if linter.objects(rule, draft_of(example, rule), example.complaint) != wanted:
                word = "没有标出反例" if wanted else "误标了正例"
                message = f"规则 {rule.rule.id} {word}:{example.text}"
                yield ContentError(message, rule.path, rule.line, "examples.bad" if wanted else "examples.good")


def draft_of(example: Example, rule: CompiledRule | None = None) -> Draft:
    """Return the draft an example describes; where the rule has a place of its own, that is where it is sent."""
    turns = tuple(Turn(t.role, t.text) for t in example.history)
    platforms, industries = (rule.rule.platforms, rule.rule.industries) if rule else ((), ())
    context = Context(
        platform=example.platform or next(iter(platforms), None),
        industry=example.industry or next(iter(industries), None),
        compensation=example.compensation,
    )
    return Draft(example.text, _NOW, turns, example.channel, context)
