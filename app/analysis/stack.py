"""What several heads say of a message together: whether it complains, how strong it is, which risks it shows.

Stacked generalisation (Wolpert 1992): a second, small linear model over the scores of the first. It knows that a
defect named without a word of feeling still is a complaint, which topics are asked about rather than complained of, and
how far a word that names a risk can be believed beside what the model hears.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from app import atomic
from app.errors import IndexUnusable
from app.text.features import Floats, Ints
from app.text.linear import Head

FILE = "stack.json"
TABLES = ("complaint", "level", "risk")
INPUTS = ("complaint", "level", "both")  # the heads it listens to, in this order
COMPLAINS = " complaint"  # how the labels of the head "both" end that are a topic complained of
SHARPNESS = 3.0  # of the topics' shares: the margins of "both" are small


@dataclass(frozen=True, slots=True)
class Stack:
    """Linear models over the raw scores of heads.

    `complaint` is (inputs + 1,), `level` (inputs + 1, levels): each row is one of the `columns` of the raw scores, the
    last the margin of topics complained of over topics only named. `risk` is (inputs + 2, risks): a risk's own score,
    then what `seen` returns, which is the same for all, then the biases.
    """

    columns: Ints
    complained: Ints
    named: Ints
    topics: Floats
    hearing: Ints
    complaint: Floats
    complaint_bias: float
    level: Floats
    level_bias: Floats
    risk: Floats

    @classmethod
    def over(cls, heads: Mapping[str, Head], complaint: Floats, level: Floats, risk: Floats) -> Self:
        """Return the stack over the heads; the last row of each table is its biases."""
        columns = np.concatenate([np.arange(len(heads[n].labels)) + heads[n].first for n in INPUTS])
        both, risks = heads["both"], heads["risks"]
        complained = np.array([label.endswith(COMPLAINS) for label in both.labels])
        places = np.arange(len(both.labels)) + both.first
        topics = topics_of(both.labels)
        rows = len(columns) + 2  # the scores, the margin, the bias
        seen = len(risks.labels) + 1 + level.shape[-1] + topics.shape[1]
        fits = complaint.shape == (rows,) and level.shape[0] == rows and risk.shape == (seen + 2, len(risks.labels))
        if not fits or complained.all() or not complained.any():
            raise ValueError("the stack does not fit the heads")
        weights = complaint[:-1], float(complaint[-1]), level[:-1], level[-1], risk
        hearing = np.arange(len(risks.labels)) + risks.first
        return cls(columns, places[complained], places[~complained], topics, hearing, *weights)

    def complains(self, raw: Floats) -> float:
        """Return the probability that a message is a complaint from the raw scores of its words."""
        return float(chance(self._inputs(raw) @ self.complaint + self.complaint_bias))

    def levels(self, raw: Floats) -> Floats:
        """Return the probabilities of the levels of intensity from the raw scores of the words without adverbs."""
        return shares(self._inputs(raw) @ self.level + self.level_bias)

    def risks(self, raw: Floats, shown: Floats) -> Floats:
        """Return the probability of each risk; `shown` is 1 for those that a cue names, shape (risks,)."""
        both = raw[self.columns[-len(self.topics) :]]
        common = seen(shown, np.array([self.complains(raw)]), self.levels(raw), both, self.topics)
        return chance(raw[self.hearing] * self.risk[0] + common @ self.risk[1:-1] + self.risk[-1])

    def _inputs(self, raw: Floats) -> Floats:
        return np.append(raw[self.columns], margin(raw, self.complained, self.named)).astype(np.float32)


def topics_of(labels: Sequence[str]) -> Floats:
    """Return which label of the head "both" is of which topic, shape (labels, topics), ones and zeros."""
    names = [label.removesuffix(COMPLAINS) for label in labels]
    return np.array([[name == topic for topic in sorted(set(names))] for name in names], dtype=np.float32)


def seen(shown: Floats, complains: Floats, levels: Floats, both: Floats, topics: Floats) -> Floats:
    """Return what every risk is judged by: cues, complaint (…, 1), levels, and shares of the topics; (…, inputs)."""
    return np.concatenate([shown, complains, levels, shares(both * SHARPNESS) @ topics], axis=-1)


def shares(scores: Floats) -> Floats:
    """Return the softmax over the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def chance(scores: Floats) -> Floats:
    """Return the logistic function of each score."""
    return np.asarray(1 / (1 + np.exp(-np.maximum(scores, -500.0))))


def margin(raw: Floats, complained: Ints, named: Ints) -> Floats:
    """Return how far the likeliest topic complained of lies over the likeliest only named; `raw` is (…, scores)."""
    return np.asarray(raw[..., complained].max(axis=-1) - raw[..., named].max(axis=-1))


def load(folder: Path, heads: Mapping[str, Head], digest: object) -> Stack:
    """Load the stack. Raises IndexUnusable where it is missing, torn or was not learnt from the heads beside it."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if found["beside"] != digest:
            raise ValueError("stack and heads were not learnt together")
        return Stack.over(heads, *(np.array(found[name], dtype=np.float32) for name in TABLES))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise IndexUnusable(f"分类器无法读取：{folder / FILE}({error})") from error


def save(folder: Path, stack: Stack, digest: object) -> None:
    """Write the stack beside the heads it was learnt from; `digest` names their weights."""
    rows = np.vstack([stack.level, stack.level_bias]).round(5).tolist()
    column = np.append(stack.complaint, stack.complaint_bias).round(5).tolist()
    whole = {"beside": digest, "complaint": column, "level": rows, "risk": stack.risk.round(5).tolist()}
    atomic.write(folder / FILE, json.dumps(whole, indent=1).encode())
