"""The rules as a page for people who review or extend them; `python -m app.compliance.page` writes it anew."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from app.compliance.overlays import Overlay
from app.compliance.places import source_changes, touching
from app.compliance.rules import CompiledRule, RuleBook, load
from app.library import files
from app.library.files import find_source
from app.records import Source
from app.settings import shipped_content

_HEAD = """# Compliance rules

Generated from `knowledge/compliance/` by `python -m app.compliance.page`; change the rules there, not this page.

A finding is as severe as its rule, unless the rule is unsure: below a confidence of 0.75 a *block* only asks for
confirmation and a *confirm* only hints; below 0.6 everything is a hint. What was found by undoing a disguise is never
surer than 0.8.

An overlay changes rules on one platform, in one industry, on one channel or in 315 mode; each rule names those that
touch it. They are laid on in the order of the second table, so what stands lower has the last word. An overlay about a
platform or an industry that the caller did not name does not apply. `kefu rules explain RULE` says the same in Chinese.
"""
_SHOWN = 3  # examples per rule: enough to see what is meant; the file has all of them


def render(book: RuleBook, sources: Mapping[str, Source]) -> str:
    """Return the page in Markdown: groups in the order of the taxonomy, each rule with its sources and examples."""
    by_group = {name: list(rules) for name, rules in groupby(book.rules, key=lambda r: r.rule.group)}
    parts = [_HEAD, _table(book, by_group), _overlay_table(book)]
    for group in book.groups.values():
        rules = by_group.get(group.id, [])
        parts.append(f"## {group.id} {group.name}\n")
        parts += [_rule(rule, group.rules[rule.rule.rule_id], sources, book) for rule in rules]
        missing = [f"{i} {name}" for i, name in group.rules.items() if i not in {r.rule.rule_id for r in rules}]
        if missing:
            parts.append(f"Not checked on a draft alone: {'; '.join(missing)}.\n")
    return "\n".join(parts)


def _table(book: RuleBook, by_group: Mapping[str, list[CompiledRule]]) -> str:
    rows = ["| Group | Name | Default | Rules |", "| --- | --- | --- | --- |"]
    rows += [f"| {g.id} | {g.name} | {g.severity} | {len(by_group.get(g.id, []))} |" for g in book.groups.values()]
    return "\n".join([*rows, f"| | | | **{len(book.rules)}** |", ""])


def _overlay_table(book: RuleBook) -> str:
    rows = ["| Overlay | Name | Applies to | Rules of its own |", "| --- | --- | --- | --- |"]
    for overlay in book.overlays:
        own = ", ".join(r.rule.id for r in book.rules if r.overlay == overlay.id)
        rows.append(f"| {overlay.id} | {overlay.header.name} | {_where(overlay)} | {own} |")
    return "\n".join([*rows, ""])


def _where(overlay: Overlay) -> str:
    when = overlay.header.when
    fields = {"platform": when.platform, "industry": when.industry, "channel": when.channel}
    named = [f"{name} {' / '.join(values)}" for name, values in fields.items() if values]
    return "; ".join([*named, *([f"mode {when.mode}"] if when.mode else [])])


def _rule(compiled: CompiledRule, name: str, sources: Mapping[str, Source], book: RuleBook) -> str:
    rule = compiled.rule
    limits = [f"only {overlay.header.name}" for overlay in book.overlays if overlay.id == compiled.overlay]
    limits += [f"channels {', '.join(rule.channels)}"] if rule.channels else []
    limits += ["complaints only"] if rule.complaint_only else []
    facts = [rule.kind, compiled.severity, f"confidence {rule.confidence:g}", *limits]
    lines = [
        f"### {rule.id} {name}\n",
        f"{' · '.join(facts)}\n",
        f"{rule.message} {rule.reason}\n",
        *_items("Sources", (_title(key, sources) for key in rule.sources)),
        *_items("Overlays", _overlays(compiled, book)),
        *_items("Replacements", rule.replacements),
        *_items("Flagged", (_quoted(e.text) for e in rule.examples.bad[:_SHOWN])),
        *_items("Not flagged", (_quoted(e.text) for e in rule.examples.good[:_SHOWN])),
    ]
    return "\n".join(lines) + "\n"


def _overlays(compiled: CompiledRule, book: RuleBook) -> list[str]:
    """Return what overlays do to a rule; those that do the same stand together."""
    found: dict[str, list[str]] = {}
    for overlay, variant in touching(compiled, book.overlays):
        before, after = compiled.rule, variant.rule.rule
        added, dropped = source_changes(before.sources, after.sources)
        parts = [f"{compiled.severity} → {variant.rule.severity}"] if compiled.severity != variant.rule.severity else []
        parts += [f"+`{key}`" for key in added] + [f"−`{key}`" for key in dropped]
        parts += [after.message] if after.message != before.message else []
        parts += [after.reason] if after.reason != before.reason else []
        found.setdefault(" ".join(parts) or "sources in another order", []).append(overlay.header.name)
    return [f"{', '.join(names)}: {what}" for what, names in found.items()]


def _items(title: str, items: Iterable[str]) -> list[str]:
    text = "; ".join(items)
    return [f"- {title}: {text}"] if text else []


def _title(key: str, sources: Mapping[str, Source]) -> str:
    source = find_source(sources, key)
    return f"{source.title} (`{key}`)" if source else f"`{key}`"


def _quoted(text: str) -> str:
    """Return text as inline code, so that no character of it is taken for Markdown."""
    line = " ".join(text.split())
    fence = "``" if "`" in line else "`"
    return f"{fence}{line}{fence}"


def main() -> None:
    """Write docs/rules.md of the checkout."""
    content = shipped_content()
    knowledge = content / "knowledge"
    book = load(knowledge / "compliance", knowledge / "taxonomy.yaml")
    page = content / "docs" / "rules.md"
    page.write_text(render(book, files.load(content).sources), encoding="utf-8")


if __name__ == "__main__":
    main()
