"""The product in a real server and a real browser."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from app.settings import load
from app.web import application
from app.web.server import configuration, listen
from app.wiring import Copilot

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 30
WIDE, NARROW = (1440, 900), (400, 900)

# Text too faint against what lies behind it (WCAG 2.2 SC 1.4.3); disabled controls are excepted there.
FAINT_TEXT = """() => {
  const parse = (c) => {
    const m = c.match(/[\\d.]+/g).map(Number);
    return c.startsWith('color(') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1];
  };
  const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const behind = (e) => {
    const layers = [];
    for (let n = e; n; n = n.parentElement) layers.unshift(parse(getComputedStyle(n).backgroundColor));
    return layers.reduce((base, layer) => over(layer, base), [255, 255, 255, 1]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.checkVisibility()) continue;
    if (e.closest(':disabled, .backdrop, .visually-hidden, .skip, option')) continue;
    const style = getComputedStyle(e);
    const base = behind(e);
    const [a, b] = [light(over(parse(style.color), base)), light(base)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className}: ${node.data.trim().slice(0, 20)}`);
  }
  return found;
}"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def serving(data_dir: Path, **options: object) -> Iterator[str]:
    """Yield the address of the product, served by uvicorn on a free loopback port."""
    settings = load(data_dir=data_dir, port=0, log_level="warning", **options)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(configuration(application.create(Copilot.open(settings)), settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until = time.monotonic() + START_SECONDS
        while not server.started:
            assert thread.is_alive(), "the server ended while starting"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield Chromium with a fresh profile. Skips without one, except in CI, where that is a failure."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        reason = "no chromium on this machine"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Window:
    """A page with its complaints: script errors, refused content, dialogs, requests to other hosts."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int] = WIDE, *, dark: bool = False) -> None:
        self.address = address
        self.complaints: list[str] = []
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="zh-CN",
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(8000)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("request", lambda request: self._asked(request.url))

    def open(self, path: str) -> Page:
        """Go to a page of the product and return it."""
        self.page.goto(self.address + path)
        return self.page

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Ask the API, beside what the page does."""
        response = self._context.request.fetch(
            self.address + path, method=method, data=body, headers={"content-type": "application/json"}
        )
        assert response.ok, response.text()
        return response.json()

    def close(self) -> None:
        """Close the page without its farewell questions."""
        self._context.close()

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(f"console: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"another host was asked: {url}")


@contextmanager
def uncomplaining(browser: Browser, address: str, size: tuple[int, int] = WIDE) -> Iterator[Window]:
    """A window that must not have complained by the time it closes."""
    opened = Window(browser, address, size)
    yield opened
    opened.close()
    assert opened.complaints == []
