"""One server and one browser for all page tests; a fresh window for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser_support import Window, chromium, serving, uncomplaining


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 - skip first
    with serving(tmp_path_factory.mktemp("pages")) as found:
        yield found


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[Window]:
    with uncomplaining(browser, address) as opened:
        yield opened
