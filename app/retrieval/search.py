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
# Weights of what speaks for a script; topic and relevance decide, the rest orders what is equally relevant.
RELEVANCE, COSINE, TOPIC = 0.40, 0.25, 0.25
BAND, TECHNIQUE, STAGE = 0.06, 0.07, 0.05
SECOND_TOPIC = 0.6
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
        scale = _Scale(need)
        fits: list[_Fit] = []
        for i, segment in enumerate(self._segments):
            for found in segment.search(query):
                ident = segment.documents[found.position].id
                script = self.scripts.get(ident)
                if script is not None and self._home[ident] == i and scale.allows(script):
                    fits.append(scale.weigh(script, found))
        best = sorted(fits, key=lambda f: (-f.score, f.script.id))[:k]
        return [Passage(f.script.id, round(max(0.0, min(1.0, f.score)), 4), _reasons(f)) for f in best]


@dataclass(frozen=True, slots=True)
class _Fit:
    script: Script
    score: float
    found: Found
    topic: float
    outside: int
    technique: float
    stage: bool


class _Scale:
    """Weighs scripts for one message; what depends on the message alone is worked out once."""

    def __init__(self, need: Need) -> None:
        analysis = need.analysis
        self._context = need.context
        self._shares = {label.id: label.confidence for label in analysis.types}
        self._level = analysis.emotion.level
        self._grade = SEVERITIES.index(analysis.severity.level)
        self._calm = not analysis.is_complaint
        self._stage = analysis.stage
        self._technique, self._next = need.plan.id, need.plan.next

    def allows(self, script: Script) -> bool:
        """Hard filters: platform, industry, what a front-line agent may send at this severity, intensity far off."""
        if script.platforms and self._context.platform not in script.platforms:
            return False
        if script.industries and not self._in_trade(script):
            return False
        if self._grade > SEVERITIES.index(script.severity_limit):
            return False
        return self._outside(script) < FAR_OUT_OF_BAND

    def _in_trade(self, script: Script) -> bool:
        """Without an industry in the context, the message's topic tells whether a script of that trade may answer."""
        industry = self._context.industry
        return industry in script.industries if industry else any(t in self._shares for t in script.types)

    def weigh(self, script: Script, found: Found) -> _Fit:
        """Return the script with its score: a weighted sum of what speaks for it."""
        topic, outside = self._topic(script), self._outside(script)
        technique, stage = self._technique_share(script.techniques), script.stage == self._stage
        score = (
            RELEVANCE * found.score
            + COSINE * max(0.0, found.cosine)
            + TOPIC * topic
            + BAND * (outside == 0)
            - BAND_STEP * outside
            + TECHNIQUE * technique
            + STAGE * stage
        )
        if self._calm and script.intensity[0] > 0:
            score -= COMPLAINT_MISMATCH
        return _Fit(script, score, found, topic, outside, technique, stage)

    def _outside(self, script: Script) -> int:
        low, high = script.intensity
        return max(low - self._level, self._level - high, 0)

    def _topic(self, script: Script) -> float:
        """How much of the message's topic the script covers; topics the script names second count less."""
        first = self._shares.get(script.types[0], 0.0)
        return max([first, *(SECOND_TOPIC * self._shares.get(t, 0.0) for t in script.types[1:])])

    def _technique_share(self, techniques: Sequence[str]) -> float:
        if self._technique in techniques:
            return 1.0 if techniques[0] == self._technique else 0.7
        return 0.3 if self._next in techniques else 0.0


def _document(script: Script) -> Document:
    return Document(script.id, tuple(p.text for p in script.phrasings), f"{script.title} {script.use_when}")


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
