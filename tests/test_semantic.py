"""The semantic layer speaks only where rules are silent, never blocks, and points at what was typed."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import parts
from app.compliance import selftest
from app.compliance.lint import Linter, verdict
from app.compliance.rules import load as load_rules
from app.compliance.semantic import SemanticLayer
from app.errors import ContentError, IndexUnusable
from app.library import files
from app.records import Draft
from app.settings import load, shipped_content

CONTENT = shipped_content()
BOOK = load_rules(CONTENT / "knowledge" / "compliance", CONTENT / "knowledge" / "taxonomy.yaml")
LAYER = SemanticLayer.load(CONTENT / "index" / "linter", BOOK)
WITH, WITHOUT = Linter(BOOK, semantic=LAYER), Linter(BOOK)
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
INDIRECT = [
    ("您这个价位的东西，心里就别抱那么高的期待了吧", "BLM"),
    ("把那条一颗星的话收回去，咱们钱的事就好商量", "REV"),
    ("我们家从来没人说不好,您是第一位", "BLM"),
]


@pytest.mark.parametrize(("text", "group"), INDIRECT)
def test_what_no_pattern_says_is_suspected(text: str, group: str) -> None:
    assert WITHOUT.findings(Draft(text, NOW)) == ()
    assert [(f.group, f.semantic) for f in WITH.findings(Draft(text, NOW))] == [(group, True)]


def test_a_breach_in_a_long_good_reply_is_shown_where_it_is() -> None:
    good, bad = "您的订单我核过了,新的吸管杯今天18:00前补发,单号到时发在这里。", INDIRECT[0][0]
    assert WITH.findings(Draft(good, NOW)) == ()
    (found,) = WITH.findings(Draft(good + bad, NOW))
    assert found.semantic
    assert found.start >= len(good)


@given(st.text(max_size=80))
def test_a_suspicion_never_blocks_and_points_inside(text: str) -> None:
    plain = WITHOUT.findings(Draft(text, NOW))
    for finding in WITH.findings(Draft(text, NOW)):
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.text == text[finding.start : finding.end]
        if finding.semantic:
            assert finding.severity in ("hint", "confirm")
            assert finding.replacements == ()
            assert verdict(plain) in ("pass", "hint")


def test_a_torn_layer_is_refused_and_the_rules_go_on(tmp_path: Path) -> None:
    for name in ("manifest.json", "weights.npz"):
        (tmp_path / name).write_bytes((CONTENT / "index" / "linter" / name).read_bytes())
    (tmp_path / "weights.npz").write_bytes(b"PK")
    with pytest.raises(IndexUnusable):
        SemanticLayer.load(tmp_path, BOOK)
    assert verdict(WITHOUT.findings(Draft("这是公司规定,我也没办法", NOW))) != "pass"


def test_rules_prove_themselves_once_per_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Linter] = []
    monkeypatch.setattr(selftest, "check", runs.append)
    monkeypatch.setattr(selftest, "_passed", set())
    marker = tmp_path / "data" / parts.PROVEN
    selftest.check_once(WITHOUT, marker)
    selftest.check_once(WITHOUT, marker)
    assert len(runs) == 1
    marker.write_text("torn", encoding="ascii")
    monkeypatch.setattr(selftest, "_passed", set())  # another process
    selftest.check_once(WITHOUT, marker)
    assert len(runs) == 2


def test_rules_prove_themselves_again_when_a_law_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Linter] = []
    monkeypatch.setattr(selftest, "check", runs.append)
    monkeypatch.setattr(selftest, "_passed", set())
    knowledge = tmp_path / "knowledge"
    shutil.copytree(CONTENT / "knowledge" / "compliance", knowledge / "compliance")
    for name in ("taxonomy.yaml", "laws.yaml"):
        shutil.copyfile(CONTENT / "knowledge" / name, knowledge / name)
    linter = Linter(load_rules(knowledge / "compliance", knowledge / "taxonomy.yaml"))
    selftest.check_once(linter, tmp_path / parts.PROVEN)
    with (knowledge / "laws.yaml").open("a", encoding="utf-8") as out:
        out.write("# 又一条\n")
    selftest.check_once(linter, tmp_path / parts.PROVEN)
    selftest.check_once(linter, tmp_path / parts.PROVEN)
    assert len(runs) == 2


def test_a_rule_that_fails_its_example_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Linter) -> None:
        raise ContentError("规则 DEF-001 没有标出反例")

    monkeypatch.setattr(selftest, "check", fails)
    monkeypatch.setattr(selftest, "_passed", set())
    settings = load(data_dir=tmp_path)
    with pytest.raises(ContentError, match="DEF-001"):
        parts.load(settings, files.load(settings.content_dir))
    assert not (tmp_path / parts.PROVEN).exists()
