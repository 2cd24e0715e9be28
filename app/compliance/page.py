"""The rules as a page for people who review or extend them; `python -m app.compliance.page` writes it anew."""

from collections.abc import Iterable, Mapping
from itertools import groupby

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
"""
_SHOWN = 3  # examples per rule: enough to see what is meant; the file has all of them


def render(book: RuleBook, sources: Mapping[str, Source]) -> str:
    """Return the page in Markdown: groups in the order of the taxonomy, each rule with its sources and examples."""
    by_group = {name: list(rules) for name, rules in groupby(book.rules, key=lambda r: r.rule.group)}
    parts = [_HEAD, _table(book, by_group)]
    for group in book.groups.values():
        rules = by_group.get(group.id, [])
        parts.append(f"## {group.id} {group.name}\n")
        parts += [_rule(rule, group.rules[rule.rule.rule_id], sources) for rule in rules]
        missing = [f"{i} {name}" for i, name in group.rules.items() if i not in {r.rule.rule_id for r in rules}]
        if missing:
            parts.append(f"Not checked on a draft alone: {'; '.join(missing)}.\n")
    return "\n".join(parts)


def _table(book: RuleBook, by_group: Mapping[str, list[CompiledRule]]) -> str:
    rows = ["| Group | Name | Default | Rules |", "| --- | --- | --- | --- |"]
    rows += [f"| {g.id} | {g.name} | {g.severity} | {len(by_group.get(g.id, []))} |" for g in book.groups.values()]
    return "\n".join([*rows, f"| | | | **{len(book.rules)}** |", ""])


def _rule(compiled: CompiledRule, name: str, sources: Mapping[str, Source]) -> str:
    rule = compiled.rule
    limits = [f"channels {', '.join(rule.channels)}"] if rule.channels else []
    limits += ["complaints only"] if rule.complaint_only else []
    facts = [rule.kind, compiled.severity, f"confidence {rule.confidence:g}", *limits]
    lines = [
        f"### {rule.id} {name}\n",
        f"{' · '.join(facts)}\n",
        f"{rule.message} {rule.reason}\n",
        *_items("Sources", (_title(key, sources) for key in rule.sources)),
        *_items("Replacements", rule.replacements),
        *_items("Flagged", (_quoted(e.text) for e in rule.examples.bad[:_SHOWN])),
        *_items("Not flagged", (_quoted(e.text) for e in rule.examples.good[:_SHOWN])),
    ]
    return "\n".join(lines) + "\n"


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
