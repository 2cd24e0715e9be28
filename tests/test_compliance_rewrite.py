"""Reply elements and whole-draft rewrites: what is missing, what is proposed, what is never lost or invented."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compliance.elements import Elements
from app.compliance.facts import facts
from app.compliance.lint import Linter
from app.compliance.page import render
from app.compliance.rewrite import Rewriter
from app.compliance.rules import load
from app.compliance.selftest import draft_of
from app.library import files
from app.library.documents import read
from app.records import Context, Draft, Rewrite

ROOT = Path(__file__).resolve().parent.parent
KNOWLEDGE = ROOT / "knowledge"
NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
LIBRARY = files.load(ROOT)
LINTER = Linter(
    load(KNOWLEDGE / "compliance", KNOWLEDGE / "taxonomy.yaml"), LIBRARY.sources, LIBRARY.laws.values()
)  # fmt: skip
ELEMENTS = Elements.load(KNOWLEDGE)
REWRITER = Rewriter.load(KNOWLEDGE)
NAMES = ("soothe", "cause", "solution", "follow_up", "confirm")
DEADLINE = "今天18:00"


def rewrite(draft: Draft, complaint: bool | None = None) -> Rewrite | None:
    return REWRITER.rewrite(draft, LINTER.findings(draft, complaint), LINTER, DEADLINE, "小林")


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("让您久等了，向您道歉。", {"soothe"}),
        ("我查了出库记录，是装箱时漏的。", {"cause"}),
        ("您可以选补发，也可以退这一件。", {"solution"}),
        ("今天18:00前由主管在这里回您。", {"follow_up"}),
        ("您看这样可以吗？", {"confirm"}),
        ("在的。", set()),
        ("", set()),
        (
            "让您扫兴了，抱歉。原因是仓库漏发，我给您补发，今天18:00前发您单号，您看合适吗？",
            {"soothe", "cause", "solution", "follow_up", "confirm"},
        ),
    ],
)
def test_names_the_elements_of_a_reply(text: str, there: set[str]) -> None:
    found = ELEMENTS.found(text)
    assert tuple(found) == NAMES
    assert {name for name, holds in found.items() if holds} == there


def test_the_sentence_for_a_missing_element_supplies_it() -> None:
    missing = ELEMENTS.missing("在的。")
    assert tuple(missing) == NAMES
    for name, sentence in missing.items():
        text = sentence.replace("{deadline}", DEADLINE).replace("{owner}", "我")
        assert ELEMENTS.found(text)[name]
        assert LINTER.findings(Draft(text, NOW), complaint=None) == ()


def test_every_good_sentence_of_the_knowledge_base_is_recognised() -> None:
    elements = read(KNOWLEDGE / "reply_elements.yaml").data["elements"]
    unseen = [
        sentence for element in elements for sentence in element["good"] if not ELEMENTS.found(sentence)[element["id"]]
    ]
    assert unseen == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("这是公司规定，我也没办法。您的订单D20261123已经出库。", ["D20261123"]),
        ("王女士，您投诉也没用的。差价20元已经退给您了。", ["王女士", "20元"]),
        ("我们会尽快处理的。", [DEADLINE]),
        ("别人都没事，您有病吧。12月3日前寄回就能换。", ["12月3日"]),
    ],
)
def test_a_rewrite_keeps_what_is_right(text: str, kept: list[str]) -> None:
    proposal = rewrite(Draft(text, NOW, context=Context(customer_name="王女士")))
    assert proposal is not None
    assert proposal.facts_kept
    assert all(word in proposal.text for word in kept)


def test_nothing_wrong_needs_no_rewrite() -> None:
    assert rewrite(Draft("让您久等了，今天18:00前由我把单号发您。", NOW)) is None


def test_no_rewrite_rather_than_a_lost_fact() -> None:
    assert rewrite(Draft("加我微信13800138000给您返20元", NOW)) is None or "13800138000" not in str(
        rewrite(Draft("加我微信13800138000给您返20元", NOW))
    )


def test_rewrites_of_all_bad_examples_are_clean_and_keep_their_facts() -> None:
    offered = total = 0
    for rule in LINTER.book.rules:
        for example in rule.rule.examples.bad:
            draft = draft_of(example)
            proposal = rewrite(draft, example.complaint)
            total += 1
            if proposal is not None:
                offered += 1
                _is_safe(draft, proposal, example.complaint)
    assert offered / total > 0.8


def _is_safe(draft: Draft, proposal: Rewrite, complaint: bool | None) -> None:
    after = Draft(proposal.text, draft.now, draft.history, draft.channel, draft.context)
    assert LINTER.findings(after, complaint) == ()
    before, kept = facts(draft.text, draft.context), facts(proposal.text, draft.context)
    assert before <= kept <= before | facts(f"{DEADLINE},小林", draft.context)


PIECES = [
    "这是公司规定",
    "我也没办法",
    "20元",
    "今天发出",
    "有病吧",
    "订单A12345",
    "别人都没事",
    "尽快处理",
    "很抱歉",
    "您可以选退款",
    "。",
    ",",
    "\n",
    "三天",
    "\ud800",
]


@settings(deadline=None)
@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_rewrite_is_clean_and_keeps_the_facts(text: str) -> None:
    draft = Draft(text, NOW)
    if (proposal := rewrite(draft)) is not None:
        _is_safe(draft, proposal, None)


def test_the_page_of_rules_is_up_to_date() -> None:
    page = render(LINTER.book, LIBRARY.sources)
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == page
