"""The labelled drafts (knowledge/drafts/): what agents might send, with the rules it breaks. The linter's semantic
layer learns from them, and the linter is measured on writers it has not learnt from."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from app.compliance.rules import RuleBook
from app.errors import ContentError
from app.library.documents import Entry, read
from app.records import Channel, Turn

Kind = Literal["direct", "indirect", "obfuscated", "near_miss", "ordinary"]
BAD: tuple[Kind, ...] = ("direct", "indirect", "obfuscated")


class Undertaken(Entry):
    """Something the agent promised, the words that say by when, and what that is on the clock.

    `at` counts only on a draft with `now`; `after` ("48h") is a time that runs from an event still to come.
    """

    what: str
    due: str | None
    at: AwareDatetime | None = None
    after: str | None = None


class Around(Entry):
    """What is known around a draft."""

    complaint: bool | None = None


class LabelledDraft(Entry):
    """A draft with the sub-rules it breaks, main one first; `near` is the one a near miss resembles.

    `commitments` is None where nobody labelled them.
    """

    id: str
    text: str = Field(min_length=1)
    kind: Kind
    rules: tuple[str, ...] = ()
    near: str | None = None
    channel: Channel = "im"
    context: Around = Around()
    history: tuple[str, ...] = ()
    commitments: tuple[Undertaken, ...] | None = None
    now: AwareDatetime | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation before the draft; lines begin with C: or A:."""
        return tuple(Turn("customer" if h.startswith("C") else "agent", h[2:].strip()) for h in self.history)


def load(
    folder: Path, known: Collection[str], authors: Collection[str] | None = None
) -> dict[str, list[LabelledDraft]]:
    """Return the drafts by author. Raises ContentError naming file and line for an unknown rule or a label amiss."""
    found: dict[str, list[LabelledDraft]] = {}
    for path in sorted(folder.glob("*.yaml")):
        if authors is not None and path.stem not in authors:
            continue
        document = read(path)
        drafts = document.entries("drafts", LabelledDraft)
        seen: set[str] = set()
        for i, draft in enumerate(drafts):
            for problem in _problems(draft, known, seen):
                raise ContentError(problem, path, document.line(("drafts", i)), draft.id)
            seen.add(draft.id)
        found[path.stem] = drafts
    return found


def _problems(draft: LabelledDraft, known: Collection[str], seen: Collection[str]) -> Sequence[str]:
    unknown = [r for r in (*draft.rules, *filter(None, [draft.near])) if r not in known]
    if unknown:
        return [f"分类表里没有规则 {unknown[0]}"]
    if draft.id in seen:
        return [f"编号 {draft.id} 重复"]
    if bool(draft.rules) != (draft.kind in BAD):
        return [f"{draft.kind} 与 rules 不相符"]
    return []


def evaluation_authors(knowledge: Path) -> tuple[str, ...]:
    """Return the authors whose drafts measure the linter and are never learnt from (knowledge/split.yaml)."""
    return tuple(read(knowledge / "split.yaml").items("drafts_evaluation"))


def rule_ids(book: RuleBook) -> frozenset[str]:
    """Return every sub-rule of the taxonomy."""
    return frozenset(rule for group in book.groups.values() for rule in group.rules)
