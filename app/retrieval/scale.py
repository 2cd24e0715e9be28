"""What speaks for a script besides its words: topic, intensity, technique and stage, weighed for all hits at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.library.schema import Script
from app.records import SEVERITIES, Analysis, Context, Plan
from app.retrieval.segment import Floats, Hits

Codes = NDArray[np.int8]
FAR_OUT_OF_BAND = 3  # emotion levels outside a script's band that rule it out
# Weights of what speaks for a script, in the proportions a logistic regression gives them on 2,216 replies judged for
# 360 messages (docs/decisions/0009), topic and technique weighed again since a script is one vector (0014); those of a
# perfect script add up to 1.
RELEVANCE, TOPIC, TECHNIQUE, STAGE = 0.63, 0.31, 0.02, 0.04
SECOND_TOPIC = 0.75
BAND_STEP = 0.065
COMPLAINT_MISMATCH = 0.09
SECOND_TECHNIQUE, NEXT_TECHNIQUE = 0.7, 0.3
ALIKE = 0.6  # cosine of texts that people would call alike
MAX_TYPES, MAX_TECHNIQUES = 4, 2  # of a script, as its schema allows


@dataclass(frozen=True, slots=True)
class Need:
    """What the search looks for besides the words: the analysis, the plan and the shop context."""

    analysis: Analysis
    plan: Plan
    context: Context


@dataclass(frozen=True, slots=True)
class Weighed:
    """Hits with their scores and what each owes them to; `allowed` is False where a hard filter rules one out."""

    hits: Hits
    scores: Floats
    allowed: NDArray[np.bool_]
    topic: Floats
    inside: NDArray[np.bool_]
    technique: Floats
    stage: NDArray[np.bool_]

    def rows(self) -> list[int]:
        """Return the rows of the allowed hits."""
        found: list[int] = self.allowed.nonzero()[0].tolist()
        return found

    def reasons(self, row: int) -> tuple[str, ...]:
        """Return why a hit ranks where it does, for people."""
        reasons = [
            "说法相近" if self.hits.cosines[row] >= ALIKE else "",
            "关键词吻合" if self.hits.keywords[row] >= 0.5 else "",
            "类型一致" if self.topic[row] >= 0.3 else "",
            "情绪强度合适" if self.inside[row] else "",
            "技巧合适" if self.technique[row] >= SECOND_TECHNIQUE else "",
            "正好在这一步" if self.stage[row] else "",
        ]
        return tuple(r for r in reasons if r)


class Facets:
    """The scripts of a segment as columns, one row a script; -1 where a script names no further type or technique.

    The rows of `before` come first.
    """

    def __init__(self, scripts: Sequence[Script], before: "Facets | None" = None) -> None:
        self._names: dict[str, int] = dict(before._names) if before else {}
        coded = (
            self._coded([s.types for s in scripts], MAX_TYPES),
            self._coded([s.techniques for s in scripts], MAX_TECHNIQUES),
            self._coded([(s.stage,) for s in scripts], 1),
            np.array([(*s.intensity, SEVERITIES.index(s.severity_limit)) for s in scripts], np.int8).reshape(-1, 3),
        )
        table = np.concatenate(coded, axis=1)
        self._table: Codes = np.concatenate([before._table, table]) if before else table
        self._types, self._techniques, rest = np.split(self._table, [MAX_TYPES, MAX_TYPES + MAX_TECHNIQUES], axis=1)
        self._stages, self._low, self._high, self._limits = rest.T

    def _coded(self, values: Sequence[Sequence[str]], width: int) -> Codes:
        table = np.full((len(values), width), -1, dtype=np.int8)
        for row, names in enumerate(values):
            for column, name in enumerate(names):
                table[row, column] = self._names.setdefault(name, len(self._names))
        return table

    def weigh(self, hits: Hits, need: Need) -> Weighed:
        """Return a weighed sum of what speaks for each hit.

        Hard filters: what a front-line agent may send at this severity, and intensity far off.
        """
        rows, analysis = hits.positions, need.analysis
        level = analysis.emotion.level
        low, high = self._low[rows], self._high[rows]
        outside = np.maximum(np.maximum(low - level, level - high), 0)
        topic, technique = self._topic(rows, analysis), self._technique(rows, need.plan)
        stage = self._stages[rows] == self._names.get(analysis.stage, -2)
        scores = RELEVANCE * hits.scores + TOPIC * topic - BAND_STEP * outside + TECHNIQUE * technique + STAGE * stage
        if not analysis.is_complaint:
            scores -= COMPLAINT_MISMATCH * (low > 0)
        grade = SEVERITIES.index(analysis.severity.level)
        allowed = (outside < FAR_OUT_OF_BAND) & (self._limits[rows] >= grade)
        return Weighed(hits, scores, allowed, topic, outside == 0, technique, stage)

    def _topic(self, rows: NDArray[np.intp], analysis: Analysis) -> Floats:
        """How much of the message's topic a script covers; topics the script names second count less."""
        shares = np.zeros(len(self._names) + 1, dtype=np.float32)  # the last one is what code -1 reads
        for label in analysis.types:
            if label.id in self._names:
                shares[self._names[label.id]] = label.confidence
        covered = shares[self._types[rows]]
        covered[:, 1:] *= SECOND_TOPIC
        return np.asarray(covered.max(axis=1), dtype=np.float32)

    def _technique(self, rows: NDArray[np.intp], plan: Plan) -> Floats:
        codes = self._techniques[rows]
        now, later = self._names.get(plan.id, -2), self._names.get(plan.next or "", -2)
        share = np.where((codes == later).any(axis=1), NEXT_TECHNIQUE, 0.0).astype(np.float32)
        share[codes[:, 1] == now] = SECOND_TECHNIQUE
        share[codes[:, 0] == now] = 1.0
        return share
