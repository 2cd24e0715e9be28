"""The linter through its front door: what it finds, where it points, what silences it."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compliance import selftest
from app.compliance.lint import Linter, effective, verdict
from app.compliance.rules import RuleBook, load
from app.errors import ContentError
from app.library import files
from app.library.files import find_source
from app.records import Context, Draft, Finding, RuleSeverity, Turn

ROOT = Path(__file__).resolve().parent.parent
KNOWLEDGE = ROOT / "knowledge"
NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
LIBRARY = files.load(ROOT)
BOOK: RuleBook = load(KNOWLEDGE / "compliance", KNOWLEDGE / "taxonomy.yaml")
LINTER = Linter(BOOK, LIBRARY.sources, LIBRARY.laws.values())
SLOTS = {
    "name": "", "order_id": "您这笔订单", "product": "这件商品", "carrier": "承运快递", "deadline": "今天18:00",
    "callback": "今天17:30", "followup": "明天15:30", "owner": "我", "refund_period": "1到3个工作日",
    "compensation": "10元优惠券",
}  # fmt: skip


def found(text: str, complaint: bool | None = None) -> tuple[Finding, ...]:
    return LINTER.findings(Draft(text, NOW), complaint)


def filled(text: str) -> str:
    for name, value in SLOTS.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def test_every_rule_passes_its_own_examples() -> None:
    assert [str(e) for e in selftest.failures(LINTER)] == []


def test_every_source_is_registered() -> None:
    keys = {(r.rule.id, k) for r in BOOK.rules for k in r.rule.sources}
    assert sorted((i, k) for i, k in keys if find_source(LIBRARY.sources, k) is None) == []


SCRIPTS = tuple(LIBRARY.scripts.values())


def test_good_replies_come_out_clean() -> None:
    """Rules for complaint replies hold for what mostly answers complaints; a plain answer need not ask for consent."""
    replies = [(s.id, s.reply, 2 * sum(p.complaint for p in s.phrasings) > len(s.phrasings)) for s in SCRIPTS]
    replies += [(e.id, e.right, True) for e in LIBRARY.examples.values()]
    context = Context(compensation="10元优惠券")
    flagged = [
        (ident, f.rule_id, f.text)
        for ident, reply, complaint in replies
        for f in LINTER.findings(Draft(filled(reply), NOW, context=context), complaint=complaint)
    ]
    assert flagged == []


@pytest.mark.parametrize(
    ("text", "rule", "marked"),
    [
        ("亲,这是公司规定,我也没办法", "DEF-001", "这是公司规定"),
        ("這是公司規定,我也沒辦法", "DEF-001", "這是公司規定"),
        ("您好\n有病吧你", "ABU-001", "有病吧"),
        ("这是 公·司·规·定,没办法的", "DEF-001", "这是 公·司·规·定"),
        ("别人都没事\u200b啊", "BLM-001", "别人都没事"),
        ("傻@#￥%逼", "ABU-001", "傻@#￥%逼"),
    ],
)
def test_marks_the_words_as_typed(text: str, rule: str, marked: str) -> None:
    first = next(f for f in found(text) if f.rule_id == rule)
    assert marked in first.text
    assert text[first.start : first.end] == first.text


@pytest.mark.parametrize(
    "text",
    [
        "您说客服只会讲“公司规定”,换我也会生气。",
        "请不要把验证码告诉任何人,我们不会向您要验证码。",
        "按平台规则激活后走质量通道,您可以先做检测,今天18:00前我给您结果。",
        "如果检测属质量问题,来回运费由我们承担。",
        "支持微信支付,第一次下单的运费我们出。",
        "",
        "  \n ",
    ],
)
def test_stays_silent(text: str) -> None:
    assert found(text) == ()


def test_an_undone_disguise_is_never_surer_than_four_fifths() -> None:
    plain, disguised = found("有病吧你")[0], found("有.病.吧你")[0]
    assert plain.confidence > 0.8
    assert disguised.confidence == 0.8


@pytest.mark.parametrize(
    ("severity", "confidence", "expected"),
    [
        ("block", 0.9, "block"),
        ("block", 0.7, "confirm"),
        ("block", 0.59, "hint"),
        ("confirm", 0.75, "confirm"),
        ("confirm", 0.74, "hint"),
        ("hint", 0.2, "hint"),
    ],
)
def test_an_unsure_rule_may_advise_but_not_stop(
    severity: RuleSeverity, confidence: float, expected: RuleSeverity
) -> None:
    assert effective(severity, confidence) == expected


def test_verdict_is_the_worst_finding() -> None:
    assert verdict(()) == "pass"
    assert verdict(found("我们会尽快处理的。")) == "hint"
    assert verdict(found("我们会尽快处理的。这是公司规定,我也没办法。有病吧你")) == "block"


def test_findings_come_in_order_and_of_one_group_do_not_overlap() -> None:
    findings = found("这是公司规定,我们也没办法。别人都没事,您有病吧")
    assert [f.start for f in findings] == sorted(f.start for f in findings)
    for one, other in pairwise(findings):
        assert one.group != other.group or one.end <= other.start


def test_history_and_channel_matter_only_when_known() -> None:
    repeated = "您的订单正在仓库排队打包,请您放心"
    history = (Turn("customer", "还没发?"), Turn("agent", repeated))
    assert LINTER.findings(Draft(repeated, NOW, channel="sms")) == LINTER.findings(Draft(repeated, NOW))
    assert isinstance(LINTER.findings(Draft(repeated, NOW, history)), tuple)


DIRECT = ("有病吧你", "你给我等着瞧", "给您加入黑名单", "您投诉也没用的", "神经病,别再发了")


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=120))
def test_any_text_is_survived_and_spans_are_true(text: str) -> None:
    _spans_hold(text)


@given(
    parts=st.lists(
        st.sampled_from(
            [
                *DIRECT,
                "公司规定",
                "\u200b",
                "\ud800",
                "❤️",
                "尽快处理",
                "\n",
                "\x00",
                " ",
                "１３８００１３８０００",
                "①",
                "。",
            ]
        )
    )
)
def test_spans_are_true_among_real_words(parts: list[str]) -> None:
    _spans_hold("".join(parts))


def _spans_hold(text: str) -> None:
    for finding in found(text, complaint=True):
        assert 0 <= finding.start < finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.text


@given(text=st.sampled_from(DIRECT), noise=st.sampled_from(["·", "❤", "*", "\u200b", " ", "_", ".", "-", "~", "|"]))
def test_symbols_between_characters_do_not_hide_an_insult(text: str, noise: str) -> None:
    words = text.replace(",", "")
    assert verdict(found(words)) == "block"
    assert verdict(found(noise.join(words))) == "block"


def _rule(folder: Path, **changes: str) -> Path:
    lines = {
        "id": "DEF-001", "kind": "pattern", "confidence": "0.9", "patterns": "['公司规定']", "message": "一句话说明",
        "reason": "一句话理由", "sources": "[seed:S1-19]",
        "examples": "{bad: [公司规定一, 公司规定二, 公司规定三], good: [你好, 您好]}",
    } | changes  # fmt: skip
    body = "\n    ".join(f"{k}: {v}" for k, v in lines.items())
    (folder / "DEF.yaml").write_text(f"rules:\n  - {body}\n", encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in (KNOWLEDGE / "compliance").glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "DEF-099"}, "不在分类表的 DEF 组里"),
        ({"patterns": "['公司(规定']"}, "无法编译"),
        ({"patterns": "['(公司)*']"}, "能匹配空串"),
        ({"patterns": "['(a+)+b\\1']"}, "无法编译"),
        ({"patterns": "['<nobody>']"}, "没有 <nobody>"),
        ({"patterns": "['" + "公" * 301 + "']"}, "超过"),
        ({"colour": "red"}, "Extra inputs"),
        ({"patterns": "[]"}, "缺少匹配内容"),
        ({"confidence": "1.5"}, "less than or equal"),
    ],
)
def test_a_wrong_rule_is_named(folder: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(ContentError, match=r"DEF.yaml:[0-9]+") as error:
        selftest.check(Linter(load(_rule(folder, **changes), KNOWLEDGE / "taxonomy.yaml")))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ("{bad: [公司规定一, 公司规定二, 没有这个词], good: [你好, 您好]}", "没有标出反例:没有这个词"),
        ("{bad: [公司规定一, 公司规定二, 公司规定三], good: [你好, 看公司规定]}", "误标了正例:看公司规定"),
    ],
)
def test_a_rule_that_fails_its_examples_is_named(folder: Path, examples: str, message: str) -> None:
    book = load(_rule(folder, examples=examples), KNOWLEDGE / "taxonomy.yaml")
    book = replace(book, rules=tuple(r for r in book.rules if r.rule.group == "DEF"))
    with pytest.raises(ContentError, match=r"DEF.yaml:2: .*DEF-001") as error:
        selftest.check(Linter(book))
    assert message in str(error.value)


def test_a_group_without_rules_is_an_error(folder: Path) -> None:
    (folder / "MED.yaml").unlink()
    with pytest.raises(ContentError, match=r"MED\.yaml: 文件不存在"):
        load(folder, KNOWLEDGE / "taxonomy.yaml")


def test_every_group_has_rules() -> None:
    assert {r.rule.group for r in BOOK.rules} == set(BOOK.groups)


def test_a_good_example_of_one_rule_is_not_blocked_by_another() -> None:
    blocked = [
        (rule.rule.id, finding.rule_id, example.text)
        for rule in BOOK.rules
        for example in rule.rule.examples.good
        for finding in LINTER.findings(selftest.draft_of(example), example.complaint)
        if finding.severity == "block"
    ]
    assert blocked == []
