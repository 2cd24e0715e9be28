"""The settings page names every option, and a wrong value is named."""

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.settings import Settings, load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_option_is_on_the_page(name: str) -> None:
    assert f"`KEFU_{name.upper()}`" in PAGE.read_text(encoding="utf-8")
    assert Settings.model_fields[name].description


@pytest.mark.parametrize(
    ("name", "value"),
    [("KEFU_PORT", "eighty"), ("KEFU_PORT", "70000"), ("KEFU_TIMEZONE", "Mars/Olympus"), ("KEFU_POLL_SECONDS", "0")],
)
def test_a_wrong_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load()
