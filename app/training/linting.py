"""Measure the linter on drafts of writers it has not learnt from: `kefu eval linter`."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.assist.drafts import DraftChecker
from app.compliance.facts import facts
from app.library.documents import read
from app.records import Check, Commitment, Draft
from app.text.normalise import normalise
from app.text.phrases import Phrases
from app.training.drafts import BAD, LabelledDraft, Undertaken
from app.training.evaluation import HEADER, Row, Rows, row

NOW = datetime(2026, 11, 23, 15, 7, tzinfo=timezone(timedelta(hours=8)))
PASSED = ("pass", "hint")
POOLED, CLOCKED = "all of them", "with the right time"


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled draft and what the product says of it."""

    draft: LabelledDraft
    check: Check

    @property
    def named(self) -> bool:
        """Whether a finding names one of the groups the draft breaks."""
        return bool({r[:3] for r in self.draft.rules} & {f.group for f in self.check.findings})


def judge(drafts: Sequence[LabelledDraft], checker: DraftChecker) -> list[Judged]:
    """Check every draft as an agent's console would."""
    return [
        Judged(d, checker.check(Draft(d.text, d.now or NOW, d.turns, d.channel), d.context.complaint, "none"))
        for d in drafts
    ]


def figures(judged: Sequence[Judged], words: Sequence[str]) -> list[Row]:
    """Return every figure with its interval; `words` is the plain list the linter is compared with."""
    by_kind = {kind: [j for j in judged if j.draft.kind == kind] for kind in (*BAD, "near_miss", "ordinary")}
    bad = [j for kind in BAD for j in by_kind[kind]]
    near, ordinary = by_kind["near_miss"], by_kind["ordinary"]
    rows = [
        _share(f"recall, {kind}", by_kind[kind], lambda j: bool(j.check.findings), target)
        for kind, target in zip(BAD, ("≥ 0.95", "≥ 0.70", "≥ 0.85"), strict=True)
    ]
    rows += [
        _share("the right group named, all breaches", bad, lambda j: j.named, ""),
        _share("near misses flagged confirm or block", near, lambda j: j.check.verdict not in PASSED, "≤ 0.05"),
        _share("near misses flagged at all", near, lambda j: bool(j.check.findings), ""),
        _share("ordinary replies flagged at all", ordinary, lambda j: bool(j.check.findings), "≤ 0.01"),
    ]
    rewritten = [j for j in bad if j.check.rewrite is not None]
    rows += [
        _share("breaches with a rewrite offered", bad, lambda j: j.check.rewrite is not None, ""),
        _share("rewrites that keep amounts, dates, numbers, names", rewritten, _keeps_facts, "1"),
    ]
    rows += [r for name, list_ in _lists(words).items() for r in _baseline(name, list_, bad, near, ordinary)]
    labelled = [j for j in judged if j.draft.commitments is not None]
    clocked = [j for j in labelled if j.draft.now or not j.draft.commitments]
    rows += commitments(labelled, "dated or not", _dated, _says_when, "")
    if any(j.draft.now for j in clocked):
        rows += commitments(clocked, CLOCKED, _at, _due, "≥ 0.85")
    return [r for r in rows if r.n]


def commitments(
    judged: Sequence[Judged],
    name: str,
    meant: Callable[[Undertaken], object],
    said: Callable[[Commitment], object],
    target: str,
) -> list[Row]:
    """Return precision, recall and F1 of promises found; one counts when `said` of it equals `meant` of a label."""
    hits, found, labelled = (np.zeros(len(judged)) for _ in range(3))
    for i, j in enumerate(judged):
        gold = Counter(map(meant, j.draft.commitments or ()))
        ours = Counter(map(said, j.check.commitments))
        hits[i], found[i], labelled[i] = (gold & ours).total(), ours.total(), gold.total()
    rows = np.arange(len(judged))

    def ratio(top: NDArray[Any], *parts: NDArray[Any]) -> Callable[[Rows], float]:
        return lambda i: float(len(parts) * top[i].sum() / max(1, sum(part[i].sum() for part in parts)))

    return [
        row(f"commitments, {name}, precision", ratio(hits, found), rows, ""),
        row(f"commitments, {name}, recall", ratio(hits, labelled), rows, ""),
        row(f"commitments, {name}, F1", ratio(hits, found, labelled), rows, target),
    ]


def _dated(promise: Undertaken) -> bool:
    return promise.due is not None


def _says_when(promise: Commitment) -> bool:
    return promise.due is not None


def _at(promise: Undertaken) -> datetime | None:
    return promise.at


def _due(promise: Commitment) -> datetime | None:
    return datetime.fromisoformat(promise.due) if promise.due else None


def groups(judged: Sequence[Judged]) -> str:
    """Return a table: per group, how many breaches of each kind are found."""
    lines = ["| group | direct | indirect | obfuscated |", "|---|---|---|---|"]
    for group in sorted({j.draft.rules[0][:3] for j in judged if j.draft.rules}):
        cells = []
        for kind in BAD:
            mine = [j for j in judged if j.draft.kind == kind and j.draft.rules[0].startswith(group)]
            cells.append(f"{sum(bool(j.check.findings) for j in mine)} of {len(mine)}")
        lines.append(f"| {group} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def report(by_author: Mapping[str, Sequence[Judged]], knowledge: Path) -> str:
    """Return the page's section on the linter: a table for each writer and for all of them, and the groups over all."""
    words = [str(w) for w in read(knowledge / "wordlist.yaml").items("words")]
    parts = [
        f"Measured on {date.today()} on writers nothing was learnt from. Intervals: 95 %, bootstrap over drafts.\n"
    ]
    everyone = [j for judged in by_author.values() for j in judged]
    for author, judged in {**by_author, POOLED: everyone}.items():
        measured = figures(judged, words)
        if author == POOLED:  # who gives no clock adds only promises that are none: times are told writer by writer
            measured = [r for r in measured if CLOCKED not in r.name]
        parts.append(f"\n### {author}, {len(judged)} drafts\n\n{HEADER}{''.join(r.line() for r in measured)}")
    return "".join([*parts, "\n", groups(everyone)])


def _share(name: str, judged: Sequence[Judged], holds: Callable[[Judged], bool], target: str) -> Row:
    truth = np.array([holds(j) for j in judged])
    if not judged:
        return Row(name, 0.0, 0.0, 0.0, 0, target)
    return row(name, lambda i: float(truth[i].mean()), np.arange(len(truth)), target)


def _keeps_facts(judged: Judged) -> bool:
    context = Draft("", NOW).context
    return facts(judged.draft.text, context) <= facts(
        judged.check.rewrite.text if judged.check.rewrite else "", context
    )


def _lists(words: Sequence[str]) -> Mapping[str, Callable[[str], bool]]:
    plain, cleaned = Phrases((w, w) for w in words), Phrases((normalise(w).text, w) for w in words)
    return {
        "word list": lambda text: next(plain.find(text), None) is not None,
        "word list, text cleaned": lambda text: next(cleaned.find(normalise(text).text), None) is not None,
    }


def _baseline(
    name: str, flags: Callable[[str], bool], bad: Sequence[Judged], near: Sequence[Judged], ordinary: Sequence[Judged]
) -> list[Row]:
    return [
        _share(f"{name}: recall", bad, lambda j: flags(j.draft.text), ""),
        _share(f"{name}: near misses flagged", near, lambda j: flags(j.draft.text), ""),
        _share(f"{name}: ordinary replies flagged", ordinary, lambda j: flags(j.draft.text), ""),
    ]
