"""Sending against the check's advice, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser_support import FAINT_TEXT, NARROW, SIDEWAYS, WIDE, Window, serving, uncomplaining

pytestmark = pytest.mark.browser
CODE = "open-sesame-2026"
DRAFT = "kefu-composer textarea"
CONFIRM = "这是公司规定,我也没办法。"
BLOCK = "你再闹我就把你拉黑,以后别想在我们店买东西,投诉也没用。"

FINDING = {
    "rule_id": "VAG-001", "group": "VAG", "severity": "confirm", "confidence": 0.9, "start": 0, "end": 2,
    "text": "你再", "message": "m", "reason": "r", "replacements": [], "sources": [],
}  # fmt: skip
ADVISED: dict[str, object] = {
    "verdict": "confirm",
    "rewrite": None,
    "elements": {},
    "commitments": [],
    "checked": True,
    "findings": [FINDING],
}


@pytest.fixture(scope="module")
def supervised(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 - skip first
    with serving(tmp_path_factory.mktemp("supervised"), supervisor_code=CODE) as found:
        yield found


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def desk(request: pytest.FixtureRequest, browser: Browser, supervised: str) -> Iterator[Window]:
    with uncomplaining(browser, supervised, request.param) as opened:
        yield opened


def written(window: Window, draft: str, verdict: str) -> Page:
    page = window.open("/")
    page.get_by_label("示例会话").select_option("late")
    page.locator(DRAFT).fill(draft)
    expect(page.locator(".verdict")).to_contain_text(verdict)
    return page


def looks_right(page: Page) -> None:
    assert page.evaluate(FAINT_TEXT) == []
    assert page.evaluate(SIDEWAYS) <= 0


def alert(dialog: Locator) -> Locator:
    return dialog.get_by_role("alert")


def test_a_reason_is_kept_before_the_draft_goes_out(desk: Window) -> None:
    page = written(desk, CONFIRM, "请改写")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("公司规定")
    looks_right(page)
    page.keyboard.type("。。")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(alert(dialog)).to_contain_text("请写明理由")
    dialog.get_by_label("仍要发送的理由").fill("客户要原话,电话13912345678")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.agent").last).to_contain_text("已说明理由:客户要原话")
    expect(page.locator(DRAFT)).to_have_value("")
    kept = desk.call("GET", "/v1/overrides?limit=1")["items"][0]
    assert (kept["who"], kept["text"], kept["reason"]) == ("agent", CONFIRM, "客户要原话,电话139****5678")
    looks_right(page)


def test_only_the_supervisor_lets_a_block_through(desk: Window) -> None:
    page = written(desk, BLOCK, "不得发送")
    expect(page.get_by_role("button", name="发送", exact=True)).to_be_disabled()
    page.locator(DRAFT).press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="主管放行").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("仍要发送的理由").fill("法务核过这句")
    dialog.get_by_label("主管码").press("Enter")
    expect(alert(dialog)).to_contain_text("请输入主管码")
    dialog.get_by_label("主管码").fill("wrong-code")
    dialog.get_by_label("主管码").press("Enter")
    expect(alert(dialog)).to_contain_text("主管码不对")
    looks_right(page)
    expect(page.locator(".turn.agent")).to_have_count(1)
    dialog.get_by_label("主管码").fill(CODE)
    dialog.get_by_label("主管码").press("Enter")
    expect(page.locator(".turn.agent").last).to_contain_text("主管放行:法务核过这句")
    kept = desk.call("GET", "/v1/overrides?limit=1")["items"][0]
    assert (kept["who"], kept["severity"], kept["text"]) == ("supervisor", "block", BLOCK)


def test_without_a_code_there_is_no_way_around_a_block(window: Window) -> None:
    page = written(window, BLOCK, "不得发送")
    expect(page.get_by_text("主管放行")).to_be_hidden()


def test_what_cannot_be_written_down_is_not_sent(window: Window) -> None:
    page = written(window, CONFIRM, "请改写")
    keys: list[str] = []

    def lost(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort()

    page.route("**/v1/overrides", lost, times=2)
    page.get_by_role("button", name="发送", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("仍要发送的理由").fill("客户要原话")
    send = dialog.get_by_role("button", name="说明理由并发送")
    for _ in range(2):
        send.click()
        expect(alert(dialog)).to_contain_text("草稿没有发送")
        expect(page.locator(".turn.agent")).to_have_count(1)
    assert len(set(keys)) == 1
    send.click()
    expect(page.locator(".turn.agent").last).to_contain_text(CONFIRM)


def test_the_service_decides_whatever_the_page_believes(window: Window) -> None:
    page = window.open("/")
    page.route("**/v1/check", lambda route: route.fulfill(json=ADVISED))
    page.locator(DRAFT).fill(BLOCK)
    expect(page.locator(".verdict")).to_contain_text("请改写")
    page.get_by_role("button", name="发送", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("仍要发送的理由").fill("看着没事")
    dialog.get_by_role("button", name="说明理由并发送").click()
    expect(alert(dialog)).to_contain_text("不得发送")
    expect(page.locator(".turn.agent")).to_have_count(0)
    dialog.get_by_role("button", name="回去修改").click()
    expect(page.locator(DRAFT)).to_have_value(BLOCK)
