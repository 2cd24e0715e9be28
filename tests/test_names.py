"""Platforms and industries by any spelling: search and the check mean the same ones."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compliance.lint import Linter
from app.compliance.rules import RuleBook, load
from app.compliance.selftest import draft_of
from app.errors import ContentError
from app.library.files import Library
from app.library.names import Names, spelled
from app.records import Context, Message
from app.retrieval.scale import Need
from app.retrieval.search import Indexer, ScriptSearch
from app.retrieval.segment import Query
from app.text.normalise import normalise
from app.text.tokens import Tokens
from app.wiring import Copilot

CHANGE = "changes: [{rules: [ADV-001], levels: {confirm: block}}]"
NAME = st.text(max_size=4)


@pytest.fixture(scope="module")
def book(content: Path) -> RuleBook:
    return load(content / "knowledge" / "compliance", content / "knowledge" / "taxonomy.yaml")


@pytest.fixture(scope="module")
def tokens(content: Path) -> Tokens:
    return Tokens.load(content / "knowledge" / "words.txt")


@given(st.lists(st.lists(NAME.filter(spelled), min_size=1, max_size=3), max_size=3), NAME, NAME)
def test_what_means_the_same_is_the_same_either_way(groups: list[list[str]], one: str, other: str) -> None:
    names = Names(groups)
    assert names.among(one, [other]) == (names.of(one) == names.of(other) != "")
    assert names.of(one) == names.of(f" {one} ") == names.of(names.of(one))
    for group in groups[:1]:
        assert {names.of(name) for name in group} == {spelled(group[0])}


@pytest.mark.parametrize(
    ("own", "here", "shown"),
    [
        ({"platforms": ("淘宝",)}, Context(platform="taobao"), True),
        ({"platforms": ("taobao",)}, Context(platform=" TaoBao "), True),
        ({"platforms": ("淘宝",)}, Context(platform="jd"), False),
        ({"platforms": ("淘宝",)}, Context(), False),
        ({"platforms": ("小红书",)}, Context(platform="小红书"), True),
        ({"industries": ("telecom",)}, Context(industry="电信"), True),
        ({"industries": ("电信",)}, Context(industry="Telecom"), True),
        ({"industries": ("telecom",)}, Context(industry="食品"), False),
        ({"industries": ("telecom",)}, Context(industry=" "), True),  # none is named: the topic decides
    ],
)
def test_a_script_for_one_place_is_found_there_however_it_is_spelled(
    own: dict[str, tuple[str]],
    here: Context,
    shown: bool,
    copilot: Copilot,
    book: RuleBook,
    library: Library,
    tokens: Tokens,
    tmp_path: Path,
    now: datetime,
) -> None:
    plain = library.scripts["logistics-delay-01"]
    script = plain.model_copy(update={"platforms": (), "industries": (), **own})
    text = "我的快递三天了还没发货"
    analysis = copilot.assist(Message(text, now)).analysis
    need = Need(analysis, copilot.assist(Message(text, now)).technique, here)
    search = ScriptSearch.build({script.id: script}, Indexer(tokens, None, tmp_path, book.names), None)
    assert bool(search.search(Query(tokens.terms(normalise(text).text), None), need, 1)) == shown


@pytest.mark.parametrize("spelling", ["telecom", "Telecom", "电信", " 宽带 "])
def test_a_trades_own_replies_are_offered_under_each_of_its_names(
    spelling: str, copilot: Copilot, now: datetime
) -> None:
    suggestions = copilot.assist(Message("我的套餐资费怎么被改了", now, context=Context(industry=spelling))).suggestions
    assert any("telecom" in copilot.library.scripts[s.script_id].industries for s in suggestions)


@pytest.mark.parametrize(("platform", "speaks"), [("taobao", True), ("天猫", True), ("jd", False), (None, False)])
def test_a_rule_for_one_platform_speaks_there_however_it_is_spelled(
    platform: str | None, speaks: bool, book: RuleBook
) -> None:
    plain = next(r for r in book.rules if r.rule.id == "DEF-001")
    kept = replace(plain, rule=plain.rule.model_copy(update={"platforms": ("淘宝",)}))
    draft = replace(draft_of(plain.rule.examples.bad[0]), context=Context(platform=platform))
    assert Linter(book).objects(kept, draft, True) == speaks


@pytest.mark.parametrize(
    ("when", "refused"),
    [
        ("platform: [p, 甲]", False),
        ("platform: [甲, P]", False),
        ("platform: [p, 乙]", True),
        ("platform: [p, 甲, 乙]", True),
        ("platform: p", True),
        ("industry: [p, 乙]", False),
    ],
)
def test_a_platform_is_spelled_the_same_in_every_overlay(
    when: str, refused: bool, content: Path, tmp_path: Path
) -> None:
    for path in (content / "knowledge" / "compliance").glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "overlays").mkdir()
    for name, place in (("one", "platform: [p, 甲]"), ("two", f"{when}, channel: im")):
        body = f"overlay: {name}\nname: 某\nwhen: {{{place}}}\n{CHANGE}"
        (tmp_path / "overlays" / f"{name}.yaml").write_text(body, encoding="utf-8")
    taxonomy = content / "knowledge" / "taxonomy.yaml"
    if refused:
        with pytest.raises(ContentError, match=r"(one|two)\.yaml:3.*同样的写法"):
            load(tmp_path, taxonomy)
    else:
        assert load(tmp_path, taxonomy).names.platforms.among("甲", ["P"])
