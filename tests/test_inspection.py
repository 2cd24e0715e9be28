"""`kefu library check` names everything that must be put right before content goes out."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from app.library import files
from app.library.inspection import Minimum, Report, inspect
from app.records import Finding
from app.settings import shipped_content

ONE = Minimum(types=0, techniques=0, stages=0, levels=0)
LAW = {
    "key": "XF-20",
    "name": "消费者权益保护法",
    "short": "消法",
    "article": "第二十条",
    "gist": "说真话",
    "status": "in_force",
    "verified": True,
    "checked_at": "2026-10-31",
}
SCRIPT = {
    "id": "logistics-delay-01",
    "title": "超时未发货",
    "types": ["logistics.delay"],
    "techniques": ["empathy"],
    "stage": "propose",
    "intensity": [1, 2],
    "severity_limit": "important",
    "use_when": "超过承诺的发货时间",
    "avoid_when": "已出库",
    "phrasings": [
        "三天没发货",
        "怎么不发",
        "付款好几天了",
        "啥时候寄",
        "忘了我吧",
        "催两次了",
        "说好昨天的",
        "再不发退了",
    ],
    "reply": "让您等这么久,换谁都会着急。我已经在催仓库核对{order_id},{deadline}前由我把发货时间发给您。",
    "avoid": {"text": "再等等吧", "reason": "没有时间"},
    "sources": ["law:XF-20", "seed:S3-01"],
}
LINE = {"customer": "气死了", "reply": "让您受委屈了,这件事我来跟。", "why": "接住感受"}
TECHNIQUE = {
    "id": "empathy",
    "name": "移情法",
    "definition": "接住感受",
    "purpose": "让人愿意说",
    "when": ["客户激动"],
    "steps": ["先听"],
    "frames": ["换谁都会……"],
    "good_example": LINE,
    "bad_example": {**LINE, "reply": "您先冷静"},
    "sources": ["seed:S3-01"],
}
EXAMPLE = {
    "id": "ex315-01",
    "scenario": "客户说要退一赔一",
    "types": ["product.counterfeit"],
    "phrasings": ["退一赔一!"],
    "right": "收到这样的东西换谁都不踏实，{callback}前由值班主管联系您。",
    "wrong": "乱说要负法律责任",
    "why": "恐吓",
    "action": "登记",
    "sources": ["seed:S3-01"],
}
CARD = {"id": "policy-one", "title": "退货", "kind": "law", "text": "七日内可以退", "sources": ["law:XF-20"]}
STATEMENT = {
    "id": "S3-01",
    "by": [
        "script:logistics-delay-01",
        "card:policy-one",
        "technique:empathy",
        "example:ex315-01",
        "rule:DEF-001",
        "stage:vent",
        "element:soothe",
        "clock:sla.result",
        "setting:compensation",
        "function:app.library.inspection",
        "later:20",
    ],
}
Content = dict[str, dict[str, list[dict[str, object]]]]


def content() -> Content:
    """A whole, faultless content folder: file → section → entries."""
    return {
        "scripts_library/logistics/delay.yaml": {"scripts": [{**SCRIPT}]},
        "scripts_library/techniques/empathy.yaml": {"techniques": [{**TECHNIQUE}]},
        "scripts_library/examples_315.yaml": {"examples": [{**EXAMPLE}]},
        "knowledge/cards/policy.yaml": {"cards": [{**CARD}]},
        "knowledge/laws.yaml": {
            "laws": [{**LAW}],
            "platform_rules": [],
            "banned_names": [{"pattern": "退一赔一", "why": "现为三倍。", "instead": "law:XF-20"}],
        },
        "knowledge/sources.yaml": {"sources": [{"key": "seed:003", "title": "315 注意事项"}]},
        "knowledge/stages.yaml": {"stages": [{"id": "vent", "say": ["您接着说"]}]},
        "knowledge/reply_elements.yaml": {"elements": [{"id": "soothe"}]},
        "knowledge/sla.yaml": {"clocks": [{"key": "sla.result"}]},
        "knowledge/compliance/DEF.yaml": {"rules": [{"id": "DEF-001a", "message": "别推", "reason": "像推脱"}]},
        "knowledge/coverage.yaml": {"statements": [{**STATEMENT}]},
    }


def lint(text: str) -> tuple[Finding, ...]:
    place = text.find("公司规定")
    if place < 0:
        return ()
    return (Finding("DEF-001", "DEF", "hint", 0.9, place, place + 4, "公司规定", "像推脱", ""),)


def report(folder: Path, sections: Content, minimum: Minimum = ONE) -> Report:
    for name, data in sections.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    shutil.copy(shipped_content() / "knowledge" / "taxonomy.yaml", folder / "knowledge" / "taxonomy.yaml")
    return inspect(files.load(folder), lint, folder, minimum)


@pytest.fixture
def sections() -> Content:
    return content()


def test_faultless_content_passes(sections: Content, tmp_path: Path) -> None:
    found = report(tmp_path, sections)
    assert found.problems == ()
    assert (found.ok, found.later) == (True, 1)
    assert found.counts["类型"]["logistics.delay"] == 1
    assert found.counts["情绪"] == {"0": 0, "1": 1, "2": 1, "3": 0, "4": 0}
    assert found.text().endswith("留待以后的承载  1\n内容检查通过")


def put(file: str, section: str, **fields: object) -> Callable[[Content], None]:
    def change(sections: Content) -> None:
        sections[file][section][0] |= fields

    return change


def twin(sections: Content) -> None:
    scripts = sections["scripts_library/logistics/delay.yaml"]["scripts"]
    phrasings = [f"完全不同的说法{c}" for c in "甲乙丙丁戊己庚辛"]
    scripts.append({**copy.deepcopy(SCRIPT), "id": "logistics-delay-02", "phrasings": phrasings})


DELAY, CARDS = "scripts_library/logistics/delay.yaml", "knowledge/cards/policy.yaml"
FAULTS: list[tuple[str, Callable[[Content], None], str, str]] = [
    (
        "few phrasings",
        put(DELAY, "scripts", phrasings=["三天没发货"]),
        "话术 logistics-delay-01 phrasings",
        "至少写 8 种",
    ),
    ("short reply", put(DELAY, "scripts", reply="我查一下。"), "话术 logistics-delay-01 reply", "30–160"),
    (
        "rule broken",
        put(DELAY, "scripts", reply=f"{SCRIPT['reply']}公司规定。"),
        "话术 logistics-delay-01 reply",
        "DEF-001",
    ),
    ("near-duplicate", twin, "话术 logistics-delay-02 reply", "与 logistics-delay-01"),
    (
        "right answer breaks a rule",
        put("scripts_library/examples_315.yaml", "examples", right="这是公司规定。"),
        "正确示范 ex315-01",
        "DEF-001",
    ),
    (
        "model reply breaks a rule",
        put("scripts_library/techniques/empathy.yaml", "techniques", good_example={**LINE, "reply": "公司规定"}),
        "技巧 empathy good_example",
        "DEF-001",
    ),
    ("unverified law", put("knowledge/laws.yaml", "laws", verified=False), "delay-01 sources", "还没有核实"),
    ("repealed law", put("knowledge/laws.yaml", "laws", status="repealed"), "delay-01 sources", "已修改或废止"),
    (
        "banned words in a card",
        put(CARDS, "cards", text="可以退一赔一"),
        "知识卡 policy-one",
        "现为三倍。改用 law:XF-20",
    ),
    (
        "in a reply",
        put(DELAY, "scripts", reply=f"{SCRIPT['reply']}退一赔一"),
        "话术 logistics-delay-01",
        "“退一赔一”不能再用",
    ),
    ("in a stage", put("knowledge/stages.yaml", "stages", say=["退一赔一"]), "knowledge/stages.yaml", "不能再用"),
    (
        "in a rule",
        put("knowledge/compliance/DEF.yaml", "rules", replacements=["退一赔一"]),
        "knowledge/compliance/DEF.yaml DEF-001a",
        "不能再用",
    ),
    ("unknown statement", put(CARDS, "cards", sources=["seed:S3-99"]), "知识卡 policy-one", "seed:S3-99 不在"),
    *(
        (
            f"no {carrier}",
            put("knowledge/coverage.yaml", "statements", by=[*STATEMENT["by"], carrier]),
            "knowledge/coverage.yaml S3-01",
            f"承载 {carrier} 不存在",
        )
        for carrier in (
            "script:none",
            "card:none",
            "technique:none",
            "example:none",
            "rule:DEF-002",
            "stage:none",
            "element:none",
            "clock:none",
            "setting:none",
            "function:app.none.at.all",
            "function:os",
            "later:soon",
            "wish:anything",
            "nothing",
        )
    ),
    (
        "nobody carries it",
        put("knowledge/coverage.yaml", "statements", by=[]),
        "coverage.yaml",
        "需要 by 或 rejected",
    ),
]


@pytest.mark.parametrize(("spoil", "place", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_named_with_its_place(
    spoil: Callable[[Content], None], place: str, words: str, sections: Content, tmp_path: Path
) -> None:
    spoil(sections)
    found = report(tmp_path, sections)
    assert not found.ok
    assert [p for p in found.problems if p.place.endswith(place) and words in p.message], found.text()
    assert words in found.text()


def test_wrong_examples_and_customers_may_say_anything(sections: Content, tmp_path: Path) -> None:
    sections[DELAY]["scripts"][0] |= {"avoid": {"text": "公司规定，退一赔一", "reason": "推脱"}}
    sections["scripts_library/examples_315.yaml"]["examples"][0] |= {
        "scenario": "客户要赔",
        "wrong": "公司规定，退一赔一",
    }
    assert report(tmp_path, sections).ok


def test_a_rejected_statement_needs_no_carrier(sections: Content, tmp_path: Path) -> None:
    sections["knowledge/coverage.yaml"]["statements"].append({"id": "S3-02", "rejected": "违法"})
    assert report(tmp_path, sections).ok


def test_a_statement_may_be_listed_once(sections: Content, tmp_path: Path) -> None:
    sections["knowledge/coverage.yaml"]["statements"].append({"id": "S3-01", "rejected": "违法"})
    assert "S3-01: 出现了不止一次" in report(tmp_path, sections).text()


def test_too_few_scripts_are_counted(sections: Content, tmp_path: Path) -> None:
    found = {(p.place, p.message) for p in report(tmp_path, sections, Minimum()).problems}
    assert ("类型 logistics.delay", "只有 1 条话术，至少要 6 条") in found
    assert ("技巧 empathy", "只有 1 条话术，至少要 25 条") in found
    assert ("步骤 vent", "只有 0 条话术，至少要 1 条") in found
    assert ("情绪 4", "只有 0 条话术，至少要 1 条") in found


def test_a_missing_coverage_file_is_a_fault(sections: Content, tmp_path: Path) -> None:
    del sections["knowledge/coverage.yaml"]
    assert "coverage.yaml: 文件不存在" in report(tmp_path, sections).text()
