"""`kefu rules explain` and `kefu rules test`: a rule in words, its examples, what becomes of a text."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import cli, parts
from app.compliance.selftest import draft_of
from app.compliance.trial import examined
from app.library import files
from app.records import Draft
from app.settings import load as load_settings

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
LIBRARY = files.load(ROOT)
LINTER = parts.linter_of(load_settings(), LIBRARY)
BEST_PRICE = "全网最低价,您放心拍"


def test_a_rule_is_explained_by_the_whole_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rules", "explain", "DEF-001"]) == 0
    assert "规定挡箭牌" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["explain", "ADV-001"], 0, ["极限词", "把握 0.86", "核对于 2026-10-31", "一对一聊天", "应标出", "不应标出"]),
        (["explain", "vag-001"], 0, ["VAG-001", "整段改写"]),
        (["explain", "RET-007C"], 0, ["只在抖店", "仓库在搬家"]),
        (["explain", "ADV-01"], 2, ["没有规则 ADV-01", "ADV-001"]),
        (["explain", "啊"], 2, ["没有规则 啊", "docs/rules.md"]),
        (["explain"], 2, ["规则编号"]),
        (["test", "RET-007c"], 0, ["✓ RET-007c 应标出", "0 个不符"]),
        (["test", "nope"], 2, ["没有规则 nope"]),
        (["test", "--text", ""], 2, ["不能为空"]),
        (["test", "--text", "在的"], 0, ["没有规则碰到", "结论  pass"]),
        (
            ["test", "OFF-001", "--text", "不要加微信,任何人让您加微信都别信"],
            0,
            ["放过：", "同一分句里前面有否定"],
        ),
        (["test", "--text", "仓库放假,这几天退不了", "--platform", "douyin"], 0, ["RET-007c", "标出", "结论  confirm"]),
        (["test", "RET-007c", "--text", "仓库放假,这几天退不了"], 0, ["规则不用于这个"]),
        (["test", "--text", BEST_PRICE, "--channel", "group"], 0, ["广告法"]),
    ],
)
def test_rules_are_explained_and_tried_out_on_the_command_line(
    arguments: list[str],
    status: int,
    said: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "linter_of", lambda *_: LINTER)  # loading it anew for every row takes two seconds each
    monkeypatch.setattr(files, "load", lambda _: LIBRARY)
    assert cli.main(["rules", *arguments]) == status
    printed = capsys.readouterr()
    for words in said:
        assert words in printed.out + printed.err
    assert bool(printed.err) == (status == 2)


def test_what_the_trail_keeps_is_what_the_rule_objects_to() -> None:
    for rule in LINTER.book.rules:
        for example in (*rule.rule.examples.bad[:2], *rule.rule.examples.good[:3]):
            draft = draft_of(example, rule)
            kept = any(step.kept for step in LINTER.trail(rule, draft, example.complaint))
            assert kept == LINTER.objects(rule, draft, example.complaint), (rule.rule.id, example.text)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=40)
    | st.lists(st.sampled_from(["公司规定", "“", "不", "加微信", "。", "\ud800"])).map("".join)
)
def test_any_text_can_be_tried_out(text: str) -> None:
    lines = list(examined(LINTER, LINTER.book.rules[:40], Draft(text, NOW), None))
    assert any(line.startswith("结论") for line in lines)
