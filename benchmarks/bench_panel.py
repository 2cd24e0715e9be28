"""The agent's page in a real browser: a customer message entered → its suggestions painted; needs chromium."""

import shutil

from playwright.sync_api import sync_playwright

from benchmarks.measure import Timing
from tests.browser_support import FLAGS

MESSAGES = 60
# Resolves with the milliseconds from sending to the first frame painted after the answer to this message is shown.
MEASURE = """(text) => new Promise((done) => {
  const form = document.querySelector('kefu-conversation form'), field = form.querySelector('input');
  const panel = document.querySelector('kefu-panel');
  field.value = text;
  const start = performance.now();
  const watch = new MutationObserver(() => {
    if (panel.getAttribute('aria-busy') !== 'false' || panel.classList.contains('stale')) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  });
  watch.observe(panel, { attributes: true, childList: true, subtree: true });
  form.requestSubmit();
})"""


def run(address: str, texts: list[str]) -> str:
    """Return the line of the report for the page served at `address`."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        return "panel, message → painted: not measured, no chromium on this machine"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        taken, shown = [], 0
        for text in texts[: MESSAGES + 5]:
            page.goto(address)  # a talk of its own: in one of sixty grievances every case is a crisis, with few replies
            page.get_by_label("客户消息").wait_for()
            taken.append(float(page.evaluate(MEASURE, text)))
            shown += page.locator(".suggestion").count()
        browser.close()
    each = shown / len(taken)
    return f"panel, message entered → suggestions painted: {Timing.of(taken[5:])}; {each:.1f} suggestions a message"
