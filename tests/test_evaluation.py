"""`kefu eval` on a small share of the texts: that it measures, not how well."""

import re
from pathlib import Path

import pytest

from app.analysis import classifier
from app.analysis.analyst import Analyst
from app.compliance.lint import verdict
from app.library.files import Library
from app.parts import checker
from app.records import Words
from app.settings import Settings
from app.text.normalise import normalise
from app.training import corpus, drafts, evaluation, linting, slices
from app.training.corpus import Labelled

SMALL = 60


@pytest.fixture(scope="module")
def measured(content: Path, library: Library) -> list[Labelled]:
    texts, _ = corpus.evaluation_utterances(content / "knowledge", library)
    return texts[:SMALL]


@pytest.fixture(scope="module")
def analyst(content: Path, library: Library) -> Analyst:
    return Analyst(content / "knowledge", library.taxonomy, classifier.load(content / "index" / "classifier"))


def test_the_page_holds_every_row_of_the_targets(
    content: Path, library: Library, analyst: Analyst, measured: list[Labelled]
) -> None:
    page = evaluation.evaluate(content / "knowledge", library, analyst, measured).markdown(1, ["one"])
    assert len(re.findall(r"\| (?:≥ [\d.]+|≤ [\d.]+|0) \|\n", page)) == 10
    assert "| ≤ 10 characters |" in page
    assert "Expected calibration error" in page


def test_slices_count_what_they_say(analyst: Analyst, measured: list[Labelled]) -> None:
    read = [analyst.analyse(Words(normalise(t.text))) for t in measured]
    page = slices.sections(measured, read)
    for name, belongs in (
        ("complaints", lambda t: t.complaint),
        ("no complaints", lambda t: not t.complaint),
        ("> 30 characters", lambda t: len(t.text) > 30),
    ):
        assert f"| {name} | {sum(bool(belongs(t)) for t in measured)} |" in page
    bins = [int(n) for n in re.findall(r"\| 0\.\d–\d\.\d \| (\d+) \|", page)]
    assert sum(bins) == len(measured)


def test_more_texts_teach_more(content: Path, library: Library, measured: list[Labelled]) -> None:
    texts = corpus.from_utterances(content / "knowledge" / "utterances", library, ["campus", "office"])
    shares = [float(v) for v in re.findall(r"% \| \d+ \| ([\d.]+) \|", slices.curve(texts, measured))]
    assert len(shares) == len(slices.SHARES)
    assert shares[-1] > shares[0]


def test_promises_count_only_with_the_right_time(settings: Settings) -> None:
    labelled = drafts.LabelledDraft.model_validate(
        {
            "id": "d-1",
            "text": "我今天18:00前给您回复结果",
            "kind": "ordinary",
            "now": "2026-11-20T14:30:00+08:00",
            "commitments": [{"what": "回复", "due": "今天18:00前", "at": "2026-11-20T18:00:00+08:00"}],
        }
    )
    late = labelled.model_copy(
        update={"commitments": (labelled.commitments[0].model_copy(update={"at": labelled.now}),)}  # type: ignore[index]
    )
    for draft, right in ((labelled, 1.0), (late, 0.0)):
        judged = linting.judge([draft], checker(settings))
        assert verdict(judged[0].check.findings) == "pass"
        rows = {r.name: r.value for r in linting.figures(judged, [])}
        assert rows["commitments, dated or not, F1"] == 1.0
        assert rows["commitments, with the right time, F1"] == right
