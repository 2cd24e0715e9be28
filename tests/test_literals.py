"""The prefilter may let a pattern run in vain; it must never keep one from a text it matches."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compliance.patterns import Pattern
from app.compliance.rules import load
from app.settings import shipped_content
from app.text import literals
from app.text.lists import Lists
from app.text.literals import Prefilter, requirements

ATOMS = st.sampled_from(["加", "微信", "规定", ".", "[好差]", "[^,。]", "[a-z]", r"\d", "^", "(?:公司|店铺)"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda parts: "".join(parts), st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda a, b: f"(?:{a}|{b})", inner, inner),
        st.builds(lambda a, times: f"(?:{a}){times}", inner, st.sampled_from(["?", "*", "+", "{2}", "{0,3}?"])),
    ),
    max_leaves=10,
)
TEXTS = st.text(st.sampled_from("加微信规定公司店铺好差a1,。"), max_size=14)


@pytest.mark.parametrize(
    ("pattern", "ways"),
    [
        ("规定", [[{"规定"}]]),
        ("(?:公司|店铺)的?规定", [[{"公司规定", "公司的规定"}], [{"店铺规定", "店铺的规定"}]]),
        ("加.{0,4}?微信", [[{"微信"}, {"加"}]]),
        ("(?:好|差)评", [[{"好评", "差评"}]]),
        ("加.{0,4}?微信|好评.{0,4}?返现", [[{"微信"}, {"加"}], [{"好评"}, {"返现"}]]),
        ("[^,]{1,3}", []),
        ("规定|[^,]{1,3}", []),
        (r"\p{Han}", []),
    ],
)
def test_what_a_pattern_requires(pattern: str, ways: list[list[set[str]]]) -> None:
    assert [[set(need) for need in way] for way in requirements(pattern)] == ways


@settings(max_examples=400)
@given(PATTERNS, TEXTS)
def test_a_pattern_that_matches_is_always_a_candidate(pattern: str, text: str) -> None:
    if Pattern(pattern).found(text.encode()):
        assert Prefilter([pattern]).candidates(text) == [0]


def test_the_rules_own_patterns_are_found() -> None:
    knowledge = shipped_content() / "knowledge"
    book = load(knowledge / "compliance", knowledge / "taxonomy.yaml")
    searched = [p for rule in book.rules for p in rule.patterns]
    prefilter = Prefilter([p.source for p in searched])
    met = 0
    for rule in book.rules:
        for example in rule.rule.examples.bad:
            for view in book.denoiser.views(example.text):
                named = set(prefilter.candidates(view.text))
                found = {i for i, p in enumerate(searched) if p.found(view.raw)}
                assert found <= named, example.text
                met += len(found)
    assert met > len(book.rules)


def test_what_was_worked_out_is_kept_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "data" / "patterns.json"
    literals.keep(path)
    before = requirements("规定.{0,3}不退")
    literals.keep(path)
    kept = path.read_bytes()
    literals.recall(path)
    assert requirements("规定.{0,3}不退") == before
    literals.keep(path)
    assert path.read_bytes() == kept
    path.write_bytes(kept[: len(kept) // 2])
    literals.recall(path)
    assert requirements("规定.{0,3}不退") == before


def test_lists_are_joined_in_the_order_asked_for() -> None:
    lists = Lists([[3, 1], [], [7], [5, 5, 2]])
    assert lists.at(np.array([3, 1, 0])).tolist() == [5, 5, 2, 3, 1]
    assert lists.at(np.array([], dtype=np.intp)).tolist() == []
