"""Overlays through the front door: what a platform, an industry, a channel and 315 mode make of the rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import parts, requests
from app.assist.drafts import DraftChecker
from app.compliance.lint import Linter, effective
from app.compliance.overlays import MODES, refuse_unverified
from app.compliance.places import Places
from app.compliance.rules import load
from app.compliance.selftest import draft_of
from app.errors import ContentError, InvalidInput
from app.library import files
from app.records import VERDICTS, Channel, Context, Draft, Finding
from app.settings import load as load_settings

ROOT = Path(__file__).resolve().parent.parent
KNOWLEDGE = ROOT / "knowledge"
NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
LIBRARY = files.load(ROOT)
BOOK = load(KNOWLEDGE / "compliance", KNOWLEDGE / "taxonomy.yaml")
LINTER = Linter(BOOK, LIBRARY.sources, LIBRARY.laws.values())
STRICT = Linter(BOOK, LIBRARY.sources, LIBRARY.laws.values(), modes=MODES)
PLATFORMS = {"taobao": ("taobao", "tmall"), "jd": ("jd",), "pdd": ("pdd",), "douyin": ("douyin",)}
INDUSTRIES = ("food", "cosmetics", "health", "telecom")
NOWHERE = Context()
BEST_PRICE = "全网最低价,您放心拍"


def found(text: str, rule: str, channel: Channel = "im", context: Context = NOWHERE) -> Finding | None:
    draft = Draft(text, NOW, channel=channel, context=context)
    return next((f for f in LINTER.findings(draft, True) if f.rule_id == rule), None)


def keys(finding: Finding | None) -> list[str]:
    assert finding is not None
    return [source.key for source in finding.sources]


@pytest.mark.parametrize(
    ("channel", "cited", "not_cited"),
    [
        ("im", ["law:XF-20", "law:FB-9"], "law:GG-9"),
        ("group", ["law:GG-9", "law:GG-57"], "law:XF-20"),
        ("review_reply", ["law:GG-9", "law:GG-57"], "law:FB-9"),
    ],
)
def test_the_same_words_cite_another_law_in_a_chat_than_in_a_broadcast(
    channel: Channel, cited: list[str], not_cited: str
) -> None:
    sources = keys(found(BEST_PRICE, "ADV-001", channel))
    assert sources[:2] == cited
    assert not_cited not in sources


@pytest.mark.parametrize(
    "text", [BEST_PRICE, "99%的客户都说好用", "喝这个就不用吃降压药了，天然的多好", "回购率高达九成"]
)
@pytest.mark.parametrize("platform", ["", *PLATFORMS])
@pytest.mark.parametrize("industry", ["", *INDUSTRIES])
def test_a_chat_never_cites_advertising_law(text: str, platform: str, industry: str) -> None:
    draft = Draft(text, NOW, context=Context(platform=platform, industry=industry))
    findings = LINTER.findings(draft, True)
    assert findings
    assert not [s.key for f in findings for s in f.sources if s.key.startswith(("law:GG-", "law:GBZ-"))]


@pytest.mark.parametrize(
    ("text", "rule", "context", "severity", "said"),
    [
        ("您按这个写就行，记得给五星好评哦", "REV-001", {}, "confirm", ""),
        ("您按这个写就行，记得给五星好评哦", "REV-001", {"platform": "tmall"}, "block", "天猫不许要求只写好评"),
        ("您是不是想讹我们钱", "BLM-003", {}, "confirm", ""),
        ("您是不是想讹我们钱", "BLM-003", {"platform": "抖店"}, "block", "按订单的5%赔客户"),
        ("亲,拆封了就不能退了哦", "RET-001", {}, "confirm", ""),
        ("亲,拆封了就不能退了哦", "RET-001", {"industry": "food"}, "hint", "一次性密封"),
        ("亲,拆封了就不能退了哦", "RET-001", {"industry": "化妆品"}, "hint", "一次性密封"),
        (BEST_PRICE, "ADV-001", {"industry": "health"}, "confirm", "广告法罚"),
    ],
)
def test_a_level_and_its_reason_follow_the_place(
    text: str, rule: str, context: dict[str, str], severity: str, said: str
) -> None:
    finding = found(text, rule, "im", Context(platform=context.get("platform"), industry=context.get("industry")))
    assert finding is not None
    assert finding.severity == severity
    assert said in finding.reason


def test_what_is_strict_in_a_broadcast_only_is_not_strict_in_a_chat() -> None:
    finding = found(BEST_PRICE, "ADV-001", "group", Context(industry="health"))
    assert finding is not None
    assert finding.severity == "block"
    assert "law:GBZ-11" in keys(finding)


@pytest.mark.parametrize("rule", [r for r in BOOK.rules if r.overlay], ids=lambda r: r.rule.id)
def test_an_overlays_own_rule_speaks_only_there(rule: object) -> None:
    compiled = next(r for r in BOOK.rules if r is rule)
    for example in compiled.rule.examples.bad:
        there = draft_of(example, compiled)
        assert LINTER.objects(compiled, there)
        for context in (Context(), Context(platform="xhs", industry="books"), Context(platform="", industry=" ")):
            assert not LINTER.objects(compiled, replace(there, context=context))


@pytest.mark.parametrize("rule", [r for r in BOOK.rules if r.overlay], ids=lambda r: r.rule.id)
def test_an_overlays_own_rule_lets_the_shipped_replies_pass(rule: object) -> None:
    compiled = next(r for r in BOOK.rules if r is rule)
    there = draft_of(compiled.rule.examples.bad[0], compiled)
    replies = [s.reply for s in LIBRARY.scripts.values()] + [e.right for e in LIBRARY.examples.values()]
    assert [r for r in replies if LINTER.objects(compiled, replace(there, text=r), True)] == []


@pytest.mark.parametrize(("here", "others"), [(p, o) for p, o in product(PLATFORMS, PLATFORMS) if p != o])
def test_no_platform_is_shown_anothers_rule(here: str, others: str) -> None:
    for industry in ("", *INDUSTRIES):
        variants = LINTER.places.variants(Draft("", NOW, context=Context(platform=here, industry=industry)))
        rules = [v.rule if (v := variants.get(r.rule.id)) else r for r in BOOK.rules]
        mine = [r for r in rules if not r.rule.platforms or here in r.rule.platforms]
        assert all(r.rule.sources for r in mine)
        foreign = tuple(f"plat:{name}-" for name in PLATFORMS[others])
        assert [r.rule.id for r in mine if any(k.startswith(foreign) for k in r.rule.sources)] == []


@pytest.mark.parametrize("spelling", ["taobao", "TaoBao", " TAOBAO ", "淘宝", "tmall"])
def test_spellings_of_a_platform_share_one_answer(spelling: str) -> None:
    first, same = (Draft("", NOW, context=Context(platform=name)) for name in ("taobao", spelling))
    assert LINTER.places.variants(first) is LINTER.places.variants(same)


def test_unknown_places_are_no_place_and_are_not_remembered() -> None:
    places = Places(BOOK)
    plain = places.variants(Draft("", NOW))
    for number in range(50):
        assert places.variants(Draft("", NOW, context=Context(platform=f"p{number}", industry=f"i{number}"))) is plain
    assert places.known(Context(platform="p1", industry="i1")) == ("", "")


def _shown(text: str, linter: Linter) -> Iterator[tuple[str, int, int]]:
    yield from ((f.rule_id, f.start, f.end) for f in linter.findings(Draft(text, NOW), True))


@pytest.mark.parametrize(
    ("text", "usual", "strict"),
    [
        ("我们会尽快处理的。", "hint", "confirm"),
        ("这是公司规定,我也没办法", "confirm", "block"),
        ("有病吧你", "block", "block"),
        ("好的,今天18:00前我把单号发您。", "pass", "pass"),
    ],
)
def test_315_mode_raises_by_one_level_and_says_so(text: str, usual: str, strict: str) -> None:
    checks = {linter: linter.findings(Draft(text, NOW)) for linter in (LINTER, STRICT)}
    worst = {k: max((f.severity for f in v), key=VERDICTS.index, default="pass") for k, v in checks.items()}
    assert (worst[LINTER], worst[STRICT]) == (usual, strict)
    for before, after in zip(checks[LINTER], checks[STRICT], strict=True):
        raised = before.severity != after.severity
        assert after.reason == before.reason + ("315期间从严，比平时高一级。" if raised else "")
        assert before == replace(after, severity=before.severity, reason=before.reason)


def test_315_mode_finds_no_more_and_forgives_nothing() -> None:
    for rule in BOOK.rules:
        draft = draft_of(rule.rule.examples.bad[0], rule)
        usual, strict = LINTER.findings(draft, True), STRICT.findings(draft, True)
        assert verdict_of(usual) <= verdict_of(strict), rule.rule.id
        sure = [f for f in strict if f.confidence < 0.75]
        assert all(f.severity != "block" for f in sure)


def verdict_of(findings: tuple[Finding, ...]) -> int:
    return max((VERDICTS.index(f.severity) for f in findings), default=0)


def test_style_is_not_raised() -> None:
    variants = STRICT.places.variants(Draft("", NOW))
    assert not [i for i, v in variants.items() if i.startswith("STY") and v.rule.severity != "hint"]
    assert effective("confirm", 0.6) == "hint"


def test_the_setting_switches_315_mode_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_MODE_315", "true")
    checker: DraftChecker = parts.checker(load_settings())
    check = checker.check(Draft("这是公司规定,我也没办法", NOW))
    assert check.verdict == "block"
    assert any("315期间" in f.reason for f in check.findings)


@settings(max_examples=150, deadline=None)
@given(
    context=st.dictionaries(
        st.sampled_from(["platform", "industry", "product", "vip", "compensation", "order_id", "colour"]),
        st.none() | st.booleans() | st.text(max_size=45) | st.sampled_from(["taobao", "食品", "抖店"]) | st.integers(),
        max_size=4,
    ),
    channel=st.sampled_from(["im", "group", "review_reply", "sms", "fax", None]),
    text=st.sampled_from(["这是公司规定", "原价399元,仓库放假退不了", "全网最低价", "打详单要收10块"]),
)
def test_any_context_is_survived(context: dict[str, object], channel: object, text: str) -> None:
    try:
        draft = requests.draft({"text": text, "channel": channel, "context": context}, NOW)
    except InvalidInput:
        return
    for linter in (LINTER, STRICT):
        for finding in linter.findings(draft):
            assert finding.sources
            assert text[finding.start : finding.end] == finding.text


def test_overlays_cite_only_what_is_verified() -> None:
    refuse_unverified(BOOK.cited_by_overlays(), LIBRARY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in (KNOWLEDGE / "compliance").rglob("*.yaml"):
        if path.parent.name != "overlays":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "overlays").mkdir()
    return tmp_path


CHANGE = "changes: [{rules: [ADV-001], levels: {confirm: block}}]"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f"overlay: other\nname: 某\nwhen: {{platform: mine}}\n{CHANGE}", "与文件名一致"),
        (f"overlay: mine\nname: 某\nwhen: {{}}\n{CHANGE}", "when 至少写"),
        (f"overlay: mine\nname: 某\nwhen: {{city: beijing}}\n{CHANGE}", "Extra inputs"),
        (f"overlay: mine\nname: 某\nwhen: {{channel: fax}}\n{CHANGE}", "Input should be"),
        (
            "overlay: mine\nname: 某\nwhen: {platform: mine}\nchanges: [{rules: [ADV-099], message: 一句话说明}]",
            "没有规则",
        ),
        ("overlay: mine\nname: 某\nwhen: {platform: mine}\nchanges: [{rules: [OFF], message: 一句话说明}]", "string"),
        ("overlay: mine\nname: 某\nwhen: {platform: mine}\nchanges: [{rules: [ADV-001]}]", "没有写要改什么"),
        (
            "overlay: mine\nname: 某\nwhen: {platform: mine}\nchanges: [{rules: [ADV-001], levels: {hint: block}}]",
            "没有改变任何规则",
        ),
        (
            "overlay: mine\nname: 某\nwhen: {platform: mine}\nchanges: [{rules: [ADV-001], message: a, note: 某}]",
            "at least 4",
        ),
        (
            "overlay: mine\nname: 某\nwhen: {platform: mine}\nchanges: [{rules: [ADV], note: 某, message: 一句话说明}]",
            "和 levels 一起写",
        ),
        (f"overlay: mine\nname: 某\nwhen: {{mode: '315'}}\nrules: [{{id: ADV-001z}}]\n{CHANGE}", "不能带新规则"),
        ("overlay: mine\nname: 某\nwhen: {platform: mine}\nrules: [{id: ADV-001z}]", "Field required"),
        ("[]", "Field required"),
    ],
)
def test_a_wrong_overlay_is_named(folder: Path, body: str, message: str) -> None:
    (folder / "overlays" / "mine.yaml").write_text(body, encoding="utf-8")
    with pytest.raises(ContentError, match=r"mine\.yaml") as error:
        load(folder, KNOWLEDGE / "taxonomy.yaml")
    assert message in str(error.value)


@pytest.mark.parametrize("key", ["law:GGZ-6", "law:FB-2019-8", "plat:jd-dongdong", "law:NO-1", "seed:S9-01"])
def test_an_unchecked_source_is_refused(folder: Path, key: str) -> None:
    body = f"overlay: mine\nname: 某\nwhen: {{platform: mine}}\nchanges: [{{rules: [ADV-001], also: ['{key}']}}]"
    (folder / "overlays" / "mine.yaml").write_text(body, encoding="utf-8")
    book = load(folder, KNOWLEDGE / "taxonomy.yaml")
    with pytest.raises(ContentError, match=r"mine\.yaml:4") as error:
        refuse_unverified(book.cited_by_overlays(), LIBRARY)
    assert key in str(error.value)


def test_later_overlays_have_the_last_word(folder: Path) -> None:
    for name, when in (("a", "mode: '315'"), ("b", "platform: p"), ("c", "industry: i"), ("d", "channel: im")):
        change = f"changes: [{{rules: [ADV-001], message: 说明{name}{name}}}]"
        body = f"overlay: {name}\nname: {name}\nwhen: {{{when}}}\n{change}"
        (folder / "overlays" / f"{name}.yaml").write_text(body, encoding="utf-8")
    book = load(folder, KNOWLEDGE / "taxonomy.yaml")
    assert [o.id for o in book.overlays] == ["d", "c", "b", "a"]
    draft = Draft("", NOW, context=Context(platform="p", industry="i"))
    assert Places(book).variants(draft)["ADV-001"].rule.rule.message == "说明bb"
    assert Places(book, MODES).variants(draft)["ADV-001"].rule.rule.message == "说明aa"
