"""Whole messages through the analysis: topic, complaint, intensity, risks, severity, stage, trend."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.records import Analysis, Context, Message, Turn
from app.wiring import Copilot

NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


def _read(copilot: Copilot, text: str, *history: tuple[str, str]) -> Analysis:
    turns = tuple(Turn("customer" if role == "c" else "agent", said) for role, said in history)
    return copilot.assist(Message(text, NOW, turns, Context())).analysis


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("三天了还没发货,你们是不是骗子", "logistics.delay"),
        ("显示签收了但我根本没收到", "logistics.lost"),
        ("快递员不送上门直接扔驿站", "logistics.courier"),
        ("打开箱子杯子全碎了", "logistics.damage"),
        ("用了面霜脸上过敏起疹子", "product.safety"),
        ("这是假货吧,防伪码查不到", "product.counterfeit"),
        ("退款怎么还没到账", "aftersales.refund"),
        ("发票什么时候开给我", "invoice"),
        ("刚买就降价了,差价退我", "price.protection"),
        ("话费怎么多扣了三十块", "telecom.billing"),
        ("谢谢客服小姐姐", "chat.smalltalk"),
    ],
)
def test_topic(copilot: Copilot, text: str, topic: str) -> None:
    assert topic in [t.id for t in _read(copilot, text).types]


@pytest.mark.parametrize("text", ["你好,请问什么时候发货呀", "这个锅能用电磁炉吗", "谢谢,收到啦!!!"])
def test_a_plain_question_is_no_complaint(copilot: Copilot, text: str) -> None:
    analysis = _read(copilot, text)
    assert not analysis.is_complaint
    assert analysis.severity.level == "none"
    assert analysis.emotion.level == 0


@pytest.mark.parametrize("text", ["三天了还没发货", "收到就是坏的", "说好昨天退款,到现在没退"])
def test_a_reported_fault_is_a_complaint(copilot: Copilot, text: str) -> None:
    assert _read(copilot, text).is_complaint


@pytest.mark.parametrize(
    "words",
    ["失望", "生气", "慢", "难用", "恶心", "着急", "不满意"],
)
def test_a_stronger_adverb_never_scores_lower(copilot: Copilot, words: str) -> None:
    degrees = ["有点", "比较", "很", "非常", "极其"]
    scores = [_read(copilot, f"我{degree}{words}").emotion.score for degree in degrees]
    assert scores == sorted(scores)


@given(st.text(st.characters(whitelist_categories=["Lo"], max_codepoint=0x9FFF), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_adverbs_keep_their_order_before_any_words(copilot: Copilot, words: str) -> None:
    scores = [_read(copilot, f"{degree}{words}").emotion.score for degree in ("有点", "非常")]
    assert scores[0] <= scores[1]


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("我要打12315", "regulator"),
        ("发抖音曝光你们", "media"),
        ("法院见", "legal"),
        ("宝宝吃了一直吐", "vulnerable"),
        ("群里十几个人都过敏了", "batch"),
        ("我都问了三遍了", "repeat_contact"),
        ("说好的今天发货结果没有", "broken_promise"),
        ("不想活了", "self_harm"),
        ("骗子打电话知道我的订单", "privacy_leak"),
        ("再也不买了", "churn"),
    ],
)
def test_risk_signals(copilot: Copilot, text: str, risk: str) -> None:
    assert risk in [r.id for r in _read(copilot, text).risks]


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("我是律师,想买本书", "legal"),
        ("工商银行的卡能付吗", "regulator"),
        ("敏感肌会不会过敏", "injury"),
        ("优惠券过期了吗", "food_safety"),
        ("跳楼价真便宜", "self_harm"),
        ("110cm的有货吗", "legal"),
    ],
)
def test_harmless_uses_are_no_risk(copilot: Copilot, text: str, risk: str) -> None:
    assert risk not in [r.id for r in _read(copilot, text).risks]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("请问几天能到", "none"),
        ("杯子收到是裂的,麻烦换一个", "general"),
        ("你们这是假货", "important"),
        ("吃了你们的饼干拉肚子了", "major"),
        ("宝宝吃了你们的米粉拉肚子,满脸红肿", "crisis"),
        ("我们群里十几个人的奶粉都结块,质量有问题", "crisis"),
        ("不想活了", "major"),
    ],
)
def test_severity_floors(copilot: Copilot, text: str, level: str) -> None:
    severity = _read(copilot, text).severity
    assert severity.level == level
    assert bool(severity.reasons) == (level != "none")


def test_the_case_keeps_its_severity(copilot: Copilot) -> None:
    analysis = _read(copilot, "那多久?", ("c", "吃了你们的饼干拉肚子了"), ("a", "抱歉,我们马上核实"))
    assert analysis.severity.level == "major"


def test_an_elliptical_message_takes_its_topic_from_before(copilot: Copilot) -> None:
    analysis = _read(copilot, "那多久?", ("c", "退款怎么还没到账"), ("a", "已经提交了"))
    assert analysis.topic_from_history
    assert analysis.types[0].id == "aftersales.refund"


@pytest.mark.parametrize(
    ("turns", "trend"),
    [
        (["请问发货了吗", "都三天了怎么还没发", "你们这群骗子,去死吧"], "rising"),
        (["你们这群骗子,去死吧", "好的,谢谢你"], "falling"),
        (["请问发货了吗"], "unknown"),
    ],
)
def test_trend(copilot: Copilot, turns: list[str], trend: str) -> None:
    *earlier, last = turns
    assert _read(copilot, last, *[("c", t) for t in earlier]).emotion.trend == trend


@pytest.mark.parametrize(
    ("text", "history", "stage"),
    [
        ("你们这群骗子!!!三天了不发货", [], "vent"),
        ("杯子是裂的", [], "apologize"),
        ("杯子是裂的", [("a", "非常抱歉给您添麻烦了")], "ask"),
        ("我不要优惠券", [("c", "杯子是裂的"), ("a", "抱歉,可以给您补偿一张券,您看行吗")], "involve"),
        ("请问怎么用", [], "propose"),
    ],
)
def test_stage(copilot: Copilot, text: str, history: list[tuple[str, str]], stage: str) -> None:
    assert _read(copilot, text, *history).stage == stage


@pytest.mark.parametrize(
    ("text", "words"),
    [("你们是不是骗子", ["骗子"]), ("太失望了，垃圾店", ["失望", "垃圾"])],
)
def test_emotion_evidence_is_the_words_that_carry_it(copilot: Copilot, text: str, words: list[str]) -> None:
    assert [e.text for e in _read(copilot, text).emotion.evidence] == words


@given(ANY_TEXT)
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_without_fault_and_evidence_is_inside(copilot: Copilot, text: str) -> None:
    analysis = _read(copilot, text)
    labels = (*analysis.types, *analysis.demands, *analysis.risks)
    spans = [span for label in labels for span in label.evidence] + list(analysis.emotion.evidence)
    assert 0 <= analysis.emotion.level <= 4
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
