"""A trainer finds a script by words, parts of words, pinyin or initials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library import taxonomy
from app.library.finder import Finder
from app.library.stored import State, StoredScript
from app.settings import shipped_content
from tests.samples import script

TERMS = taxonomy.load(shipped_content() / "knowledge" / "taxonomy.yaml")


def item(ident: str, title: str, state: State = "published", **fields: object) -> StoredScript:
    entry = script(ident, "", title=title, **fields)
    return StoredScript(ident, state, 1, 0, "shipped", entry, entry)


ITEMS = [
    item("refund-01", "退款迟迟不到账", types=["aftersales.refund"], phrasings=["钱呢", "退的钱在哪"]),
    item("repeat-01", "重复下单,帮忙取消一笔", types=["order.cancel"], phrasings=["拍重了"]),
    item("delay-01", "超时未发货", phrasings=["三天了还没发货", "几时退款"]),
    item("vip-01", "VIP客户询问会员日", types=["consult.member"], techniques=["sandwich"], phrasings=["会员有啥用"]),
    item("gone-01", "退款旧话术", "retired", types=["aftersales.refund"], phrasings=["旧的"]),
]
FINDER = Finder(ITEMS, TERMS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("退款", ["refund-01", "gone-01", "delay-01"]),  # title and topic, the same but retired, then a phrasing
        ("tuikuan", ["refund-01", "gone-01", "delay-01"]),
        ("TuiKuan", ["refund-01", "gone-01", "delay-01"]),
        ("tuiku", ["refund-01", "gone-01", "delay-01"]),
        ("tk", ["refund-01", "gone-01", "delay-01"]),
        ("uikuan", []),  # a syllable begins with its first letter
        ("chongfu", ["repeat-01"]),  # read as a word: not zhongfu
        ("退款 到账", ["refund-01"]),
        ("到账 退款", ["refund-01"]),
        ("退款 会员", []),
        ("账 钱", ["refund-01"]),  # far apart, in different fields
        ("啥\u3000询问", ["vip-01"]),
        ("  \u200b 会员 \u200b", ["vip-01"]),  # what cleaning leaves nothing of is no word
        ("vip", ["vip-01"]),
        ("VIP", ["vip-01"]),
        ("vip-01", ["vip-01"]),
        ("移情", ["delay-01", "refund-01", "repeat-01", "gone-01"]),  # the name of the technique
        ("三天没发货", ["delay-01"]),  # not there as written, but nearly
        ("幾時退款", ["delay-01"]),
        ("完全没有的词", []),
        ("xqzw", []),
        ("%' OR 1=1 --", []),
    ],
)
def test_what_is_found(query: str, expected: list[str]) -> None:
    found = [s.id for s in FINDER.find(query)]
    assert sorted(found) == sorted(expected)
    if query != "移情":
        assert found == expected


def test_filters_narrow_down_and_nothing_asked_means_everything() -> None:
    assert [s.id for s in FINDER.find("")] == sorted(s.id for s in ITEMS)
    assert [s.id for s in FINDER.find("  ", state="retired")] == ["gone-01"]
    assert [s.id for s in FINDER.find("退款", type="aftersales.refund", state="published")] == ["refund-01"]
    assert [s.id for s in FINDER.find("", technique="sandwich")] == ["vip-01"]
    assert FINDER.find("退款", type="no.such") == []
    assert [s.id for s in FINDER.find("退款", limit=1)] == ["refund-01"]
    assert FINDER.find("退款", limit=0) == []


def test_an_empty_library_finds_nothing() -> None:
    assert Finder((), TERMS).find("退款") == []


@given(st.text(max_size=40))
def test_any_query_is_answered(query: str) -> None:
    found = FINDER.find(query)
    assert len({s.id for s in found}) == len(found)


@given(st.sampled_from(ITEMS), st.data())
def test_parts_of_a_script_in_any_order_find_it(wanted: StoredScript, data: st.DataObject) -> None:
    texts = [wanted.script.title, *(p.text for p in wanted.script.phrasings)]
    whole = data.draw(st.permutations(texts))
    assert wanted in FINDER.find(" ".join(text[data.draw(st.integers(0, len(text) - 1)) :] for text in whole))


@given(st.sampled_from(ITEMS), st.data())
def test_any_part_of_a_title_finds_it(wanted: StoredScript, data: st.DataObject) -> None:
    title = wanted.script.title
    start = data.draw(st.integers(0, len(title) - 1))
    end = data.draw(st.integers(start + 1, len(title)))
    assert wanted in FINDER.find(title[start:end])
