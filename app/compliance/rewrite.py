"""A whole-draft proposal: what may stay stays, what may not goes, and the parts of a good answer are filled in.

The proposal keeps every fact of the draft, adds none but the time and the person the caller names, and passes the check
itself; when that cannot be had there is no proposal.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from app.compliance.facts import facts
from app.compliance.lint import Linter
from app.library.documents import Entry, read
from app.records import Draft, Finding, Rewrite

_SENTENCE = re.compile(r"[^。!?！？;；\n]+[。!?！？;；\n~～…]*")
_CLAUSE = re.compile(r"[^,，]+[,，]*")
_TRAIL = ",，、;； "


class Parts(Entry):
    """The parts of an answer, in order; a group names only those in which it differs."""

    soothe: str = ""
    fact: str = ""
    now: str = ""
    choice: str = ""
    when: str = ""


class Material(Entry):
    """What rewrite.yaml holds."""

    replace: Mapping[str, str] = Field(default_factory=dict)
    dangling: str
    default: Parts
    groups: Mapping[str, Parts] = Field(default_factory=dict)


@dataclass(frozen=True)
class _Case:
    draft: Draft
    findings: Sequence[Finding]
    deadline: str
    owner: str

    def fill(self, text: str) -> str:
        return text.replace("{deadline}", self.deadline).replace("{owner}", self.owner)


class Rewriter:
    """Proposes a clean draft in place of a faulty one."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._dangling = re.compile(material.dangling)

    @classmethod
    def load(cls, knowledge: Path) -> "Rewriter":
        """Read compliance/rewrite.yaml below `knowledge`. Raises ContentError."""
        document = read(knowledge / "compliance" / "rewrite.yaml")
        return cls(document.entry(("rewrite",), Material, document.data["rewrite"]))

    def rewrite(
        self, draft: Draft, findings: Sequence[Finding], linter: Linter, deadline: str, owner: str
    ) -> Rewrite | None:
        """Return a proposal, or None when nothing is wrong or none is safe."""
        case = _Case(draft, findings, deadline, owner)
        if not findings:
            return None
        for text in self._proposals(case):
            if self._keeps_facts(case, text) and _clean(linter, replace(draft, text=text)):
                return Rewrite(text, facts_kept=True)
        return None

    def _proposals(self, case: _Case) -> Iterator[str]:
        """Yield candidates, the one closest to the draft first."""
        swaps = {f: s for f in case.findings if (s := self._swap(case, f)) is not None}
        if len(swaps) == len(case.findings):
            yield _swapped(case.draft.text, swaps)
        rest = [f for f in case.findings if f not in swaps]
        for kept in (
            _without(case.draft.text, rest, _CLAUSE, swaps),
            _without(case.draft.text, case.findings, _CLAUSE),
        ):
            yield self._composed(case, self._standing(kept))
        yield self._composed(case, _without(case.draft.text, case.findings, _SENTENCE))

    def _swap(self, case: _Case, finding: Finding) -> str | None:
        if len(finding.replacements) == 1:
            return finding.replacements[0]
        own = self._material.replace.get(finding.rule_id)
        return case.fill(own) if own and len(finding.text) <= 6 else None

    def _standing(self, text: str) -> str:
        """Drop clauses that hang in the air."""
        return "".join(s for s in _SENTENCE.findall(text) if not self._dangling.search(s))

    def _composed(self, case: _Case, kept: str) -> str:
        group = max(case.findings, key=lambda f: (f.severity == "block", f.severity == "confirm", f.confidence)).group
        own, default = self._material.groups.get(group, Parts()), self._material.default
        parts = {name: getattr(own, name) or getattr(default, name) for name in Parts.model_fields}
        kept = kept.strip().strip(_TRAIL)
        middle = f"{kept}。" if kept and kept[-1] not in "。!?！？~～" else kept
        body = [parts["soothe"], middle or parts["fact"], parts["now"], parts["choice"], parts["when"]]
        return case.fill("".join(body))

    def _keeps_facts(self, case: _Case, text: str) -> bool:
        before, after = facts(case.draft.text, case.draft.context), facts(text, case.draft.context)
        return before <= after <= before | facts(f"{case.deadline},{case.owner}", case.draft.context)


def _clean(linter: Linter, draft: Draft) -> bool:
    return not any(linter.findings(draft, complaint) for complaint in (True, None))


def _swapped(text: str, swaps: Mapping[Finding, str]) -> str:
    for finding in sorted(swaps, key=lambda f: f.start, reverse=True):
        text = text[: finding.start] + swaps[finding] + text[finding.end :]
    return text


def _without(
    text: str, findings: Sequence[Finding], unit: re.Pattern[str], swaps: Mapping[Finding, str] | None = None
) -> str:
    """Return the text without the clauses or sentences the findings touch, the others swapped."""
    kept = []
    for sentence in _SENTENCE.finditer(text):
        pieces = list(unit.finditer(text, *sentence.span())) if unit is _CLAUSE else [sentence]
        for piece in pieces:
            if any(f.start < piece.end() and piece.start() < f.end for f in findings):
                continue
            inside = {
                _moved(f, -piece.start()): s
                for f, s in (swaps or {}).items()
                if piece.start() <= f.start and f.end <= piece.end()
            }
            kept.append(_swapped(piece.group(), inside))
    return "".join(kept)


def _moved(finding: Finding, by: int) -> Finding:
    return replace(finding, start=finding.start + by, end=finding.end + by)
