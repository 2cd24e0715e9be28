"""Saying what the copilot read wrong, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser_support import FAINT_TEXT, NARROW, SIDEWAYS, WIDE, Window, uncomplaining

pytestmark = pytest.mark.browser
KEPT = "已记下，用来改进识别；这次的建议不变"


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def desk(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Window]:
    with uncomplaining(browser, address, request.param) as opened:
        yield opened


def opened(window: Window) -> Page:
    page = window.open("/")
    page.get_by_label("示例会话").select_option("late")
    expect(page.locator(".suggestion").first).to_be_visible()
    return page


def looks_right(page: Page) -> None:
    assert page.evaluate(FAINT_TEXT) == []
    assert page.evaluate(SIDEWAYS) <= 0


def test_everything_is_corrected_with_the_keyboard(desk: Window) -> None:
    sent: list[Any] = []

    def heard(request: Request) -> None:
        if request.url.endswith("/v1/corrections"):
            sent.append(request.post_data_json)

    desk.page.on("request", heard)
    page = opened(desk)
    looks_right(page)
    state = page.locator(".panel-state")

    page.get_by_role("button", name="类型不对").press("Enter")
    looks_right(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("请选择一个类型")
    choice = page.get_by_label("这条消息主要在说")
    choice.select_option("服务态度")
    choice.press("Tab")
    expect(page.get_by_role("button", name="取消")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).to_contain_text("已记：应为 服务态度")
    expect(state).to_have_text(KEPT)
    expect(page.get_by_role("button", name="类型不对")).to_be_focused()

    page.get_by_role("button", name="情绪不对").press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    looks_right(page)
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).to_contain_text("已记：应为 1 轻微不满")

    page.get_by_role("button", name="风险不对").press("Enter")
    looks_right(page)
    expect(page.get_by_label("12315")).to_be_checked()
    ticked = page.get_by_role("checkbox", checked=True)
    while ticked.count():
        ticked.first.press("Space")
    page.get_by_label("婴幼儿").press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".severity")).to_contain_text("已记：风险应为 婴幼儿")

    page.get_by_role("button", name="不是投诉").press("Enter")
    expect(page.get_by_role("button", name="不是投诉")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="不是投诉")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="不是投诉")).to_have_attribute("aria-pressed", "false")
    looks_right(page)

    said = [{k: v for k, v in body.items() if k not in ("message", "history")} for body in sent]
    assert said == [
        {"types": ["service.attitude"]},
        {"level": 1},
        {"risks": ["vulnerable"]},
        {"complaint": False},
        {"complaint": True},
    ]
    assert all("12315" in str(body["message"]) and len(body["history"]) == 2 for body in sent)


def test_suggestions_and_digits_are_left_alone(window: Window) -> None:
    page = opened(window)
    before = page.locator(".suggestion .reply").all_inner_texts()
    page.get_by_role("button", name="情绪不对").click()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("kefu-composer textarea")).to_have_value("")
    expect(page.locator(".corrected")).to_have_count(0)
    assert page.locator(".suggestion .reply").all_inner_texts() == before


def test_what_could_not_be_kept_says_so(window: Window) -> None:
    page = opened(window)
    page.route("**/v1/corrections", lambda route: route.abort(), times=2)
    page.get_by_role("button", name="不是投诉").click()
    expect(page.locator(".panel-state")).to_have_text("没有记下：连不上服务")
    expect(page.get_by_role("button", name="不是投诉")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="类型不对").click()
    page.get_by_label("这条消息主要在说").select_option("退款")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("没有记下：连不上服务")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("已记：应为 退款")
    page.get_by_role("button", name="类型不对").click()
    page.get_by_label("这条消息主要在说").select_option("发货与配送延迟")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("已记：应为 发货与配送延迟")


def test_a_new_message_starts_without_what_was_said(window: Window) -> None:
    page = opened(window)
    page.get_by_role("button", name="不是投诉").click()
    expect(page.locator(".panel-state")).to_have_text(KEPT)
    page.get_by_label("客户消息").fill("奶粉里全是虫子")
    page.keyboard.press("Enter")
    expect(page.locator(".panel-state")).to_contain_text("条建议")
    expect(page.get_by_role("button", name="不是投诉")).to_have_attribute("aria-pressed", "false")
