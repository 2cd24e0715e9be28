"""Evasion seen from outside: disguises by someone who had not read the normaliser, and hostile texts."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.compliance.lint import verdict
from app.records import Draft, Finding
from benchmarks.fuzz import Fuzz
from tests.obfuscator import TRANSFORMS, Transform, disguise, harmless
from tests.test_compliance_lint import LINTER, NOW
from tests.test_compliance_rewrite import REWRITER, rewrite

VIOLATIONS: list[tuple[str, str]] = [
    (entry["draft"], entry["phrase"])
    for entry in yaml.safe_load(Path(__file__).with_name("violations.yaml").read_text("utf-8"))
]
SEEDS = 2
# What was measured, less a margin of about five in a hundred. Raise a floor when recall rises; lower none without a
# reason in the commit. Order, filler words and sounds outside the list of words are known to get through.
FLOORS: dict[str, float] = {
    "zero_width": 0.95,
    "soft_hyphen": 0.95,
    "direction_marks": 0.95,
    "variation_selectors": 0.95,
    "tag_characters": 0.95,
    "blank_letters": 0.95,
    "combining_marks": 0.95,
    "spaces": 0.95,
    "symbols": 0.87,
    "one_symbol": 0.77,
    "emoji": 0.92,
    "brackets": 0.79,
    "all_brackets": 0.9,
    "line_breaks": 0.74,
    "markup": 0.93,
    "fillers": 0.6,
    "repeats": 0.91,
    "all_repeats": 0.86,
    "pinyin_one": 0.9,
    "pinyin_tone": 0.92,
    "pinyin_all": 0.77,
    "initial_one": 0.78,
    "initials_two": 0.45,
    "homophone_one": 0.64,
    "homophone_two": 0.28,
    "traditional": 0.95,
    "look_alike": 0.63,
    "split_one": 0.91,
    "split_all": 0.87,
    "compatibility_forms": 0.95,
    "full_width": 0.95,
    "cyrillic_greek": 0.95,
    "styled_letters": 0.95,
    "digits": 0.7,
    "keycaps": 0.95,
    "emoji_words": 0.61,
    "english": 0.47,
    "slang": 0.68,
    "swapped": 0.32,
    "reversed_phrase": 0.06,
    "overridden": 0.92,
    "two_at_once": 0.73,
}


@cache
def found(text: str) -> tuple[Finding, ...]:
    return LINTER.findings(Draft(text, NOW))


def stopping(text: str) -> set[str]:
    """The groups that block or ask."""
    return {f.group for f in found(text) if f.severity != "hint"}


def caught(draft: str, phrase: str, disguised: str) -> bool:
    """Whether a finding of the same group marks the place of the disguised phrase."""
    groups, start, after = stopping(draft), draft.index(phrase), len(draft) - draft.index(phrase) - len(phrase)
    return any(
        f.group in groups and f.severity != "hint" and start < f.end and f.start < len(disguised) - after
        for f in LINTER.findings(Draft(disguised, NOW))
    )


def disguises(transform: Transform) -> Iterator[tuple[str, str, str]]:
    for draft, phrase in VIOLATIONS:
        for seed in range(SEEDS):
            if (disguised := disguise(draft, phrase, transform, seed)) is not None:
                yield draft, phrase, disguised


def test_the_violations_are_found_as_they_stand() -> None:
    assert [draft for draft, phrase in VIOLATIONS if not caught(draft, phrase, draft)] == []


def test_what_surrounds_the_phrases_is_harmless() -> None:
    assert [draft for draft, phrase in VIOLATIONS if stopping(draft.replace(phrase, "", 1)) & stopping(draft)] == []


def test_every_disguise_has_a_floor() -> None:
    assert set(FLOORS) == {transform.__name__ for transform in TRANSFORMS}


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: t.__name__)
def test_a_disguise_hides_no_more_than_it_did(transform: Transform) -> None:
    cases = list(disguises(transform))
    missed = [disguised for draft, phrase, disguised in cases if not caught(draft, phrase, disguised)]
    assert 1 - len(missed) / len(cases) >= FLOORS[transform.__name__], missed


BLOCKED = [draft for draft, _ in VIOLATIONS if verdict(found(draft)) == "block"]


@given(draft=st.sampled_from(BLOCKED), seed=st.integers(0, 10_000))
def test_a_harmless_addition_never_hides_what_is_blocked(draft: str, seed: int) -> None:
    blocked = {f.group for f in found(draft) if f.severity == "block"}
    decorated = harmless(draft, Random(seed))
    assert blocked <= {f.group for f in found(decorated) if f.severity == "block"}


@given(
    cases=st.lists(
        st.tuples(st.sampled_from(VIOLATIONS), st.sampled_from(TRANSFORMS), st.integers(0, 99)), min_size=1, max_size=4
    )
)
def test_marks_in_disguised_drafts_are_what_they_quote(
    cases: list[tuple[tuple[str, str], Transform, int]],
) -> None:
    text = "".join(disguise(*violation, transform, seed) or "" for violation, transform, seed in cases)
    for finding in LINTER.findings(Draft(text, NOW), complaint=True):
        assert 0 <= finding.start < finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.text


@given(violation=st.sampled_from(VIOLATIONS), transform=st.sampled_from(TRANSFORMS), seed=st.integers(0, 99))
def test_a_proposal_needs_no_second_one(violation: tuple[str, str], transform: Transform, seed: int) -> None:
    text = disguise(*violation, transform, seed) or violation[0]
    proposal = rewrite(Draft(text, NOW))
    if proposal is not None:
        assert found(proposal.text) == ()
        assert rewrite(Draft(proposal.text, NOW)) is None


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_hostile_text_neither_fails_nor_is_proposed_back(text: str) -> None:
    proposal = rewrite(Draft(text, NOW), complaint=True)
    assert proposal is None or LINTER.findings(Draft(proposal.text, NOW), complaint=True) == ()


def test_five_seconds_of_fuzz() -> None:
    report = Fuzz(LINTER, REWRITER).run(5, seed=20261126)
    assert report.failures == []
    assert {part for part, worst in report.worst.items() if worst.calls} >= {"views", "findings", "rewrite"}
