"""Find the scripts that answer a message: filters, then relevance weighed with topic, intensity, stage, technique."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.library.schema import Script
from app.records import SEVERITIES, Analysis, Context, Passage, Plan
from app.retrieval.segment import Document, Found, Query, Segment
from app.text.encoder import Encoder
from app.text.tokens import Tokens

FAR_OUT_OF_BAND = 3  # emotion levels outside a script's band that rule it out
WEIGHTS = {"relevance": 0.40, "cosine": 0.25, "topic": 0.25, "band": 0.06, "technique": 0.07, "stage": 0.05}
BAND_STEP = 0.06
COMPLAINT_MISMATCH = 0.08
TAIL = 256  # stored scripts in the tail before it is folded into the bulk


@dataclass(frozen=True, slots=True)
class Need:
    """What the search looks for besides the words: the analysis, the plan and the shop context."""

    analysis: Analysis
    plan: Plan
    context: Context


class ScriptSearch:
    """An immutable view of the library in segments: the shipped scripts, then what was stored since.

    Like Lucene's segments: a change adds a small tail, `compacted` folds a grown tail into the stored bulk. `scripts`
    holds every script that may be found; the last segment that holds an id is the one that counts.
    """

    def __init__(self, segments: Sequence[Segment], scripts: Mapping[str, Script]) -> None:
        self._segments = tuple(segments)
        self.scripts = scripts
        self._home = {d.id: i for i, segment in enumerate(segments) for d in segment.documents}

    @classmethod
    def build(
        cls, shipped: Mapping[str, Script], tokens: Tokens, encoder: Encoder | None, folder: Path | None
    ) -> "ScriptSearch":
        """Index the shipped scripts; the vector index is kept in `folder`."""
        base = Segment.build([_document(s) for s in shipped.values()], tokens, encoder, folder)
        nothing = Segment.build([], tokens, encoder)
        return cls([base, nothing, nothing], dict(shipped))

    @property
    def size(self) -> int:
        """Number of scripts that can be found."""
        return len(self.scripts)

    @property
    def grown(self) -> bool:
        """Whether the tail is large enough to be folded into the bulk."""
        return len(self._segments[2].documents) > TAIL

    def with_changes(
        self, changes: Mapping[str, Script | None], tokens: Tokens, encoder: Encoder | None
    ) -> "ScriptSearch":
        """Return a view with scripts added or replaced; None takes one away. Costs time for the tail alone."""
        tail = {d.id: self.scripts[d.id] for d in self._segments[2].documents if d.id in self.scripts}
        changed = {ident: script for ident, script in (tail | dict(changes)).items() if script is not None}
        scripts = {ident: script for ident, script in self.scripts.items() if ident not in changes} | changed
        segment = Segment.build([_document(s) for s in changed.values()], tokens, encoder)
        return ScriptSearch([*self._segments[:2], segment], scripts)

    def compacted(self, tokens: Tokens, encoder: Encoder | None) -> "ScriptSearch":
        """Return the same view with everything stored in one segment."""
        stored = [self.scripts[ident] for ident, home in self._home.items() if home > 0 and ident in self.scripts]
        bulk = Segment.build([_document(s) for s in stored], tokens, encoder)
        return ScriptSearch([self._segments[0], bulk, Segment.build([], tokens, encoder)], self.scripts)

    def search(self, query: Query, need: Need, k: int) -> list[Passage]:
        """Return up to `k` usable scripts, best first, each with the reasons it ranks there."""
        fits = [
            fit
            for i, segment in enumerate(self._segments)
            for found in segment.search(query)
            if self._home[segment.documents[found.position].id] == i
            if (fit := self._fit(segment.documents[found.position].id, found, need))
        ]
        best = sorted(fits, key=lambda f: (-f.score, f.script.id))[:k]
        return [Passage(f.script.id, round(max(0.0, min(1.0, f.score)), 4), _reasons(f)) for f in best]

    def _fit(self, ident: str, found: Found, need: Need) -> "_Fit | None":
        script = self.scripts.get(ident)
        if script is None or not _usable(script, need):
            return None
        topic = _topic_share(script, need.analysis)
        outside = _outside(script.intensity, need.analysis.emotion.level)
        technique = _technique_share(script.techniques, need.plan)
        stage = script.stage == need.analysis.stage
        score = (
            WEIGHTS["relevance"] * found.score
            + WEIGHTS["cosine"] * max(0.0, found.cosine)
            + WEIGHTS["topic"] * topic
            + WEIGHTS["band"] * (outside == 0)
            - BAND_STEP * outside
            + WEIGHTS["technique"] * technique
            + WEIGHTS["stage"] * stage
        )
        if not need.analysis.is_complaint and script.intensity[0] > 0:
            score -= COMPLAINT_MISMATCH
        return _Fit(script, score, found, topic, outside, technique, stage)


@dataclass(frozen=True, slots=True)
class _Fit:
    script: Script
    score: float
    found: Found
    topic: float
    outside: int
    technique: float
    stage: bool


def _document(script: Script) -> Document:
    return Document(script.id, tuple(p.text for p in script.phrasings), f"{script.title} {script.use_when}")


def _usable(script: Script, need: Need) -> bool:
    """Hard filters: platform, industry, what a front-line agent may send at this severity, and intensity far off."""
    context, analysis = need.context, need.analysis
    if script.platforms and context.platform not in script.platforms:
        return False
    if script.industries and context.industry not in script.industries:
        about = {label.id for label in analysis.types}
        if context.industry or not about & set(script.types):
            return False
    if SEVERITIES.index(analysis.severity.level) > SEVERITIES.index(script.severity_limit):
        return False
    return _outside(script.intensity, analysis.emotion.level) < FAR_OUT_OF_BAND


def _outside(band: tuple[int, int], level: int) -> int:
    return max(band[0] - level, level - band[1], 0)


def _topic_share(script: Script, analysis: Analysis) -> float:
    """How much of the message's topic the script covers: confidence of the topics they share, primary ones in full."""
    shares = {label.id: label.confidence for label in analysis.types}
    primary = shares.get(script.types[0], 0.0)
    return max([primary, *(0.6 * shares.get(t, 0.0) for t in script.types[1:])])


def _technique_share(techniques: Sequence[str], plan: Plan) -> float:
    if plan.id in techniques:
        return 1.0 if techniques[0] == plan.id else 0.7
    return 0.3 if plan.next in techniques else 0.0


def _reasons(fit: _Fit) -> tuple[str, ...]:
    reasons = [
        "说法相近" if fit.found.cosine >= 0.5 else "",
        "关键词吻合" if fit.found.keyword >= 0.5 else "",
        "类型一致" if fit.topic >= 0.3 else "",
        "情绪强度合适" if fit.outside == 0 else "",
        "技巧合适" if fit.technique >= 0.7 else "",
        "正好在这一步" if fit.stage else "",
    ]
    return tuple(r for r in reasons if r)
