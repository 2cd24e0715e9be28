"""Every rule proves itself on its own examples: a rule that never fires would look clean for ever."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from app import __version__
from app.compliance.lint import Linter
from app.compliance.rules import CompiledRule, Example
from app.errors import ContentError
from app.records import Context, Draft, Turn

_passed: set[str] = set()  # digests of rules that have passed in this process
_NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def check(linter: Linter) -> None:
    """Raise ContentError for the first pattern or example that fails, naming file, line, rule and example."""
    for rule in linter.book.rules:
        rule.prove()
    for error in failures(linter):
        raise error


def check_once(linter: Linter, marker: Path) -> None:
    """Check, unless `marker` says that these very rules have passed before. Raises ContentError as `check` does."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(linter.book.folder.glob("*.yaml")):
        digest.update(path.read_bytes())
    proven = digest.hexdigest()
    if marker.exists() and marker.read_text(encoding="ascii", errors="replace") == proven:
        return
    if proven not in _passed:
        check(linter)
        _passed.add(proven)
    marker.parent.mkdir(parents=True, exist_ok=True)
    temporary = marker.with_suffix(".tmp")
    temporary.write_text(proven, encoding="ascii")
    temporary.replace(marker)


def failures(linter: Linter) -> Iterator[ContentError]:
    """Yield one ContentError per example that fails."""
    for rule in linter.book.rules:
        yield from _failures(linter, rule)


def _failures(linter: Linter, rule: CompiledRule) -> Iterator[ContentError]:
    for wanted, examples in ((True, rule.rule.examples.bad), (False, rule.rule.examples.good)):
        for example in examples:
            if linter.objects(rule, draft_of(example), example.complaint) != wanted:
                word = "没有标出反例" if wanted else "误标了正例"
                message = f"规则 {rule.rule.id} {word}:{example.text}"
                yield ContentError(message, rule.path, rule.line, "examples.bad" if wanted else "examples.good")


def draft_of(example: Example) -> Draft:
    """Return the draft an example describes."""
    turns = tuple(Turn(t.role, t.text) for t in example.history)
    return Draft(example.text, _NOW, turns, example.channel, Context(compensation=example.compensation))
