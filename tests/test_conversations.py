"""Conversations: refusal, ellipsis, agreement, the step and the trend are read in the light of the turns before."""

from datetime import datetime

import pytest

from app.records import Analysis, Context, Message, Turn
from app.wiring import Copilot

NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")


def _read(copilot: Copilot, *said: str) -> Analysis:
    """Analyse the last of the turns; an agent's turn starts with "客服:"."""
    *earlier, last = said
    turns = tuple(
        Turn("agent", text.removeprefix("客服:")) if text.startswith("客服:") else Turn("customer", text)
        for text in earlier
    )
    return copilot.assist(Message(last, NOW, turns, Context())).analysis


BROKEN = "水壶收到就漏水,桌子都泡了"
OFFER = "客服:非常抱歉,给您补偿十元优惠券,您看可以吗?"


@pytest.mark.parametrize(
    "text",
    [
        "十五块钱打发谁呢",
        "谁稀罕你的券",
        "我不要券",
        "不接受,全额退",
        "这点钱够干什么",
        "十块?你留着自己用吧",
        "还让我等?",
        "凭什么只给这么点",
        "说得轻巧,运费谁出?医药费呢",
    ],
)
def test_a_refusal_is_recognised_after_an_offer(copilot: Copilot, text: str) -> None:
    analysis = _read(copilot, BROKEN, OFFER, text)
    assert "rejects" in analysis.signals
    assert analysis.is_complaint
    assert analysis.stage == "involve"


@pytest.mark.parametrize("text", ["我不要券", "不行", "谁稀罕"])
def test_nothing_is_refused_before_something_was_offered(copilot: Copilot, text: str) -> None:
    assert "rejects" not in _read(copilot, text).signals
    assert "rejects" not in _read(copilot, BROKEN, "客服:您好", text).signals


@pytest.mark.parametrize(
    "text", ["行吧", "那就这样", "成", "好的,谢谢", "嗯嗯", "可以,早这样多好", "那就换一个吧", "中"]
)
def test_agreement_is_followed_up_and_is_no_complaint(copilot: Copilot, text: str) -> None:
    analysis = _read(copilot, BROKEN, OFFER, text)
    assert analysis.stage == "follow_up"
    assert not analysis.is_complaint
    assert "rejects" not in analysis.signals
    assert analysis.severity.level != "none"


def test_an_agreement_with_a_threat_is_none(copilot: Copilot) -> None:
    analysis = _read(copilot, BROKEN, OFFER, "行,那我打12315")
    assert "agrees" not in analysis.signals
    assert analysis.is_complaint


@pytest.mark.parametrize("text", ["那多久?", "然后呢", "行吧", "还要多久", "真的假的", "这个也算?", "几号"])
def test_an_elliptical_turn_keeps_the_topic(copilot: Copilot, text: str) -> None:
    analysis = _read(copilot, "我的发票开错抬头了,要重开", "客服:抱歉,我帮您红冲重开", text)
    assert analysis.types[0].id == "invoice"
    assert analysis.topic_from_history


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("对了,另外那个订单的快递三天没更新物流了,什么时候能送到", "logistics.delay"),
        ("还有,这件衣服面料起球开线,质量太差了", "product.quality"),
    ],
)
def test_a_new_topic_in_full_words_replaces_the_old(copilot: Copilot, text: str, topic: str) -> None:
    assert _read(copilot, "我的发票开错抬头了,要重开", "客服:抱歉,我帮您红冲重开", text).types[0].id == topic


@pytest.mark.parametrize(
    ("turns", "stage"),
    [
        (["请问这款有红色吗"], "propose"),
        (["请问这款有红色吗", "客服:有的,库存充足", "好的谢谢"], "follow_up"),
        ([BROKEN, "客服:您好,属于正常现象", "这壶质量也太差了"], "apologize"),
        ([BROKEN, "客服:非常抱歉给您添麻烦了", "嗯"], "ask"),
        ([BROKEN, "客服:抱歉,请问是哪个位置漏?", "壶底"], "propose"),
        ([BROKEN, "客服:抱歉,今天下午五点前给您回电话", "五点半了。说好的电话呢"], "follow_up"),
        ([BROKEN, OFFER, "不行,太少了"], "involve"),
        ([BROKEN, "客服:亲,规定就是这样", "你们这群骗子,太过分了!!!"], "vent"),
    ],
)
def test_the_step_follows_the_conversation(copilot: Copilot, turns: list[str], stage: str) -> None:
    assert _read(copilot, *turns).stage == stage


@pytest.mark.parametrize(
    ("turns", "trend"),
    [
        (["请问什么时候发货", "客服:尽快", "你们太过分了,骗子!"], "rising"),
        ([BROKEN, OFFER, "行吧,谢谢"], "falling"),
        (["请问有货吗", "客服:有的", "好的"], "steady"),
        (["请问有货吗"], "unknown"),
    ],
)
def test_trend(copilot: Copilot, turns: list[str], trend: str) -> None:
    assert _read(copilot, *turns).emotion.trend == trend


def test_the_promise_that_was_not_kept_raises_the_case(copilot: Copilot) -> None:
    before = [BROKEN, "客服:抱歉,今天下午五点前一定给您回电话"]
    assert _read(copilot, *before, "行吧").severity.level == "general"
    assert _read(copilot, *before, "行吧", "六点了,还没人打电话,怎么回事").severity.level == "important"


def test_who_is_ignored_presses(copilot: Copilot) -> None:
    analysis = _read(copilot, BROKEN, "有人吗")
    assert analysis.is_complaint
    assert analysis.severity.level == "important"
    assert analysis.emotion.level >= 2


def test_a_threat_counts_however_long_ago(copilot: Copilot) -> None:
    threat = "今天不给说法我就打12315,你们等着"
    calm = [
        turn
        for text in ("好的", "嗯", "知道了", "收到", "可以", "行", "哦", "好", "明白", "嗯嗯")
        for turn in (text, "客服:好的")
    ]
    early, late = (
        _read(copilot, threat, "客服:我这就去核", "好的"),
        _read(copilot, threat, "客服:我这就去核", *calm, "好的"),
    )
    assert late.severity.level == early.severity.level != "none"
    assert "regulator" in late.case_risks
