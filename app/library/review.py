"""What a trainer should know before a script is saved: errors stop publishing, warnings advise."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import ValidationError

from app.library.schema import MIN_PHRASINGS, REPLY_LENGTH, SLOT, Script
from app.library.similar import Similarity, bare
from app.records import Finding

Kind = Literal["error", "warning"]
Lint = Callable[[str], Sequence[Finding]]
Check = Callable[[Script], Iterable[tuple[str, str]]]

# What a slot may turn into (docs/content-format.md): a known value, and what stands there when nothing is known.
KNOWN: Mapping[str, str] = {
    "name": "王女士，",
    "order_id": "订单20261123001",
    "product": "空气炸锅",
    "carrier": "中通快递",
    "deadline": "今天18:00",
    "callback": "今天15:30",
    "followup": "明天15:30",
    "owner": "值班主管",
    "refund_period": "1到3个工作日",
    "compensation": "10元优惠券",
}
UNKNOWN: Mapping[str, str] = {
    **KNOWN,
    "name": "",
    "order_id": "您这笔订单",
    "product": "这件商品",
    "carrier": "承运快递",
    "owner": "我",
}
_PROBLEMS = {
    "missing": "还没有填",
    "string_too_short": "还没有填",
    "too_short": "还没有填",
    "string_too_long": "太长，最多 {max_length} 个字",
    "too_long": "太多，最多 {max_length} 个",
    "extra_forbidden": "没有这个字段",
    "literal_error": "只能是 {expected} 之一",
    "string_pattern_mismatch": "只能用小写字母、数字、- 和 _",
    "int_parsing": "应为整数",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on a field; `other_id` names the script it collides with."""

    field: str
    kind: Kind
    message: str
    other_id: str | None = None


class Reviewer:
    """Checks scripts against the library as it is now. Immutable.

    `similar` is the present library, `lint` returns the findings of a text, `check` what refers to nothing.
    With `strict`, as for what the product ships, everything is an error.
    """

    def __init__(self, similar: Similarity, lint: Lint, check: Check, *, strict: bool = False) -> None:
        self._similar = similar
        self._lint = lint
        self._check = check
        self._strict = strict

    def review(self, script: Script) -> list[Remark]:
        """Return the remarks, errors first."""
        remarks = list(self._remarks(script))
        if self._strict:
            remarks = [replace(r, kind="error") for r in remarks]
        return sorted(remarks, key=lambda r: r.kind)

    def review_fields(self, fields: Mapping[str, object]) -> list[Remark]:
        """Return the remarks on a script that may still be incomplete: what is missing or misshapen, else `review`."""
        try:
            return self.review(Script.model_validate(fields))
        except ValidationError as error:
            remarks = [_misshapen(e["type"], e["loc"], e["msg"], e.get("ctx", {})) for e in error.errors()]
            # a list is also called too short when its only item is wrong; the item says more
            return [r for r in remarks if not any(o.field.startswith(f"{r.field}.") for o in remarks)]

    def _remarks(self, script: Script) -> Iterator[Remark]:
        yield from (Remark(field, "error", message) for field, message in self._check(script))
        yield from _length(script)
        yield from self._findings(script)
        yield from _phrasings(script)
        yield from self._duplicates(script)

    def _findings(self, script: Script) -> Iterator[Remark]:
        seen: set[tuple[str, str]] = set()
        for text in filled(script.reply):
            for finding in self._lint(text):
                if (finding.rule_id, finding.message) not in seen:
                    seen.add((finding.rule_id, finding.message))
                    kind: Kind = "warning" if finding.severity == "hint" else "error"
                    yield Remark("reply", kind, f"{finding.rule_id}“{finding.text}”：{finding.message}")

    def _duplicates(self, script: Script) -> Iterator[Remark]:
        if near := self._similar.reply(script.reply, script.id):
            yield Remark("reply", "warning", f"与 {near.id} 的回复有 {near.score:.0%} 相同", near.id)
        for number, phrasing in enumerate(script.phrasings):
            if near := self._similar.phrasing(phrasing.text, script.id):
                field = f"phrasings.{number}"
                yield Remark(field, "warning", f"“{phrasing.text}”与 {near.id} 的“{near.text}”几乎一样", near.id)


def filled(reply: str) -> list[str]:
    """Return the reply as customers may get it: with everything known, and with as little as possible."""
    return list(dict.fromkeys(_with(values, reply) for values in (KNOWN, UNKNOWN)))


def _with(values: Mapping[str, str], reply: str) -> str:
    return SLOT.sub(lambda match: values[match[1]], reply)


def _length(script: Script) -> Iterator[Remark]:
    shortest, longest = REPLY_LENGTH
    lengths = [len(text) for text in filled(script.reply)]
    if min(lengths) < shortest or max(lengths) > longest:
        found = "–".join(str(n) for n in sorted(set(lengths)))
        yield Remark("reply", "error", f"回复填好占位符后是 {found} 字，应为 {shortest}–{longest} 字")


def _phrasings(script: Script) -> Iterator[Remark]:
    if len(script.phrasings) < MIN_PHRASINGS:
        message = f"只有 {len(script.phrasings)} 种客户说法，至少写 {MIN_PHRASINGS} 种才容易被找到"
        yield Remark("phrasings", "warning", message)
    seen: dict[str, str] = {}
    for number, phrasing in enumerate(script.phrasings):
        key = bare(phrasing.text) or phrasing.text
        if key in seen:
            yield Remark(f"phrasings.{number}", "warning", f"“{phrasing.text}”与前面的“{seen[key]}”重复")
        seen.setdefault(key, phrasing.text)


def _misshapen(problem: str, place: Sequence[int | str], message: str, context: Mapping[str, object]) -> Remark:
    sentence = _PROBLEMS.get(problem, message.removeprefix("Value error, "))
    return Remark(".".join(str(p) for p in place), "error", sentence.format_map({**context}))
