"""The trainer's page in a real browser."""

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser_support import FAINT_TEXT, NARROW, SIDEWAYS, WIDE, Window
from tests.web_support import REPLY, script

pytestmark = pytest.mark.browser
LOOKS = [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)]
PAGE = 50  # rows before more are fetched (static/js/scripts/list.js)
XSS = "<img src=x onerror=alert(1)>"


def stored(window: Window, **changes: object) -> str:
    """Return the id of a new draft."""
    return str(window.call("POST", "/v1/scripts", {"script": script(**changes)})["id"])


def edit(window: Window, ident: str) -> Page:
    page = window.open(f"/scripts#{ident}")
    expect(page.locator(".detail-title h2")).to_be_visible()
    return page


@pytest.mark.parametrize(("size", "dark"), LOOKS, ids=["wide", "wide-dark", "narrow", "narrow-dark"])
def test_it_is_readable_everywhere(browser: Browser, address: str, size: tuple[int, int], dark: bool) -> None:
    window = Window(browser, address, size, dark=dark)
    page = window.open("/scripts")
    expect(page.locator(".row").first).to_be_visible()
    assert page.evaluate(FAINT_TEXT) == []
    assert page.evaluate(SIDEWAYS) <= 0
    page.locator(".row").first.click()
    expect(page.locator(".detail-title h2")).to_be_visible()
    page.get_by_label("标题").fill("")
    expect(page.locator(".remark").first).to_be_visible()
    for tab in ("试一试", "版本", "内容"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate(FAINT_TEXT) == []
        assert page.evaluate(SIDEWAYS) <= 0
    assert window.complaints == []
    window.close()


def test_a_new_script_is_written_published_and_suggested(window: Window) -> None:
    page = window.open("/scripts")
    page.get_by_role("link", name="新建").click()
    page.get_by_label("标题").fill("鱼缸灯频闪")
    page.locator(".field-types select").select_option("product.quality")
    page.locator(".field-techniques select").select_option("empathy")
    page.get_by_label("什么时候用").fill("鱼缸灯一闪一闪")
    page.get_by_label("什么时候别用").fill("客户只是问怎么装")
    page.locator(".field-phrasings textarea").fill("\n".join(f"鱼缸灯一直频闪第{n}回 | 2" for n in range(8)))
    page.locator(".field-reply textarea").fill(REPLY.replace("印花颜色和效果图差", "鱼缸灯闪"))
    page.get_by_label("错误做法").fill("灯闪是正常的")
    page.get_by_label("错在哪里").fill("客户只会更生气")
    page.locator(".field-sources input").fill("seed:S2-51")
    page.locator(".field-sources input").press("Enter")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".detail-title")).to_contain_text("待审核")
    page.get_by_role("button", name="发布").click()
    expect(page.locator(".detail-title .chip")).to_have_text("已发布")
    published = time.monotonic()
    page.goto(window.address + "/")
    page.get_by_label("客户消息").fill("鱼缸灯一直频闪第3回")
    page.keyboard.press("Enter")
    expect(page.locator(".suggestions")).to_contain_text("鱼缸灯频闪")
    assert time.monotonic() - published < 1.5  # includes loading the page


def test_save_time_checks_stand_beside_the_field(window: Window) -> None:
    page = edit(window, stored(window))
    page.locator(".field-reply textarea").fill("这是公司规定,我也没办法,您自己去找快递公司吧。" + REPLY)
    expect(page.locator(".field-reply .remark.error").first).to_be_visible()
    page.get_by_label("标题").fill("")
    expect(page.locator(".field-title .remark.error").first).to_be_visible()


def test_the_slower_writer_chooses_between_both_versions(window: Window) -> None:
    ident = stored(window, title="两个人改")
    page = edit(window, ident)
    window.call("PATCH", f"/v1/scripts/{ident}", {"revision": 1, "script": {"title": "别人改的"}})
    page.get_by_label("标题").fill("我改的标题")
    page.get_by_role("button", name="保存草稿").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("别人改过")
    expect(dialog.locator("del").last).to_be_visible()
    dialog.get_by_role("button", name="用我的版本覆盖").click()
    expect(page.locator(".saved")).to_have_text("已保存草稿")
    assert window.call("GET", f"/v1/scripts/{ident}")["script"]["title"] == "我改的标题"


