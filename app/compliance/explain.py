"""A rule in words, for the terminal: what it looks for, how sure it is, where it applies, what it stands on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches

from app.compliance.lint import Linter
from app.compliance.places import source_changes, touching
from app.compliance.rules import CompiledRule, Guard, Kind, RuleBook
from app.compliance.selftest import draft_of
from app.errors import NotFound
from app.library.files import find_source
from app.records import Draft, Source

LEVELS = {"pass": "通过", "hint": "建议", "confirm": "改写或说明理由", "block": "不得发送"}
KINDS: Mapping[Kind, str] = {
    "lexicon": "出现所列词语之一",
    "pattern": "有一处符合任一模式",
    "sequence": "两组词先后出现，相隔不远",
    "conditional": "出现所列说法，却没有写明应当同时写的内容",
    "required": "说到这件事，却缺少应当写的内容",
    "repetition": "把自己发过的句子又发一遍",
    "amount": "金额超过可给的范围",
    "entity": "出现电话、证件号或卡号",
    "citation": "引用的法规登记表里没有，或已失效",
}
GUARDS: Mapping[Guard, str] = {
    "negation": "同一分句里前面有否定",
    "inside": "命中的话本身是否定",
    "quotation": "在引号里",
    "reported": "在转述别人的话",
    "condition": "在假设的条件里",
    "explained": "已给出选择和时间",
    "self": "在说由自己承担",
    "question": "后面是在征询客户",
}
CHANNELS = {"im": "一对一聊天", "group": "群发", "review_reply": "公开回复", "sms": "短信"}
_NEAR = 3  # ids suggested for one that does not exist
_MARKS = 5


def find(book: RuleBook, ident: str) -> CompiledRule:
    """Return the rule with this id, in either case. Raises NotFound naming the nearest ids."""
    wanted = ident.strip()[:3].upper() + ident.strip()[3:].lower()
    known = {rule.rule.id: rule for rule in book.rules}
    if wanted not in known:
        near = get_close_matches(wanted, known, _NEAR, 0.5)
        raise NotFound(f"没有规则 {ident}" + (f"，是不是 {'、'.join(near)}？" if near else "，编号见 docs/rules.md"))
    return known[wanted]


def explained(
    linter: Linter, compiled: CompiledRule, sources: Mapping[str, Source], rewritten: Callable[[Draft], str | None]
) -> str:
    """Return the whole explanation, in Chinese, lines of plain text; `rewritten` proposes a draft for a bad one."""
    book, rule = linter.book, compiled.rule
    group = book.groups[rule.group]
    lines = [
        f"{rule.id} {group.rules[rule.rule_id]}（{group.name}）",
        f"级别  {compiled.severity} {LEVELS[compiled.severity]} · 把握 {rule.confidence:g}",
        f"提示  {rule.message}",
        f"原因  {rule.reason}",
        f"适用  {_place(book, compiled)}",
        f"找什么  {KINDS[rule.kind]}，例如{''.join(f'“{m}”' for m in _marks(linter, compiled))}",
        *_looks_for(compiled),
        *_listed("依据", (source_line(key, sources) for key in rule.sources)),
        *_listed("覆盖层", _overlays(book, compiled)),
        *_listed("应标出", (e.text for e in rule.examples.bad)),
        *_listed("不应标出", (e.text for e in rule.examples.good)),
        *_listed("可改为", rule.replacements),
        *_listed("整段改写", _rewrites(compiled, rewritten)),
    ]
    return "\n".join(lines)


def _rewrites(compiled: CompiledRule, rewritten: Callable[[Draft], str | None]) -> Iterator[str]:
    for example in compiled.rule.examples.bad:
        if text := rewritten(draft_of(example, compiled)):
            yield f"{example.text} → {text}"
            return


def _place(book: RuleBook, compiled: CompiledRule) -> str:
    rule = compiled.rule
    own = next((o.header.name for o in book.overlays if o.id == compiled.overlay), None)
    parts = [f"只在{own}" if own else "", "、".join(CHANNELS[c] for c in rule.channels)]
    parts += [f"平台 {'、'.join(rule.platforms)}"] if rule.platforms else []
    parts += [f"行业 {'、'.join(rule.industries)}"] if rule.industries else []
    parts += ["只在客户投诉时"] if rule.complaint_only else []
    return "；".join(p for p in parts if p) or "所有渠道、平台和行业"


def _marks(linter: Linter, compiled: CompiledRule) -> list[str]:
    """Return the words the rule marks in its own bad examples: patterns say it less plainly."""
    found: dict[str, None] = {}
    for example in compiled.rule.examples.bad:
        draft = draft_of(example, compiled)
        steps = (s for s in linter.trail(compiled, draft, example.complaint) if s.kept)
        for step in steps:
            start, end = step.view.origin(step.hit.start, step.hit.end)
            found.setdefault(draft.text[start:end])
            break
    return list(found)[:_MARKS]


def _looks_for(compiled: CompiledRule) -> Iterator[str]:
    rule = compiled.rule
    yield from _listed("词语", ["、".join(rule.terms)] if rule.terms else [])
    yield from _listed("模式", rule.when if rule.kind == "required" else rule.patterns)
    if rule.first:
        yield from _listed("先后", [f"{' / '.join(rule.first)} …{rule.within} 字内… {' / '.join(rule.then)}"])
    yield from _listed("应当写明", rule.needs)
    yield from _listed("整条放过", rule.unless)
    yield from _listed("所在句放过", rule.unless_sentence)
    yield from _listed("所在分句放过", rule.unless_clause)
    yield from _listed("允许的说法", rule.allow)
    if compiled.guards:
        yield f"不算的情形  {'；'.join(GUARDS[g] for g in compiled.guards)}"


def _overlays(book: RuleBook, compiled: CompiledRule) -> Iterator[str]:
    for overlay, variant in touching(compiled, book.overlays):
        before, after = compiled.rule, variant.rule.rule
        added, dropped = source_changes(before.sources, after.sources)
        parts = [
            f"{compiled.severity} → {variant.rule.severity}" if compiled.severity != variant.rule.severity else "",
            f"依据加 {'、'.join(added)}" if added else "",
            f"依据去 {'、'.join(dropped)}" if dropped else "",
            f"提示 {after.message}" if before.message != after.message else "",
            f"原因 {after.reason}" if before.reason != after.reason else "",
        ]
        yield f"{overlay.header.name}（{overlay.id}）：{'；'.join(p for p in parts if p) or '依据换了先后'}"


def source_line(key: str, sources: Mapping[str, Source]) -> str:
    """Return a source with the day it was last checked."""
    source = find_source(sources, key)
    if source is None:
        return key
    return f"{source.title}（{key}" + (f"，核对于 {source.as_of}）" if source.as_of else "）")


def _listed(title: str, items: Iterable[str]) -> list[str]:
    found = list(items)
    return [title, *(f"  · {item}" for item in found)] if found else []
