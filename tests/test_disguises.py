"""Disguised words are read as what they sound like, and what merely looks unusual stays what it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compliance import rules

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"
DENOISER = rules.load(KNOWLEDGE / "compliance", KNOWLEDGE / "taxonomy.yaml").denoiser


def undone(text: str) -> str:
    return DENOISER.views(text)[-1].text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("再闹就la黑您", "拉黑"),
        ("guī定就是这样", "规定就是"),
        ("公司gui ding的", "公司规定"),
        ("把yan证码给我", "验证码"),
        ("付款mi🐴报一下", "密码"),
        ("不用降ya药了", "降压药"),
        ("无fu作用", "无副作用"),
        ("打1②③1伍没用", "12315"),
        ("打❶❷❸❶❺也一样", "12315"),
        ("拨12三一五吧", "12315"),
        ("加我威❤", "微信"),
        ("V♥上聊", "微信"),
        ("🐷脑子吗", "猪脑子"),
        ("亻言上说", "微信"),
        ("给个女子评", "好评"),
        ("言论区给好坪", "好评"),
        ("给您返縣", "返现"),
        ("私 Xia 转", "私下"),
        ("钱si下给您", "私下"),
        ("z f b转您", "支付宝"),
        ("Wechat上聊", "微信"),
        ("用alipay给您", "支付宝"),
        ("投-素撤了吧", "投诉"),
        ("确ren收huo", "确认收货"),
        ("幼er园在哪", "幼儿园"),
        ("身份zheng发我", "身份证"),
        ("好|评|返|现", "好评返现"),
        ("加\u3164微\u2800信", "加微信"),
        ("请加,微,信聊", "加微信"),
        ("请加\n微\n信聊", "加微信"),
        ("请加丶微丶信聊", "加微信"),
        ("请加<b>微</b>信聊", "加微信"),
        ("请加[b]微[/b]信聊", "加微信"),
        ("「加」「微」「信」", "加微信"),
        ("请加“微”信聊", "加微信"),
        ("请加加微微信信聊", "加微信"),
        ("请加微微微微信聊", "加微信"),
        ("请加ѵх聊", "加微信"),
        ("请加\u202e信微\u202c聊", "加微信"),
        ("亻尔氵衮", "你滚"),
        ("再闹把你扌立黑", "拉黑"),
        ("伱来", "你来"),
        ("wei4信聊", "微信"),
        ("💰给您", "钱给您"),
    ],
)
def test_a_disguise_is_undone(text: str, meant: str) -> None:
    assert meant in undone(text)


@pytest.mark.parametrize(
    "text",
    [
        "m码和l码都有现货",
        "d款比b款厚一些",
        "这款t恤是v领的",
        "{name}您好,{order_id}已经发出",
        "您好{name},预计{deadline}前送到",
        "型号rtx4090,支持usb充电",
        "这款是made in china的",
        "价格第二低,不是最低",
        "尺码选s还是m,您看详情页",
        "后8位数字给我就行",
        "前三位一致就可以",
        "大家群里都看到了",
        "气死了吧,我理解",
        "您好,亲,在的",
        "请点“是”再提交",
        "书名《家》已发出",
        "您好好评价一下就行",
        "男子汉和女子品牌都有",
        "发言平台已开放",
        "用ai客服也行,App里也能查",
        "pin码在卡背面",
        "mate5款有现货",
        "a<b时取a",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert undone(text) == DENOISER.views(text)[0].text


PARTS = [
    "yan",
    "证",
    "🐴",
    "码",
    " ",
    "1②③1伍",
    "la",
    "黑",
    "·",
    "\u200b",
    "❤",
    "威",
    "guī",
    "定",
    "{name}",
    "\n",
    "。",
    "\u202e",
    "<b>",
    "</b>",
    "信信",
    "女子",
    "氵",
    "衮",
    "ni3",
    "」",
    "「",
]


@given(st.lists(st.sampled_from(PARTS), max_size=24))
def test_every_character_of_a_view_leads_back_to_the_draft(parts: list[str]) -> None:
    text = "".join(parts)
    for view in DENOISER.views(text):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= a < b <= len(text) for a, b in zip(view.starts, view.ends, strict=True))
        assert list(view.starts) == sorted(view.starts)
