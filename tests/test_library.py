"""The shipped content holds together, and a broken file is named with line and field."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ContentError
from app.library import files
from app.library.documents import parse
from app.library.files import Library


def test_the_library_covers_what_was_promised(library: Library) -> None:
    scripts = list(library.scripts.values())
    assert len(scripts) >= 320
    for topic in library.taxonomy.types:
        assert sum(topic in s.types for s in scripts) >= 6, topic
    for technique in library.taxonomy.techniques:
        assert sum(technique in s.techniques for s in scripts) >= 25, technique
    assert {s.stage for s in scripts} == set(library.taxonomy.stages)
    assert {level for s in scripts for level in range(s.intensity[0], s.intensity[1] + 1)} == {0, 1, 2, 3, 4}
    assert set(library.techniques) == set(library.taxonomy.techniques)
    assert len(library.examples) >= 24
    assert len(library.cards) >= 60


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("stage: propose", "stage: dream", "stage"),
        ("types: [logistics.delay]", "types: [logistics.dely]", "types"),
        ("title:", "titel:", "title"),
        ("intensity: [", "intensity: [9, ", "intensity"),
        ("reply: ", "reply: '{unknown} ", "reply"),
        ("sources: [", "sources: [law:NO-1, ", "sources"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_line(
    before: str, after: str, place: str, content: Path, tmp_path: Path
) -> None:
    for folder in ("knowledge", "scripts_library"):
        shutil.copytree(content / folder, tmp_path / folder, ignore=shutil.ignore_patterns("utterances"))
    target = tmp_path / "scripts_library" / "logistics" / "delay.yaml"
    text = target.read_text(encoding="utf-8")
    at = text.index(before)
    end = text.index("\n", at)
    line = text[at:end].replace(before, after, 1)
    line += "'" if "'{unknown}" in after else ""
    target.write_text(text[:at] + line + text[end:], encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        files.load(tmp_path)
    assert str(target) in str(caught.value)
    assert caught.value.line
    assert place in f"{caught.value.field} {caught.value}"


@pytest.mark.parametrize(
    "text", ["a: [", "a: &x 1\nb: *x", "[" * 5000, "a: 1\n\tb: 2", "- {a: 1, a: 2", "\x00"], ids=str.__repr__
)
def test_yaml_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse(text, Path("x.yaml"))
    assert "x.yaml" in str(caught.value)


@given(st.text(max_size=80))
def test_any_text_is_yaml_or_a_content_error(text: str) -> None:
    with suppress(ContentError):
        parse(text, Path("x.yaml"))