def test_unsaved_changes_are_not_lost_by_a_click(window: Window) -> None:
    ident = stored(window, title="还没存")
    page = edit(window, ident)
    page.get_by_label("标题").fill("改了一半")
    page.locator(".row").first.click()
    page.get_by_role("dialog").get_by_role("button", name="留下来").click()
    expect(page.get_by_label("标题")).to_have_value("改了一半")
    assert page.url.endswith(ident)
    page.locator(".row").first.click()
    page.get_by_role("dialog").get_by_role("button", name="放弃修改").click()
    expect(page.get_by_label("标题")).not_to_have_value("改了一半")


def test_versions_show_what_changed_and_come_back(window: Window) -> None:
    ident = stored(window, title="第一版标题")
    window.call("POST", f"/v1/scripts/{ident}/publish", {"revision": 1})
    window.call("PATCH", f"/v1/scripts/{ident}", {"revision": 2, "script": {"title": "第二版标题"}})
    page = edit(window, ident)
    page.get_by_role("tab", name="版本").click()
    page.get_by_text("与当前内容的差别").click()
    expect(page.locator(".diff del")).to_have_text("一")
    expect(page.locator(".diff ins")).to_have_text("二")
    page.get_by_role("button", name="恢复为草稿").click()
    expect(page.locator(".detail-title h2")).to_have_text("第一版标题")


def test_a_script_is_tried_out(window: Window) -> None:
    page = edit(window, "logistics-courier-01")
    page.get_by_role("tab", name="试一试").click()
    page.locator(".tryout textarea").fill("没给我打招呼就搁驿站了,我在家等着呢\n发票怎么开")
    page.get_by_role("button", name="试一试").click()
    expect(page.locator(".tryout tbody tr")).to_have_count(2)
    expect(page.locator(".tryout tbody tr").first).to_contain_text("第 1")


def test_types_and_pinyin_narrow_the_list(window: Window) -> None:
    page = window.open("/scripts")
    page.get_by_role("button", name="快递服务").click()
    count = window.call("GET", "/v1/scripts/counts")["types"]["logistics.courier"]
    expect(page.locator(".row")).to_have_count(min(count, PAGE))
    page.get_by_label("搜索话术").fill("yz")
    expect(page.locator(".row").first).to_contain_text("驿站")
    page.get_by_label("搜索话术").fill("不可能有这个词xqzj")
    expect(page.get_by_text("没有符合条件的话术")).to_be_visible()


def test_a_script_is_retired_after_a_question(window: Window) -> None:
    ident = stored(window, title="要下架的")
    window.call("POST", f"/v1/scripts/{ident}/publish", {"revision": 1})
    page = edit(window, ident)
    page.get_by_role("button", name="下架").click()
    page.get_by_role("dialog").get_by_role("button", name="下架").click()
    expect(page.locator(".detail-title .chip").first).to_have_text("已下架")


def test_markup_in_a_script_stays_text(window: Window) -> None:
    reply = f"{XSS}{REPLY}"
    ident = stored(window, title=XSS[:24], reply=reply, phrasings=[{"text": f"{XSS}水晶灯掉珠子{n}"} for n in range(8)])
    page = edit(window, ident)
    expect(page.locator(".detail-title h2")).to_have_text(XSS[:24])
    expect(page.locator(".field-reply textarea")).to_have_value(reply)
    window.call("POST", f"/v1/scripts/{ident}/publish", {"revision": 1})
    page.goto(window.address + "/")
    page.get_by_label("客户消息").fill(f"{XSS}水晶灯掉珠子")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.customer .bubble")).to_contain_text(XSS)
    expect(page.locator(".suggestions")).to_contain_text(XSS)
    assert page.locator("main img").count() == 0


def test_the_list_says_when_the_service_is_away(window: Window) -> None:
    page = window.open("/scripts")
    expect(page.locator(".row").first).to_be_visible()
    page.route("**/v1/scripts?**", lambda route: route.abort())
    page.get_by_label("状态").select_option("draft")
    expect(page.get_by_role("alert")).to_contain_text("列表没有加载")
    page.unroute("**/v1/scripts?**")
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_reference_is_drawn_without_another_host(window: Window) -> None:
    page = window.open("/docs")
    expect(page.locator(".operation").first).to_be_visible()
    expect(page.get_by_text("POST /v1/assist").first).to_be_visible()
    assert page.evaluate(FAINT_TEXT) == []
    assert page.evaluate(SIDEWAYS) <= 0
