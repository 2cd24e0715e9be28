"""A whole-draft proposal: what may stay stays, what may not goes, and the parts of a good answer are filled in.

The proposal keeps every fact of the draft, adds none but the time and the person the caller names, and passes the check
itself; when that cannot be had there is no proposal.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from app.compliance.elements import Elements
from app.compliance.facts import facts
from app.compliance.lint import Linter
from app.library.documents import Entry, read
from app.records import VERDICTS, Draft, Finding, Rewrite

_SENTENCE = re.compile(r"[^。!?！？;；\n]+[。!?！？;；\n~～…]*")
_CLAUSE = re.compile(r"[^,，]+[,，]*")
_TRAIL = ",，、;； "
_STOPS = "。!?！？~～"
SHORT = 8  # characters: what is longer is a clause of its own, not a word to exchange


class Parts(Entry):
    """The parts of an answer, in order; a group or a rule names only those in which it differs."""

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

    def __init__(self, material: Material, elements: Elements) -> None:
        self._material = material
        self._elements = elements
        self._dangling = re.compile(material.dangling)

    @classmethod
    def load(cls, knowledge: Path) -> "Rewriter":
        """Read compliance/rewrite.yaml and elements.yaml below `knowledge`. Raises ContentError."""
        document = read(knowledge / "compliance" / "rewrite.yaml")
        material = document.entry(("rewrite",), Material, document.data["rewrite"])
        return cls(material, Elements.load(knowledge))

    def rewrite(
        self, draft: Draft, findings: Sequence[Finding], linter: Linter, deadline: str, owner: str
    ) -> Rewrite | None:
        """Return a proposal, or None when nothing is wrong or none is safe."""
        if not findings:
            return None
        case = _Case(draft, findings, deadline, owner)
        before = facts(draft.text, draft.context)
        allowed = before | facts(f"{deadline},{owner}", draft.context)
        for text in dict.fromkeys(self._proposals(case)):
            # Rules for complaints only are added to the others, so the stricter check answers for both.
            if before <= facts(text, draft.context) <= allowed and not linter.findings(replace(draft, text=text), True):
                return Rewrite(text, facts_kept=True)
        return None

    def _proposals(self, case: _Case) -> Iterator[str]:
        """Yield candidates, the one closest to the draft first."""
        swaps = {f: s for f in case.findings if (s := self._swap(case, f)) is not None}
        if len(swaps) == len(case.findings) and all(_is_word(s) for s in swaps.values()):
            yield "".join(_swapped(piece, swaps) for piece in _pieces(case.draft.text))
        yield self._composed(case, self._kept(case, swaps))
        yield self._composed(case, self._kept(case, {}))

    def _swap(self, case: _Case, finding: Finding) -> str | None:
        if len(finding.replacements) == 1:
            return finding.replacements[0]
        own = self._material.replace.get(finding.rule_id)
        return case.fill(own) if own and len(finding.text) <= SHORT else None

    def _kept(self, case: _Case, swaps: Mapping[Finding, str]) -> str:
        """Return what may stay: sentences nothing is wrong with, and clauses of others that carry a fact or a part."""
        kept = []
        for sentence in _SENTENCE.finditer(case.draft.text):
            if not _touching(sentence, case.findings):
                kept.append(sentence.group())
                continue
            clauses = [
                self._clause(case, clause, swaps) for clause in _CLAUSE.finditer(case.draft.text, *sentence.span())
            ]
            words = "".join(_unrepeated(c for c in clauses if c)).rstrip(_TRAIL)
            kept.append(words if not words or words[-1] in _STOPS else f"{words}。")
        return "".join(kept).strip()

    def _clause(self, case: _Case, clause: re.Match[str], swaps: Mapping[Finding, str]) -> str:
        wrong = _touching(clause, case.findings)
        if any(f not in swaps for f in wrong):
            return ""
        if wrong:
            return _swapped(clause, swaps)
        text = clause.group()
        worth = facts(text, case.draft.context) or any(self._elements.found(text).values())
        return text if worth and not self._dangling.search(text) else ""

    def _composed(self, case: _Case, kept: str) -> str:
        worst = max(case.findings, key=lambda f: (VERDICTS.index(f.severity), f.confidence))
        parts = self._parts(worst)
        there = self._elements.found(kept)
        if there["soothe"]:
            parts["soothe"] = ""
        if there["solution"]:
            parts["choice"] = ""
        if there["follow_up"]:
            parts["when"] = ""
        if kept:
            parts["fact"] = kept if kept[-1] in _STOPS else f"{kept}。"
        return case.fill("".join(parts.values()))

    def _parts(self, finding: Finding) -> dict[str, str]:
        """Return each part from the rule's own material, else the group's, else the common one."""
        own = [self._material.groups.get(key, Parts()) for key in (finding.rule_id, finding.group)]
        layers = [*own, self._material.default]
        return {name: next((t for layer in layers if (t := getattr(layer, name))), "") for name in Parts.model_fields}


def _touching(piece: re.Match[str], findings: Iterable[Finding]) -> list[Finding]:
    return [f for f in findings if f.start < piece.end() and piece.start() < f.end]


def _pieces(text: str) -> Iterator[re.Match[str]]:
    """Yield every clause, its closing marks included."""
    for sentence in _SENTENCE.finditer(text):
        yield from _CLAUSE.finditer(text, *sentence.span())


def _swapped(piece: re.Match[str], swaps: Mapping[Finding, str]) -> str:
    """Return a clause with the marked words exchanged; a replacement that is a sentence replaces the clause."""
    text, wrong = piece.group(), sorted(_touching(piece, swaps), key=lambda f: f.start, reverse=True)
    end = text[len(text.rstrip(_TRAIL + _STOPS)) :]
    for finding in wrong:
        if not _is_word(swaps[finding]):
            return swaps[finding] + end
        first, last = max(finding.start - piece.start(), 0), finding.end - piece.start()
        text = text[:first] + swaps[finding] + text[last:]
    return text


def _is_word(replacement: str) -> bool:
    """Return whether a replacement goes into the clause, rather than in its place; a time does, however long."""
    return len(replacement) <= SHORT or replacement.endswith("前")


def _unrepeated(pieces: Iterable[str]) -> Iterator[str]:
    """Skip a piece that says the same as the one before it."""
    previous = ""
    for piece in pieces:
        if (bare := piece.rstrip(_TRAIL + _STOPS)) != previous:
            yield piece
        previous = bare
