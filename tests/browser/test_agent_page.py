"""The agent's workbench in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser_support import FAINT_TEXT, NARROW, SIDEWAYS, WIDE, Window

pytestmark = pytest.mark.browser
LOOKS = [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)]
XSS = "<img src=x onerror=\"document.title='owned'\"><svg onload=alert(1)><script>document.title='owned'</script>"
DRAFT = "kefu-composer textarea"


def open_case(page: Page, case: str = "late") -> None:
    page.get_by_label("示例会话").select_option(case)
    expect(page.locator(".suggestion").first).to_be_visible()


def say(page: Page, text: str) -> None:
    page.get_by_label("客户消息").fill(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("size", "dark"), LOOKS, ids=["wide", "wide-dark", "narrow", "narrow-dark"])
def test_it_is_readable_everywhere(browser: Browser, address: str, size: tuple[int, int], dark: bool) -> None:
    window = Window(browser, address, size, dark=dark)
    page = window.open("/")
    expect(page.get_by_text("等待客户消息")).to_be_visible()
    expect(page.get_by_text("本机模式：未设账号")).to_be_visible()
    open_case(page)
    page.locator(DRAFT).fill("这是公司规定,我也没办法,会尽快处理。" + "很长" * 300 + "https://example.com/" + "a" * 300)
    expect(page.locator(".finding").first).to_be_visible()
    for summary in page.locator(".panel summary").all():
        summary.click()
    assert page.evaluate(FAINT_TEXT) == []
    assert page.evaluate(SIDEWAYS) <= 0
    assert window.complaints == []
    window.close()


def test_a_case_shows_what_was_understood(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    panel = page.locator("kefu-panel")
    expect(panel.get_by_text("发货与配送延迟").first).to_be_visible()
    expect(panel.locator(".severity-name")).to_have_text("重大投诉")
    expect(panel.locator("kefu-clock")).to_contain_text("首响剩余")
    expect(panel.get_by_role("meter", name="情绪强度")).to_have_attribute("aria-valuenow", "3")
    expect(panel.locator(".risks")).to_contain_text("12315")
    expect(page.locator(".turn.customer").last.locator("mark").first).to_be_visible()
    expect(panel.locator(".avoid")).to_be_visible()
    panel.get_by_text("怎么做").click()
    expect(panel.locator(".steps")).to_be_visible()
    before = panel.locator("kefu-clock").inner_text()
    page.wait_for_timeout(1200)
    assert panel.locator("kefu-clock").inner_text() != before


def test_number_keys_insert_and_never_replace(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    draft = page.locator(DRAFT)
    page.get_by_role("heading", name="当前会话").click()
    replies = page.locator(".suggestion .reply").all_inner_texts()
    page.keyboard.press("1")
    expect(draft).to_have_value(replies[0])
    page.keyboard.press("2")
    expect(draft).to_have_value(replies[0] + "2")  # the draft has the focus now: a digit is a digit
    page.keyboard.press("Alt+3")
    expect(draft).to_have_value(f"{replies[0]}2\n{replies[2]}")
    page.keyboard.press("Control+z")
    expect(draft).to_have_value(replies[0] + "2")


def test_a_click_inserts_at_the_cursor_between_what_is_there(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    draft = page.locator(DRAFT)
    draft.fill("前后")
    draft.evaluate("(area) => area.setSelectionRange(1, 1)")
    reply = page.locator(".suggestion .reply").nth(1).inner_text()
    page.get_by_role("button", name="插入第 2 条").click()
    expect(draft).to_have_value(f"前\n{reply}\n后")


def test_a_selection_survives_an_insertion(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    draft = page.locator(DRAFT)
    draft.fill("不要丢掉我")
    draft.press("Control+a")
    page.keyboard.press("Alt+1")
    assert draft.input_value().startswith("不要丢掉我\n")


def test_a_draft_outlives_a_reload(window: Window) -> None:
    page = window.open("/")
    page.locator(DRAFT).fill("写了一半")
    page.reload()
    expect(page.locator(DRAFT)).to_have_value("写了一半")


def test_a_finding_is_underlined_and_replaced(window: Window) -> None:
    answer: dict[str, object] = {
        "verdict": "hint", "rewrite": None, "elements": {}, "commitments": [], "checked": True,
        "findings": [{"rule_id": "VAG-001", "group": "VAG", "severity": "hint", "confidence": 0.9, "start": 2, "end": 4,
                      "text": "尽快", "message": "没有时限", "reason": "等于没说", "replacements": ["今天18:00前"],
                      "sources": [{"key": "seed:001", "title": "流程", "as_of": None}]}],
    }  # fmt: skip
    page = window.open("/")
    page.route("**/v1/check", lambda route: route.fulfill(json=answer))
    draft = page.locator(DRAFT)
    draft.fill("😀会尽快回复")
    mark = page.locator(".backdrop mark.hint")
    expect(mark).to_have_text("尽快")
    expect(page.locator(".finding")).to_contain_text("等于没说 依据：流程")
    page.get_by_role("button", name="改为“今天18:00前”").click()
    expect(draft).to_have_value("😀会今天18:00前回复")
    draft.press("Control+z")
    expect(draft).to_have_value("😀会尽快回复")


def test_advice_on_the_whole_draft_does_not_hide_what_is_forbidden(window: Window) -> None:
    common = {"group": "X", "confidence": 0.9, "message": "m", "reason": "r", "replacements": [], "sources": []}
    findings = [
        {**common, "rule_id": "X-001", "severity": "hint", "start": 0, "end": 8, "text": "再闹就把你拉黑了"},
        {**common, "rule_id": "X-002", "severity": "block", "start": 3, "end": 7, "text": "把你拉黑"},
    ]
    answer: dict[str, object] = {
        "verdict": "block",
        "rewrite": None,
        "elements": {},
        "commitments": [],
        "checked": True,
    }
    page = window.open("/")
    page.route("**/v1/check", lambda route: route.fulfill(json={**answer, "findings": findings}))
    page.locator(DRAFT).fill("再闹就把你拉黑了")
    expect(page.locator(".backdrop mark.block")).to_have_text("把你拉黑")
    expect(page.locator(".backdrop mark.hint")).to_have_text(["再闹就", "了"])


def test_the_underline_lies_under_its_words(window: Window) -> None:
    page = window.open("/")
    draft = page.locator(DRAFT)
    draft.fill("好的,我来处理。" * 90 + "\n" * 12 + "这是公司规定。")
    expect(page.locator(".backdrop mark").first).to_be_visible()
    same = """() => { const [a, b] = [document.querySelector('.editor textarea'), document.querySelector('.backdrop')];
      return [a.clientWidth - b.clientWidth, a.scrollHeight - b.scrollHeight, a.scrollTop - b.scrollTop]; }"""
    width, height, top = page.evaluate(same)
    assert (width, top) == (0, 0)
    assert abs(height) <= 2


def test_what_is_forbidden_cannot_be_sent(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    page.locator(DRAFT).fill("你再闹我就把你拉黑,以后别想在我们店买东西,投诉也没用。")
    expect(page.locator(".verdict")).to_contain_text("不得发送")
    expect(page.get_by_role("button", name="发送", exact=True)).to_be_disabled()
    page.locator(DRAFT).press("Control+Enter")
    expect(page.locator(".turn.agent")).to_have_count(1)


def test_what_should_be_rewritten_needs_a_reason(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    page.locator(DRAFT).fill("这是公司规定,我也没办法。")
    expect(page.locator(".verdict")).to_contain_text("请改写")
    page.get_by_role("button", name="发送", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="说明理由并发送").click()
    expect(dialog.get_by_role("alert")).to_contain_text("请写明理由")
    dialog.get_by_label("仍要发送的理由").fill("客户要原话")
    dialog.get_by_role("button", name="说明理由并发送").click()
    expect(page.locator(".turn.agent").last).to_contain_text("已说明理由:客户要原话")
    expect(page.locator(DRAFT)).to_have_value("")


def test_a_good_draft_is_sent_with_the_keyboard(window: Window) -> None:
    page = window.open("/")
    open_case(page)
    page.keyboard.press("Alt+1")
    expect(page.locator(".verdict")).to_contain_text("可以发送")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn.agent").last).to_contain_text("后回复")
    expect(page.locator("kefu-clock")).to_have_count(0)
    expect(page.locator(".severity")).to_contain_text("已回复")


def test_an_unchecked_draft_says_so(window: Window) -> None:
    page = window.open("/")
    page.route("**/v1/check", lambda route: route.abort())
    page.locator(DRAFT).fill("您好")
    expect(page.locator(".verdict")).to_contain_text("未检查")
    page.get_by_role("button", name="发送", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("没有检查过")


def test_a_failure_is_shown_and_can_be_tried_again(window: Window) -> None:
    page = window.open("/")
    page.route("**/v1/assist", lambda route: route.abort(), times=1)
    say(page, "三天了还没发货")
    expect(page.get_by_role("alert")).to_contain_text("没有拿到建议")
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".suggestion").first).to_be_visible()


def test_it_comes_back_by_itself_when_the_service_does(window: Window) -> None:
    page = window.open("/")
    page.route("**/v1/assist", lambda route: route.abort(), times=1)
    page.route("**/v1/check", lambda route: route.abort(), times=1)
    say(page, "三天了还没发货")
    page.locator(DRAFT).fill("您好,我来查。")
    expect(page.locator(".verdict")).to_contain_text("未检查")
    expect(page.locator(".suggestion").first).to_be_visible()
    expect(page.locator(".verdict")).not_to_contain_text("未检查")


def test_suggestions_for_an_older_message_are_greyed_and_late_answers_dropped(window: Window) -> None:
    page = window.open("/")
    open_case(page, "polite")
    held: list[Route] = []
    page.route("**/v1/assist", lambda route: held.append(route))
    say(page, "奶粉里全是虫子")
    expect(page.locator("kefu-panel")).to_have_class("panel stale")
    expect(page.get_by_role("button", name="插入第 1 条")).to_be_disabled()
    page.keyboard.press("Alt+1")
    expect(page.locator(DRAFT)).to_have_value("")
    say(page, "退款还没到账")
    page.wait_for_timeout(200)
    assert len(held) == 2
    held[1].continue_()
    expect(page.locator("kefu-panel .fact").first).to_contain_text("退款")
    expect(page.locator("kefu-panel")).to_have_class("panel")


def test_markup_from_people_stays_text(window: Window) -> None:
    page = window.open("/")
    say(page, f"没发货 {XSS}")
    expect(page.locator(".turn.customer .bubble")).to_contain_text(XSS)
    page.locator(DRAFT).fill(f"公司规定 {XSS}")
    expect(page.locator(".backdrop")).to_contain_text(XSS)
    expect(page.locator(".suggestion, .suggestions .notice").first).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    assert page.title() != "owned"
