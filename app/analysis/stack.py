"""What several heads say of a message together: whether it complains and how strong it is, from all their scores.

Stacked generalisation (Wolpert 1992): a second, small linear model over the scores of the first. It knows that a
defect named without a word of feeling still is a complaint, and which topics are asked about rather than complained of.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from app import atomic
from app.errors import IndexUnusable
from app.text.features import Floats, Ints
from app.text.linear import Head

FILE = "stack.json"
INPUTS = ("complaint", "level", "both")  # the heads it listens to, in this order
COMPLAINS = " complaint"  # how the labels of the head "both" end that are a topic complained of


@dataclass(frozen=True, slots=True)
class Stack:
    """A linear model over `columns` of the raw scores and the margin of topics complained of over topics only named.

    `complaint` is (inputs + 1,), `level` (inputs + 1, levels); each row is an input, the last the margin.
    """

    columns: Ints
    complained: Ints
    named: Ints
    complaint: Floats
    complaint_bias: float
    level: Floats
    level_bias: Floats

    @classmethod
    def over(cls, heads: Mapping[str, Head], complaint: Floats, level: Floats) -> Self:
        """Return the stack over the heads; the last rows of `complaint` and `level` are their biases."""
        columns = np.concatenate([np.arange(len(heads[n].labels)) + heads[n].first for n in INPUTS])
        both = heads["both"]
        complained = np.array([label.endswith(COMPLAINS) for label in both.labels])
        places = np.arange(len(both.labels)) + both.first
        rows = len(columns) + 2  # the scores, the margin, the bias
        if complaint.shape != (rows,) or level.shape[0] != rows or complained.all() or not complained.any():
            raise ValueError("the stack does not fit the heads")
        weights = complaint[:-1], float(complaint[-1]), level[:-1], level[-1]
        return cls(columns, places[complained], places[~complained], *weights)

    def complains(self, raw: Floats) -> float:
        """Return the probability that a message is a complaint from the raw scores of its words."""
        score = float(self._inputs(raw) @ self.complaint) + self.complaint_bias
        return float(1 / (1 + np.exp(-max(score, -500.0))))

    def levels(self, raw: Floats) -> Floats:
        """Return the probabilities of the levels of intensity from the raw scores of the words without adverbs."""
        scores = self._inputs(raw) @ self.level + self.level_bias
        shifted = np.exp(scores - scores.max())
        return np.asarray(shifted / shifted.sum(), dtype=np.float32)

    def _inputs(self, raw: Floats) -> Floats:
        return np.append(raw[self.columns], margin(raw, self.complained, self.named)).astype(np.float32)


def margin(raw: Floats, complained: Ints, named: Ints) -> Floats:
    """Return how far the likeliest topic complained of lies over the likeliest only named; `raw` is (…, scores)."""
    return np.asarray(raw[..., complained].max(axis=-1) - raw[..., named].max(axis=-1))


def load(folder: Path, heads: Mapping[str, Head], digest: object) -> Stack:
    """Load the stack. Raises IndexUnusable where it is missing, torn or was not learnt from the heads beside it."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if found["beside"] != digest:
            raise ValueError("stack and heads were not learnt together")
        return Stack.over(heads, *(np.array(found[name], dtype=np.float32) for name in ("complaint", "level")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise IndexUnusable(f"分类器无法读取：{folder / FILE}({error})") from error


def save(folder: Path, stack: Stack, digest: object) -> None:
    """Write the stack beside the heads it was learnt from; `digest` names their weights."""
    rows = np.vstack([stack.level, stack.level_bias]).round(5).tolist()
    column = np.append(stack.complaint, stack.complaint_bias).round(5).tolist()
    whole = {"beside": digest, "complaint": column, "level": rows}
    atomic.write(folder / FILE, json.dumps(whole, indent=1).encode())
