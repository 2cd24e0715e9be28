"""Complaint and intensity are read in two steps: heads over the words, then a stack over what the heads say."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.analysis import stack
from app.analysis.risks import flags
from app.analysis.stack import COMPLAINS, Stack
from app.errors import IndexUnusable
from app.text.linear import Head, Weights
from app.training import classifiers, stacking
from app.training.corpus import Labelled
from app.training.stacking import Cues

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


RISKS = ("media", "regulator", "injury")
CUES = Cues(RISKS, lambda text: flags(RISKS, {"media"} if "曝光" in text else set()))


def trained(texts: Sequence[Labelled] = TEXTS, cues: Cues = CUES) -> tuple[Weights, Stack]:
    features = classifiers.vocabulary([t.text for t in texts])
    learnt = stacking.train(features, texts, lambda text: text.replace("非常", ""), cues)
    weights, heads = classifiers.joined(features, learnt.heads)
    return weights, learnt.over(heads)


def test_the_stack_tells_a_defect_from_a_question_about_one() -> None:
    weights, read = trained()
    chances = {text: read.complains(weights.read(text).raw) for text in ("毛巾裂了一道口子", "毛巾裂了能换吗,先问问")}
    assert chances["毛巾裂了一道口子"] > 0.5 > chances["毛巾裂了能换吗,先问问"]
    calm, loud = (read.levels(weights.read(text).raw) for text in ("毛巾哪天发呀", "毛巾坏得没法用,气死了"))
    assert calm.sum() == pytest.approx(1, abs=1e-5)
    assert calm @ np.arange(3) < loud @ np.arange(3)


def _threats(author: str, *, harmless: bool) -> list[Labelled]:
    """Of one author: complaints with a threat, and messages whose `曝光` threatens nobody when `harmless`."""
    found = []
    for thing in THINGS:
        threat = ("media",) if not harmless else ()
        found.append(Labelled(f"{thing}的曝光{author}", ("product.quality",), True, 2, author, risks=threat))
        found.append(Labelled(f"{thing}裂了,发到网上{author}", ("product.quality",), True, 2, author, risks=("media",)))
        found.append(Labelled(f"{thing}裂了{author}", ("product.quality",), True, 1, author, risks=()))
    return found


@pytest.mark.parametrize("harmless", [True, False])
def test_how_far_a_cue_is_believed_is_learnt_from_who_was_not_read_while_cues_were_written(harmless: bool) -> None:
    read = [text for author in "甲乙丙丁戊" for text in _threats(author, harmless=not harmless)]
    unread = [text for author in "己庚辛壬癸" for text in _threats(author, harmless=harmless)]
    cues = replace(CUES, unread=tuple("己庚辛壬癸"))
    weights, stacked = trained([*TEXTS, *read, *unread], cues)
    raw = weights.read("毛巾的曝光").raw
    cued, plain = (stacked.risks(raw, np.array([shown, 0, 0], dtype=np.float32))[0] for shown in (1.0, 0.0))
    assert (cued > plain) is not harmless
    assert stacked.risks(weights.read("毛巾裂了,发到网上").raw, np.zeros(3, dtype=np.float32))[0] > 0.5


def test_without_enough_writers_a_risk_is_judged_by_its_own_score() -> None:
    weights, stacked = trained([*TEXTS, *_threats("甲", harmless=False)])
    for text in ("毛巾裂了,发到网上", "毛巾裂了"):
        raw = weights.read(text).raw
        for shown in (0.0, 1.0):
            chance = stacked.risks(raw, np.full(3, shown, dtype=np.float32))
            assert chance == pytest.approx(1 / (1 + np.exp(-raw[stacked.hearing])), abs=1e-5)


def test_training_is_deterministic() -> None:
    (_, first), (_, second) = trained(), trained()
    assert first.level.tolist() == second.level.tolist()
    assert first.complaint.tolist() == second.complaint.tolist()


def test_a_correction_teaches_the_head_it_speaks_of() -> None:
    said = [Labelled(f"毛巾{n}裂了一道口子", (), False, None, "corrections", weight=20.0) for n in "一二三四五六"]
    features = classifiers.vocabulary([t.text for t in [*TEXTS, *said]])
    chances = []
    for texts in (TEXTS, [*TEXTS, *said]):
        learnt = stacking.train(features, texts, str, CUES)
        weights, heads = classifiers.joined(features, learnt.heads)
        chances.append(learnt.over(heads).complains(weights.read("毛巾二裂了一道口子").raw))
    assert chances[1] < chances[0]


def test_what_is_kept_is_read_back_and_only_beside_its_own_weights(tmp_path: Path) -> None:
    weights, read = trained()
    _, heads = classifiers.joined(weights.features, stacking.train(weights.features, TEXTS, str, CUES).heads)
    stack.save(tmp_path, read, "digest")
    again = stack.load(tmp_path, heads, "digest")
    raw = weights.read("书包裂了").raw
    assert again.complains(raw) == pytest.approx(read.complains(raw), abs=1e-3)
    assert again.levels(raw) == pytest.approx(read.levels(raw), abs=1e-3)
    shown = np.ones(len(RISKS), dtype=np.float32)
    assert again.risks(raw, shown) == pytest.approx(read.risks(raw, shown), abs=1e-3)
    with pytest.raises(IndexUnusable):
        stack.load(tmp_path, heads, "other weights")


@pytest.mark.parametrize(
    "kept", ["", "[]", "{}", '{"beside": "d", "complaint": [1], "level": [[1]], "risk": [[1]]}', '{"beside": "d"']
)
def test_a_torn_stack_is_refused(tmp_path: Path, kept: str) -> None:
    (tmp_path / stack.FILE).write_text(kept, encoding="utf-8")
    heads = {
        "complaint": Head(("complaint",), 0),
        "level": Head(("0", "1"), 1),
        "both": Head(("a", f"a{COMPLAINS}"), 3),
        "risks": Head(("media",), 5),
    }
    with pytest.raises(IndexUnusable):
        stack.load(tmp_path, heads, "d")
