"""Complaint and intensity are read in two steps: heads over the words, then a stack over what the heads say."""

from pathlib import Path

import numpy as np
import pytest

from app.analysis import stack
from app.analysis.stack import COMPLAINS, Stack
from app.errors import IndexUnusable
from app.text.linear import Head, Weights
from app.training import classifiers, stacking
from app.training.corpus import Labelled

THINGS = ("杯子", "耳机", "书包", "台灯", "雨伞", "键盘", "枕头", "水壶", "手表", "风扇")
SAID = (
    ("{}裂了一道口子", "product.quality", True, 1),
    ("{}坏得没法用,气死了", "product.quality", True, 3),
    ("{}裂了能换吗,先问问", "product.quality", False, 0),
    ("{}到现在没发,你们干什么吃的", "logistics.delay", True, 3),
    ("{}哪天发呀", "logistics.delay", False, 0),
)
TEXTS = [
    Labelled(words.format(thing), (kind,), complaint, level, thing)
    for thing in THINGS
    for words, kind, complaint, level in SAID
]


def trained() -> tuple[Weights, Stack]:
    features = classifiers.vocabulary([t.text for t in TEXTS])
    learnt = stacking.train(features, TEXTS, lambda text: text.replace("非常", ""))
    weights, heads = classifiers.joined(features, learnt.heads)
    return weights, learnt.over(heads)


def test_the_stack_tells_a_defect_from_a_question_about_one() -> None:
    weights, read = trained()
    chances = {text: read.complains(weights.read(text).raw) for text in ("毛巾裂了一道口子", "毛巾裂了能换吗,先问问")}
    assert chances["毛巾裂了一道口子"] > 0.5 > chances["毛巾裂了能换吗,先问问"]
    calm, loud = (read.levels(weights.read(text).raw) for text in ("毛巾哪天发呀", "毛巾坏得没法用,气死了"))
    assert calm.sum() == pytest.approx(1, abs=1e-5)
    assert calm @ np.arange(3) < loud @ np.arange(3)


def test_training_is_deterministic() -> None:
    (_, first), (_, second) = trained(), trained()
    assert first.level.tolist() == second.level.tolist()
    assert first.complaint.tolist() == second.complaint.tolist()


def test_a_correction_teaches_the_head_it_speaks_of() -> None:
    said = [Labelled(f"毛巾{n}裂了一道口子", (), False, None, "corrections", weight=20.0) for n in "一二三四五六"]
    features = classifiers.vocabulary([t.text for t in [*TEXTS, *said]])
    chances = []
    for texts in (TEXTS, [*TEXTS, *said]):
        learnt = stacking.train(features, texts, str)
        weights, heads = classifiers.joined(features, learnt.heads)
        chances.append(learnt.over(heads).complains(weights.read("毛巾二裂了一道口子").raw))
    assert chances[1] < chances[0]


def test_what_is_kept_is_read_back_and_only_beside_its_own_weights(tmp_path: Path) -> None:
    weights, read = trained()
    _, heads = classifiers.joined(weights.features, stacking.train(weights.features, TEXTS, str).heads)
    stack.save(tmp_path, read, "digest")
    again = stack.load(tmp_path, heads, "digest")
    raw = weights.read("书包裂了").raw
    assert again.complains(raw) == pytest.approx(read.complains(raw), abs=1e-3)
    assert again.levels(raw) == pytest.approx(read.levels(raw), abs=1e-3)
    with pytest.raises(IndexUnusable):
        stack.load(tmp_path, heads, "other weights")


@pytest.mark.parametrize(
    "kept", ["", "[]", "{}", '{"beside": "d", "complaint": [1], "level": [[1]]}', '{"beside": "d"']
)
def test_a_torn_stack_is_refused(tmp_path: Path, kept: str) -> None:
    (tmp_path / stack.FILE).write_text(kept, encoding="utf-8")
    heads = {
        "complaint": Head(("complaint",), 0),
        "level": Head(("0", "1"), 1),
        "both": Head(("a", f"a{COMPLAINS}"), 3),
    }
    with pytest.raises(IndexUnusable):
        stack.load(tmp_path, heads, "d")
