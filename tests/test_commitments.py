"""Undertakings in drafts: what counts, when it falls due, who and how much."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.commitments import Commitments
from app.errors import ContentError

PATH = Path(__file__).resolve().parent.parent / "knowledge" / "commitments.yaml"
COMMITMENTS = Commitments.load(PATH)
NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")  # a Monday


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("今天18:00前我给您回电。", "2026-11-23T18:00:00+08:00"),
        ("今天我给您答复", "2026-11-23T23:59:00+08:00"),
        ("明天给您补发", "2026-11-24T23:59:00+08:00"),
        ("明天上午十点半，我打电话给您", "2026-11-24T10:30:00+08:00"),
        ("明天上午给您回信", "2026-11-24T12:00:00+08:00"),
        ("后天下午三点前把检测结果发给您", "2026-11-25T15:00:00+08:00"),
        ("我24小时内给您答复", "2026-11-24T15:07:00+08:00"),
        ("二十四小时之内由我回复您", "2026-11-24T15:07:00+08:00"),
        ("半小时内主管联系您", "2026-11-23T15:37:00+08:00"),
        ("一个半小时内给您准信", "2026-11-23T16:37:00+08:00"),
        ("30分钟内给您处理好", "2026-11-23T15:37:00+08:00"),
        ("3个工作日内给您退款", "2026-11-26T23:59:00+08:00"),
        ("我们会在五个工作日内赔付给您", "2026-11-30T23:59:00+08:00"),
        ("1到3个工作日内给您退回去", "2026-11-26T23:59:00+08:00"),
        ("三天内给您补发", "2026-11-26T23:59:00+08:00"),
        ("一周内给您书面答复", "2026-11-30T23:59:00+08:00"),
        ("周五前寄出新的", "2026-11-27T23:59:00+08:00"),
        ("下周三之前技术上门检修", "2026-12-02T23:59:00+08:00"),
        ("本周五下午给您寄出", "2026-11-27T18:00:00+08:00"),
        ("最迟11月26日前发货", "2026-11-26T23:59:00+08:00"),
        ("26号中午给您发出", "2026-11-26T14:00:00+08:00"),
        ("1月5日给您补发", "2027-01-05T23:59:00+08:00"),
        ("今晚8点前给您结果", "2026-11-23T20:00:00+08:00"),
        ("下午5点前给您消息", "2026-11-23T17:00:00+08:00"),
        ("5点前给您消息", "2026-11-23T17:00:00+08:00"),
        ("9:30前给您消息", "2026-11-24T09:30:00+08:00"),
        ("今晚12点前给您结果", "2026-11-23T23:59:00+08:00"),
        ("下班前给您答复", "2026-11-23T23:59:00+08:00"),
        ("收到退货后48小时内退款给您", None),
        ("马上安排补发", None),
        ("我们会尽快处理", None),
        ("一定给您一个交代", None),
        ("稍后给您回电", None),
        ("这个问题由主管负责处理到底", None),
        ("我给您答复，最晚今天18:00", "2026-11-23T18:00:00+08:00"),
        ("今天18:00前，我把结果告诉您", "2026-11-23T18:00:00+08:00"),
        ("我现在给您申请换新，明天18:00前发出", "2026-11-24T18:00:00+08:00"),
        ("让您久等了，我已经催了仓库，今天17:30前给您单号", "2026-11-23T17:30:00+08:00"),
        ("我今天18:00前核好答复", "2026-11-23T18:00:00+08:00"),
        ("明天15:30前再来问您", "2026-11-24T15:30:00+08:00"),
        ("明天十八点前給您補發", "2026-11-24T18:00:00+08:00"),
    ],
)
def test_one_undertaking_with_its_time(text: str, due: str | None) -> None:
    promises = COMMITMENTS.found(text, NOW)
    assert [p.due for p in promises] == [due], promises


@pytest.mark.parametrize(
    "text",
    [
        "需要我帮您退款吗?",
        "您看给您补发可以吗？",
        "给您换新的，您看行吗？",
        "一般3天到",
        "快递预计明天送到",
        "退款到账约1到3个工作日",
        "如果检测是质量问题，我们全额退款",
        "核实属实的话，运费由我们退给您",
        "我看下",
        "稍等，我查一下订单",
        "我现在去核实",
        "已经给您退款了",
        "昨天给您补发了",
        "本店支持7天无理由退货",
        "页面写的是48小时内发货",
        "您今天18:00前把照片发给我",
        "您可以申请退款",
        "麻烦您明天12:00前寄回",
        "请稍等",
        "我不会让您吃亏",
        "我们没办法给您退款",
        "可以给您补发，也可以退款",
        "这款质保12个月，用了三天坏了算我们的",
        "今天是周一",
        "您等了三天还没发货，辛苦了",
        "",
        "\ud800\n\x00",
    ],
)
def test_no_undertaking(text: str) -> None:
    assert COMMITMENTS.found(text, NOW) == ()


def test_says_who_what_and_how_much() -> None:
    text = "抱歉让您久等。给您退20元差价，今晚到账；值班主管明天10:00前联系您。"
    money, call = COMMITMENTS.found(text, NOW, "小林")
    assert (money.who, money.amount, money.due) == ("小林", "20元", "2026-11-23T23:59:00+08:00")
    assert (call.who, call.what, call.due) == ("值班主管", "联系您", "2026-11-24T10:00:00+08:00")
    for promise in (money, call):
        assert text[promise.start : promise.end] == promise.text


def test_the_time_carries_the_offset_of_now() -> None:
    utc = datetime.fromisoformat("2026-11-23T15:07:00+00:00")
    assert COMMITMENTS.found("今天18:00前给您答复", utc)[0].due == "2026-11-23T18:00:00+00:00"


def test_workdays_skip_the_weekend() -> None:
    friday = datetime.fromisoformat("2026-11-27T09:00:00+08:00")
    assert COMMITMENTS.found("1个工作日内给您答复", friday)[0].due == "2026-11-30T23:59:00+08:00"


def test_every_line_is_read() -> None:
    text = "您好\n今天18:00前给您答复\r\n明天12:00前给您补发"
    assert [p.due for p in COMMITMENTS.found(text, NOW)] == ["2026-11-23T18:00:00+08:00", "2026-11-24T12:00:00+08:00"]


WORDS = [
    *(
        "今天",
        "明天",
        "2月30日",
        "25:00",
        "99999999天",
        "三",
        "十点",
        "18:00",
        "前",
        "内",
        "给您",
        "回电",
        "退款",
        "31号",
    ),
    *(
        "999个工作日",
        "下下周五",
        "我",
        ",",
        "。",
        "\n",
        "如果",
        "吗?",
        "收到后",
        "半",
        "0日",
        "十三月",
        "20元",
        "\ud800",
        "１８：００",
    ),
]


@given(text=st.lists(st.sampled_from(WORDS)).map("".join) | st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_survived_and_spans_are_true(text: str) -> None:
    for promise in COMMITMENTS.found(text, NOW):
        assert 0 <= promise.start < promise.end <= len(text)
        assert text[promise.start : promise.end] == promise.text
        assert promise.due is None or datetime.fromisoformat(promise.due).utcoffset() == NOW.utcoffset()


def test_a_wrong_pattern_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "commitments.yaml"
    broken.write_text(PATH.read_text(encoding="utf-8").replace("  will: '", "  will: '(", 1), encoding="utf-8")
    with pytest.raises(ContentError, match=r"commitments.yaml:\d+: .*will"):
        Commitments.load(broken)
