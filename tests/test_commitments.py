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
        ("今晚12点前给您结果", "2026-11-24T00:00:00+08:00"),
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
        # Done.
        "给您退了运费12元",
        "您的退货今天10:05仓库签收了",
        "马上给您改，改好了",
        "补发单我昨天就建好了",
        # Others' word, rules, what holds until a time.
        "快递小哥说下午三点前送到您家",
        "网点今天派送",
        "平台48小时内给判定",
        "仓库那边回复说明天能发",
        "优惠券11月30日前可用",
        "七天内不喜欢都能退",
        "今天16点前拍的明天发",
        "活动今晚12点结束",
        "客服在线时间9:00-23:00",
        "我18点下班",
        "小陈明早8:30接班",
        # For the customer.
        "24小时内拍照给我们",
        "今天21:00前告诉我就行",
        "下午四点还没消息您就投诉我",
        # Spans, not deadlines.
        "现在199是近30天的最低成交价",
        "物流三天没动我也着急",
        "虾头有一点发黑",
        "今天的问题都处理好了",
        # Not, or not certain, or on a condition without a time.
        "今天肯定发不出去",
        "我不敢跟您打包票",
        "兴许能给您换",
        "没通过我给您退款",
        "断了给您换",
        "一是今天补发，二是全额退款，您选哪个？",
        "我们承诺假一赔十",
        "",
        "\ud800\n\x00",
    ],
)
def test_no_undertaking(text: str) -> None:
    assert COMMITMENTS.found(text, NOW) == ()


def _at(day: int, clock: str) -> str:
    return f"2026-11-{day}T{clock}:00+08:00"


@pytest.mark.parametrize(
    ("text", "dues"),
    [
        # The time after the action, before it, in another clause, on a day named before it.
        ("单子我加急了，晚上八点给您回个准话", [_at(23, "20:00")]),
        ("处理结果我会发您，最迟明晚八点", [_at(24, "20:00")]),
        ("麻烦您等到下午四点，我一定给您说法", [_at(23, "16:00")]),
        ("给我半小时，我给您查清楚", [_at(23, "15:37")]),
        ("明早8点我上班，9点前回您消息", [_at(24, "09:00")]),
        ("我18点前告诉您明天能不能送到", [_at(23, "18:00")]),
        # Times of their own kinds.
        ("下班前我把对账单发您", [_at(23, "23:59")]),
        ("周三下班前18:00我打给您", [_at(25, "18:00")]),
        ("周一上午给您开发票", [_at(30, "12:00")]),
        ("这周五下午三点前完成退款", [_at(27, "15:00")]),
        ("本周内给您换新", [_at(29, "23:59")]),
        ("月底前给您结清差价", [_at(30, "23:59")]),
        ("半天内给您回复", [_at(24, "03:07")]),
        ("我五分钟后给您回过来", [_at(23, "15:12")]),
        ("26号中午前打给您", [_at(26, "12:00")]),
        ("零点前给您办完", [_at(24, "00:00")]),
        ("零点半之前我把位置发给您", [_at(24, "00:30")]),
        ("今晚24点前退到您的卡里", [_at(24, "00:00")]),
        ("今天六点前一定把箱子送出去", [_at(23, "18:00")]),
        ("最早今天、最晚后天给您寄", [_at(25, "23:59")]),
        # From an event to come, or vague: no time.
        ("收到退货后，24小时内给您退款", [None]),
        ("我们签收当天就给您退", [None]),
        ("退货入库后1个工作日内完成退款", [None]),
        ("收到货24小时内退款", [None]),
        ("猫砂这两天就给您补发", [None]),
        ("发票过几天就给您开好了", [None]),
        # Who: a person on duty, a colleague, a specialist.
        ("值班主管老周会在今晚九点半之前跟您通话", [_at(23, "21:30")]),
        ("会有专人联系您的", [None]),
        ("这单由晚班的小吴继续跟，她22:00前给您消息", [_at(23, "22:00")]),
        ("师傅后天上午上门重装", [_at(25, "12:00")]),
        ("已经让美工今天17:00前改好", [_at(23, "17:00")]),
        # Steps and reports belong to the dated undertaking; several undertakings stay several.
        ("我先核实库存，再联系仓库，今晚10点前告诉您结果", [_at(23, "22:00")]),
        ("给您换一只新的，明天12:00前寄出", [_at(24, "12:00")]),
        ("主管明早9:30前给您答复，我再把原话转给您", [_at(24, "09:30")]),
        ("这件事我跟到底。明天中午12点前给您方案", [_at(24, "12:00")]),
        ("抓紧给您办，办好了告诉您", [None]),
        ("我会持续跟进，有进展第一时间通知您", [None]),
        ("今天18:00前给您退20元，明天10:00前补寄配件", [_at(23, "18:00"), _at(24, "10:00")]),
        ("白色今天18:00前补发，旧的由我们取回", [_at(23, "18:00"), None]),
        # With a condition a time still makes it one.
        ("没有的话我明天补寄一颗", [_at(24, "23:59")]),
        ("属实的话今天就给您退", [_at(23, "23:59")]),
        ("您定了今天就办", [_at(23, "23:59")]),
        # Short actions.
        ("好，今晚发", [_at(23, "23:59")]),
        ("我先给您留到明晚22点", [_at(24, "22:00")]),
        ("我们全赔", [None]),
        ("我直接赔您800块", [None]),
    ],
)
def test_wordings_of_other_people(text: str, dues: list[str | None]) -> None:
    promises = COMMITMENTS.found(text, NOW)
    assert [p.due for p in promises] == dues, promises


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
