"""Plan and passages → up to three replies that differ, are filled in, and passed the check."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from uuid import uuid4

from app.assist.slots import SlotValues
from app.library.schema import Script
from app.records import Check, Passage, Plan, Slot, Source, Suggestion

WEAK = 0.30  # no suggestion is better than one below this score
LESS_THAN_BEST = 0.60  # nor one that scores under this share of the best
REPEATED = 0.06  # what a reply loses against the next when its technique is already shown
ALIKE = 0.45  # replies that share this much of their character pairs count as the same offer


@dataclass(frozen=True, slots=True)
class _Draft:
    script: Script
    passage: Passage
    technique: str
    text: str
    slots: tuple[Slot, ...]
    check: Check
    pairs: frozenset[str]  # of neighbouring characters


def compose(
    plan: Plan,
    passages: Iterable[Passage],
    scripts: Mapping[str, Script],
    values: SlotValues,
    check: Callable[[str], Check],
    sources: Callable[[Iterable[str]], tuple[Source, ...]],
    limit: int,
) -> tuple[Suggestion, ...]:
    """Return the best `limit` replies, each with another technique or offer than those before it.

    A reply whose slots cannot be filled, or whose check is not `pass`, is never returned.
    """
    chosen: list[_Draft] = []
    waiting = list(passages)
    floor = max(WEAK, waiting[0].score * LESS_THAN_BEST) if waiting else 1.0
    while waiting and len(chosen) < limit:
        shown = {draft.technique for draft in chosen}
        passage = max(waiting, key=lambda p: p.score - REPEATED * (_technique(scripts[p.script_id], plan) in shown))
        waiting.remove(passage)
        draft = _draft(scripts[passage.script_id], passage, plan, values, check) if passage.score >= floor else None
        if draft and not any(_same_offer(draft, other) for other in chosen):
            chosen.append(draft)
    return tuple(_suggestion(rank, draft, sources) for rank, draft in enumerate(chosen, 1))


def _draft(
    script: Script, passage: Passage, plan: Plan, values: SlotValues, check: Callable[[str], Check]
) -> _Draft | None:
    filled = values.fill(script.reply)
    if filled is None:
        return None
    text, slots = filled
    verdict = check(text)
    if verdict.verdict != "pass" or not verdict.checked:
        return None
    pairs = frozenset(map("".join, pairwise(text)))
    return _Draft(script, passage, _technique(script, plan), text, slots, verdict, pairs)


def _technique(script: Script, plan: Plan) -> str:
    return plan.id if plan.id in script.techniques else script.techniques[0]


def _same_offer(one: _Draft, other: _Draft) -> bool:
    shared = len(one.pairs & other.pairs) / (len(one.pairs | other.pairs) or 1)  # Jaccard
    same_step = one.technique == other.technique and one.script.stage == other.script.stage
    return shared >= (ALIKE / 2 if same_step else ALIKE)


def _suggestion(rank: int, draft: _Draft, sources: Callable[[Iterable[str]], tuple[Source, ...]]) -> Suggestion:
    script = draft.script
    return Suggestion(
        id=uuid4().hex,
        rank=rank,
        script_id=script.id,
        script_version=script.version,
        title=script.title,
        technique=draft.technique,
        text=draft.text,
        slots=draft.slots,
        score=draft.passage.score,
        why=(*draft.passage.why, f"适用：{script.use_when}"),
        sources=sources(script.sources),
        check=draft.check,
    )
