"""Save-time checks: what a trainer is told before a script is stored."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assist.slots import FALLBACKS
from app.library.review import UNKNOWN, Remark, Reviewer
from app.library.schema import SLOT_NAMES, Script
from app.library.similar import SAME_PHRASING, SAME_REPLY, Similarity, bare
from app.records import Finding, RuleSeverity
from tests.samples import script

REPLY = "让您等这么久,换谁都会着急。我已经在催仓库核对{order_id},{deadline}前由我把发货时间发给您。"
PHRASINGS = [
    "三天了还没发货",
    "怎么一直不发",
    "付款好几天了没动静",
    "啥时候能寄出",
    "仓库是不是忘了我",
    "催了两次了",
    "说好昨天发的",
    "再不发我退了",
]
OTHER = script(
    "other-01",
    "这款缺货了，我现在替您登记到货提醒，{followup}前把补货时间告诉您，不想等也可以马上退。",
    phrasings=["没货为什么还卖", "付了钱说缺货"],
)


def good(reply: str = REPLY, **fields: object) -> Script:
    return script("u-x-1", reply, **({"phrasings": PHRASINGS} | fields))


def lint(text: str) -> tuple[Finding, ...]:
    """A small rule book: 公司规定 is refused, 绝对 must be confirmed, 哦 is advised against; vague without a time."""
    rules: list[tuple[str, str, RuleSeverity]] = [
        ("DEF-001", "公司规定", "block"),
        ("ABS-001", "绝对", "confirm"),
        ("ABU-003", "哦", "hint"),
        ("SLOT", "{", "block"),
    ]
    found = [(i, w, s, text.index(w)) for i, w, s in rules if w in text]
    return tuple(Finding(i, i[:3], s, 0.9, p, p + len(w), w, f"不要写{w}", "") for i, w, s, p in found)


def check(entry: Script) -> list[tuple[str, str]]:
    return [("types", f"词表里没有 {t}") for t in entry.types if t == "no.such"]


def review(entry: Script, *library: Script, strict: bool = False) -> list[Remark]:
    return Reviewer(Similarity({s.id: s for s in library}), lint, check, strict=strict).review(entry)


def test_a_good_script_gets_no_remark() -> None:
    assert review(good(), OTHER, good()) == []


TABLE: list[tuple[str, Script, list[tuple[str, str, str, str | None]]]] = [
    (
        "too short",
        good().model_copy(update={"reply": "我查一下{order_id},稍等。"}),
        [("reply", "error", "应为 30–160 字", None)],
    ),
    ("too long", good().model_copy(update={"reply": REPLY * 4}), [("reply", "error", "应为 30–160 字", None)]),
    (
        "long enough only with everything known",
        good().model_copy(update={"reply": "{name}{order_id}{carrier}{product}我马上去查了告诉您。"}),
        [("reply", "error", "应为 30–160 字", None)],
    ),
    ("blocked words", good(reply=REPLY + "这是公司规定。"), [("reply", "error", "DEF-001“公司规定”", None)]),
    ("doubtful words", good(reply=REPLY + "绝对没问题。"), [("reply", "error", "ABS-001", None)]),
    ("unlucky words", good(reply=REPLY + "好哦。"), [("reply", "warning", "ABU-003", None)]),
    ("few phrasings", good(phrasings=PHRASINGS[:7]), [("phrasings", "warning", "只有 7 种", None)]),
    (
        "the same phrasing twice",
        good(phrasings=[*PHRASINGS, "三天了，还没发货!"]),
        [("phrasings.8", "warning", "与前面的“三天了还没发货”重复", None)],
    ),
    ("unknown type", good(types=["no.such"]), [("types", "error", "词表里没有 no.such", None)]),
    (
        "another's phrasing",
        good(phrasings=[*PHRASINGS, "没货为什么还卖啊"]),
        [("phrasings.8", "warning", "与 other-01 的“没货为什么还卖”", "other-01")],
    ),
    ("another's reply", good(reply=OTHER.reply + "抱歉。"), [("reply", "warning", "与 other-01 的回复有", "other-01")]),
]


@pytest.mark.parametrize(("entry", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_remarks(entry: Script, expected: list[tuple[str, str, str, str | None]]) -> None:
    remarks = review(entry, OTHER)
    assert [(r.field, r.kind, r.other_id) for r in remarks] == [(f, k, o) for f, k, _, o in expected]
    assert all(words in r.message for r, (_, _, words, _) in zip(remarks, expected, strict=True))


def test_what_the_product_ships_may_not_even_be_doubtful() -> None:
    entry = good(reply=REPLY + "好哦。", phrasings=[*PHRASINGS[:3], "没货为什么还卖啊"])
    assert {r.kind for r in review(entry, OTHER, strict=True)} == {"error"}


def test_errors_come_first() -> None:
    entry = good(reply=REPLY + "好哦。公司规定。", phrasings=PHRASINGS[:2])
    assert [r.kind for r in review(entry)] == ["error", "warning", "warning"]


MISSHAPEN: list[tuple[Mapping[str, object], tuple[str, str]]] = [
    ({"title": ""}, ("title", "还没有填")),
    ({"title": "长" * 25}, ("title", "太长，最多 24 个字")),
    ({"types": []}, ("types", "还没有填")),
    ({"phrasings": [{"text": "好", "level": 9}]}, ("phrasings.0.level", "不能大于 4")),
    ({"reply": "我{when}告诉您"}, ("reply", "占位符写法不对")),
    ({"severity_limit": "huge"}, ("severity_limit", "只能是")),
    ({"colour": "red"}, ("colour", "没有这个字段")),
    ({"avoid": {"text": "再等等"}}, ("avoid.reason", "还没有填")),
    ({"id": "Ä"}, ("id", "只能用小写字母")),
]


@pytest.mark.parametrize(("fields", "expected"), MISSHAPEN)
def test_what_is_missing_or_misshapen_is_named(fields: Mapping[str, object], expected: tuple[str, str]) -> None:
    reviewer = Reviewer(Similarity({}), lint, check)
    whole = good().model_dump(mode="json")
    (remark,) = reviewer.review_fields({**whole, **fields})
    assert (remark.field, remark.kind) == (expected[0], "error")
    assert expected[1] in remark.message
    assert reviewer.review_fields(whole) == []
    assert {"title", "reply", "avoid"} <= {r.field for r in reviewer.review_fields({})}


def test_every_slot_can_be_filled_as_the_composer_does() -> None:
    assert set(UNKNOWN) == SLOT_NAMES
    assert {name: UNKNOWN[name] for name in FALLBACKS} == dict(FALLBACKS)


def jaccard(one: str, two: str) -> float:
    a, b = ({t[i : i + 2] for i in range(len(t) - 1)} for t in (bare(one), bare(two)))
    return len(a & b) / len(a | b) if a | b else 0.0


@given(
    st.lists(st.text("甲乙丙丁a!\n{", min_size=1, max_size=12), min_size=1, max_size=12),
    st.text("甲乙丙丁a", max_size=12),
)
def test_the_index_finds_what_comparing_with_each_finds(texts: list[str], asked: str) -> None:
    library = {f"s-{n}": script(f"s-{n}", "无关的回复", phrasings=[t]) for n, t in enumerate(texts) if t.strip()}
    scores = {i: jaccard(s.phrasings[0].text, asked) for i, s in library.items()}
    best = max(scores.values(), default=0.0)
    near = Similarity(library).phrasing(asked, "nobody")
    assert (near.score if near else 0.0) == pytest.approx(best if best >= SAME_PHRASING else 0.0)


def test_an_updated_index_answers_as_a_new_one() -> None:
    library = {f"s-{n}": script(f"s-{n}", "".join(chr(0x4E00 + n * 50 + i) for i in range(40))) for n in range(20)}
    index = Similarity(library)
    changed = {**library, "s-3": script("s-3", "现在改说新的内容了"), "s-99": script("s-99", "新添加的一条内容")}
    del changed["s-5"]
    updated = index.updated(changed)
    for text in [s.reply for s in (*library.values(), *changed.values())]:
        assert updated.reply(text, "nobody") == Similarity(changed).reply(text, "nobody")
    assert updated.reply(library["s-5"].reply, "nobody") is None
    assert index.reply(library["s-5"].reply, "nobody") is not None
    assert updated.updated(dict(changed)) is updated
    back = updated.updated(library)
    assert back.reply(library["s-3"].reply, "nobody") is not None
    assert updated.updated({}).reply(library["s-1"].reply, "nobody") is None


def test_an_own_id_is_never_its_own_duplicate() -> None:
    assert Similarity({"u-x-1": good()}).reply(REPLY, "u-x-1") is None
    near = Similarity({"u-x-1": good()}).reply(REPLY, "u-x-2")
    assert near is not None
    assert near.score == 1.0 >= SAME_REPLY


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=5))
def test_any_text_can_be_reviewed(reply: str, phrasings: list[str]) -> None:
    fields = {**good().model_dump(mode="json"), "reply": reply, "phrasings": phrasings}
    remarks = Reviewer(Similarity({"other-01": OTHER}), lint, check).review_fields(fields)
    assert remarks == sorted(remarks, key=lambda r: r.kind)
