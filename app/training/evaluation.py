"""Measure the models on messages of authors nothing was trained on (knowledge/split.yaml)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, f1_score

from app.analysis.analyst import Analyst
from app.analysis.severity import Case, SeverityTable
from app.library.files import Library
from app.records import SEVERITIES, Analysis, Words
from app.text.normalise import normalise
from app.training import slices
from app.training.corpus import Labelled

Rows = NDArray[np.int64]
ROUNDS = 1000
FEWEST = 10  # macro-F1 counts types with at least this many examples
SEED = 20261123
HEADER = "| what | figure | 95 % interval | n | target |\n|---|---|---|---|---|\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure with its 95 % bootstrap interval; `target` as text, n as the number of cases."""

    name: str
    value: float
    low: float
    high: float
    n: int
    target: str

    def line(self) -> str:
        """Return the figure as a line of a Markdown table."""
        return f"| {self.name} | {self.value:.3f} | {self.low:.3f}–{self.high:.3f} | {self.n} | {self.target} |\n"


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, and per type (examples, recall, precision) for those below FEWEST correct or worst first."""

    rows: tuple[Row, ...]
    types: tuple[tuple[str, int, float, float], ...]
    slices: str = ""

    def markdown(self, texts: int, authors: Sequence[str]) -> str:
        """Return docs/evaluation.md's body."""
        head = (
            f"Measured on {date.today()} on {len(authors)} authors whose messages were never trained on "
            f"({', '.join(authors)}); trained on {texts} texts. Intervals: 95 %, bootstrap over messages.\n\n"
            f"{HEADER}"
        )
        rows = "".join(r.line() for r in self.rows)
        table = "\n| type | examples | recall | precision |\n|---|---|---|---|\n" + "".join(
            f"| {name} | {n} | {recall:.2f} | {precision:.2f} |\n" for name, n, recall, precision in self.types
        )
        return head + rows + table + self.slices


def evaluate(knowledge: Path, library: Library, analyst: Analyst, texts: Sequence[Labelled]) -> Report:
    """Return every figure for labelled messages read one by one, without conversation."""
    read = [analyst.analyse(Words(normalise(t.text))) for t in texts]
    grades = SeverityTable(knowledge / "severity.yaml", library.taxonomy)
    truth = _Truth(list(texts), read, [_grade(grades, t) for t in texts])
    everything = np.arange(len(texts))
    rows = [row(name, figure, everything, target) for name, figure, target in truth.figures()]
    return Report(tuple(rows), truth.per_type(), slices.sections(texts, read))


def _grade(grades: SeverityTable, text: Labelled) -> str:
    return grades.grade(Case(bool(text.complaint), text.level or 0, set(text.risks or ()), set(text.types))).level


def row(name: str, figure: Callable[[Rows], float], rows: Rows, target: str) -> Row:
    """Return a figure over row numbers with its 95 % bootstrap interval."""
    chance = np.random.default_rng(SEED)
    drawn = [figure(chance.choice(rows, len(rows))) for _ in range(ROUNDS)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Row(name, figure(rows), float(low), float(high), len(rows), target)


class _Truth:
    """Labels and readings as arrays, so that a figure over any choice of rows is one expression."""

    def __init__(self, texts: list[Labelled], read: list[Analysis], grades: list[str]) -> None:
        self.topic = np.array([t.types[0] for t in texts])
        self.said_topic = np.array([a.types[0].id if a.types else "" for a in read])
        self.complaint = np.array([bool(t.complaint) for t in texts])
        self.said_complaint = np.array([a.is_complaint for a in read])
        self.level = np.array([t.level or 0 for t in texts])
        self.said_level = np.array([a.emotion.level for a in read])
        self.grade = np.array([SEVERITIES.index(g) for g in grades])
        self.said_grade = np.array([SEVERITIES.index(a.severity.level) for a in read])
        pairs = [(set(t.risks or ()), {r.id for r in a.risks}) for t, a in zip(texts, read, strict=True)]
        self.risk_hits = np.array([len(gold & said) for gold, said in pairs])
        self.risk_gold = np.array([len(gold) for gold, _ in pairs])
        self.risk_said = np.array([len(said) for _, said in pairs])

    def figures(self) -> list[tuple[str, Callable[[Rows], float], str]]:
        """Return (name, figure over row numbers, target)."""
        return [
            ("complaint type, top-1 accuracy", lambda i: float((self.topic[i] == self.said_topic[i]).mean()), "≥ 0.82"),
            ("complaint type, macro-F1", self._macro, "≥ 0.80"),
            ("is_complaint, F1", lambda i: float(f1_score(self.complaint[i], self.said_complaint[i])), "≥ 0.93"),
            ("false complaints on what is none", self._false_complaints, "≤ 0.05"),
            ("intensity, quadratic weighted kappa", self._kappa, "≥ 0.80"),
            ("intensity within one level", lambda i: self._within(self.level, self.said_level, i), "≥ 0.97"),
            ("severity exact", lambda i: float((self.grade[i] == self.said_grade[i]).mean()), "≥ 0.85"),
            ("severity under-graded by two", lambda i: float((self.grade[i] - self.said_grade[i] >= 2).mean()), "0"),
            ("risk signals, recall", lambda i: float(self.risk_hits[i].sum() / self.risk_gold[i].sum()), "≥ 0.92"),
            ("risk signals, precision", lambda i: float(self.risk_hits[i].sum() / self.risk_said[i].sum()), "≥ 0.90"),
        ]

    def per_type(self) -> tuple[tuple[str, int, float, float], ...]:
        """Return (type, examples, recall, precision), worst recall first."""
        found = []
        for topic in np.unique(self.topic):
            gold, said = self.topic == topic, self.said_topic == topic
            right = float((gold & said).sum())
            found.append((str(topic), int(gold.sum()), right / gold.sum(), right / max(1, said.sum())))
        return tuple(sorted(found, key=lambda row: row[2]))

    def _macro(self, rows: Rows) -> float:
        names, counts = np.unique(self.topic, return_counts=True)
        labels = list(names[counts >= FEWEST])
        return float(f1_score(self.topic[rows], self.said_topic[rows], labels=labels, average="macro", zero_division=0))

    def _false_complaints(self, rows: Rows) -> float:
        calm = rows[~self.complaint[rows]]
        return float(self.said_complaint[calm].mean())

    def _kappa(self, rows: Rows) -> float:
        return float(cohen_kappa_score(self.level[rows], self.said_level[rows], weights="quadratic"))

    def _within(self, gold: Rows, said: Rows, rows: Rows) -> float:
        return float((abs(gold[rows] - said[rows]) <= 1).mean())
