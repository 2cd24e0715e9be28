"""The `kefu rules` command: prove the rules, try a text against them, explain one to people."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from app import parts, requests
from app.compliance import explain, trial
from app.compliance.lint import Linter
from app.compliance.rules import CompiledRule
from app.errors import InvalidInput
from app.library import files
from app.library.files import Library
from app.records import Channel, Draft
from app.settings import Settings


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `kefu rules`."""
    actions = "check:加载规则并运行全部正反例;explain:说明一条规则;test:运行正反例,或用 --text 试一段话"
    parser.add_argument("action", choices=["check", "explain", "test"], help=actions)
    parser.add_argument("rule", nargs="?", help="规则编号，如 DEF-001")
    parser.add_argument("--text", help="试这段草稿：哪些规则碰到、为什么放过、最后的结论")
    parser.add_argument("--channel", choices=get_args(Channel), default="im", help="草稿发到哪里，默认 im")
    parser.add_argument("--platform", help="平台，如 taobao、douyin")
    parser.add_argument("--industry", help="行业，如 food、telecom")
    parser.add_argument("--complaint", action="store_true", help="客户在投诉")


def run(options: argparse.Namespace, config: Settings) -> int:
    """Check, test or explain the rules; returns the exit status."""
    if options.action == "check":
        print(f"{parts.self_test(config)} 条规则，自带的正反例全部符合")
        return 0
    library = files.load(config.content_dir)
    linter = parts.linter_of(config, library)
    if options.action == "explain":
        return _explain(linter, options.rule, library, config)
    rules = [explain.find(linter.book, options.rule)] if options.rule else linter.book.rules
    return (
        _prove(linter, rules, options.rule is not None)
        if options.text is None
        else _try(linter, rules, options, config)
    )


def _explain(linter: Linter, ident: str | None, library: Library, config: Settings) -> int:
    if not ident:
        raise InvalidInput("给出要说明的规则编号")
    rule, checker = explain.find(linter.book, ident), parts.checker_with(config, linter)

    def rewritten(draft: Draft) -> str | None:
        proposal = checker.check(replace(draft, now=parts.now(config))).rewrite
        return proposal.text if proposal else None

    print(explain.explained(linter, rule, library.sources, rewritten))
    return 0


def _prove(linter: Linter, rules: Sequence[CompiledRule], verbose: bool) -> int:
    results = list(trial.proven(linter, rules))
    failed = sum(not good for good, _ in results)
    for good, line in results:
        if verbose or not good:
            print(line)
    print(f"{len(rules)} 条规则，{len(results)} 个例子，{failed} 个不符")
    return 1 if failed else 0


def _try(linter: Linter, rules: Sequence[CompiledRule], options: argparse.Namespace, config: Settings) -> int:
    context = {"platform": options.platform, "industry": options.industry}
    body = {"text": options.text, "channel": options.channel, "context": context}
    draft = requests.draft(body, parts.now(config))
    print("\n".join(trial.examined(linter, rules, draft, options.complaint or None)))
    return 0
