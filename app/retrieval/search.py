"""Find the scripts that answer a message: relevance by words and vectors, weighed with what the message needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from app.library.schema import Script
from app.records import Passage
from app.retrieval.scale import Facets, Need, Weighed
from app.retrieval.segment import Document, Query, Segment
from app.text.encoder import Encoder
from app.text.tokens import Tokens

TAIL = 256  # scripts in the tail before it is folded into the bulk
SHIPPED, STORED = "shipped", "stored"  # below the index folder: vectors without and with the database's scripts


@dataclass(frozen=True, slots=True)
class Indexer:
    """What turns scripts into a searchable segment. `folder` keeps vector indexes between starts."""

    tokens: Tokens
    encoder: Encoder | None
    folder: Path

    def shelf(self, scripts: Sequence[Script], kept_as: str | None = None) -> "Shelf":
        """Index the scripts; with `kept_as` their vectors are read from or saved in that subfolder."""
        folder = self.folder / kept_as if kept_as and scripts else None
        return Shelf(Segment.build(lambda: map(document, scripts), self.tokens, self.encoder, folder), Facets(scripts))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Scripts that were indexed together."""

    segment: Segment
    facets: Facets

    @property
    def ids(self) -> tuple[str, ...]:
        """The scripts' ids by position."""
        return self.segment.ids


class ScriptSearch:
    """An immutable view of the library on two shelves: the bulk, and a small tail of the latest changes.

    Like Lucene's segments: a change makes a new tail, `compacted` folds a grown one into the bulk. `scripts` holds
    every script that may be found; the tail's entry counts where both shelves hold an id.
    """

    def __init__(self, bulk: Shelf, tail: Shelf, scripts: Mapping[str, Script], indexer: Indexer) -> None:
        self._shelves = (bulk, tail)
        self._indexer = indexer
        self.scripts = scripts
        self._fresh = frozenset(tail.ids)

    @classmethod
    def build(cls, scripts: Mapping[str, Script], indexer: Indexer, kept_as: str = SHIPPED) -> "ScriptSearch":
        """Index the scripts as the bulk; their vectors are kept under that name."""
        return cls(indexer.shelf(list(scripts.values()), kept_as), indexer.shelf([]), dict(scripts), indexer)

    @property
    def size(self) -> int:
        """Number of scripts that can be found."""
        return len(self.scripts)

    @property
    def grown(self) -> bool:
        """Whether the tail is large enough to be folded into the bulk."""
        return len(self._fresh) > TAIL

    def with_changes(self, changes: Mapping[str, Script | None]) -> "ScriptSearch":
        """Return a view with scripts added or replaced; None takes one away. Costs time for the tail alone.

        More changes than a tail may hold are indexed as the bulk at once.
        """
        scripts = {ident: script for ident, script in self.scripts.items() if ident not in changes}
        changed = {ident: script for ident, script in changes.items() if script is not None}
        if len(changed) > TAIL:
            return ScriptSearch.build(scripts | changed, self._indexer, STORED)
        kept = [scripts[ident] for ident in self._shelves[1].ids if ident in scripts]
        tail = self._indexer.shelf([*kept, *changed.values()])
        return ScriptSearch(self._shelves[0], tail, scripts | changed, self._indexer)

    def compacted(self) -> "ScriptSearch":
        """Return the same view with everything in the bulk."""
        return ScriptSearch.build(self.scripts, self._indexer, STORED)

    def search(self, query: Query, need: Need, k: int) -> list[Passage]:
        """Return up to `k` usable scripts, best first, each with the reasons it ranks there."""
        found = [hit for at, shelf in enumerate(self._shelves) if shelf.ids for hit in self._on(at, query, need, k)]
        found.sort(key=lambda hit: (-hit.score, hit.ident))
        return [Passage(h.ident, round(min(1.0, max(0.0, h.score)), 4), h.weighed.reasons(h.row)) for h in found[:k]]

    def _on(self, at: int, query: Query, need: Need, k: int) -> Iterable["_Hit"]:
        """Return the best usable scripts of one shelf."""
        shelf = self._shelves[at]
        weighed = shelf.facets.weigh(shelf.segment.search(query), need)
        positions, scores = weighed.hits.positions.tolist(), weighed.scores.tolist()
        ranked = ((shelf.ids[positions[row]], row) for row in weighed.ranked())
        usable = (_Hit(scores[row], i, row, weighed) for i, row in ranked if self._counts(at, i, need))
        return islice(usable, k)

    def _counts(self, at: int, ident: str, need: Need) -> bool:
        """Tell whether the shelf holds the script that counts, and the script is one for this shop."""
        if at == 0 and ident in self._fresh:
            return False
        script = self.scripts.get(ident)
        return script is not None and _for_this_shop(script, need) and _for_this_case(script, need)


class _Hit(NamedTuple):
    score: float
    ident: str
    row: int
    weighed: Weighed


def _for_this_shop(script: Script, need: Need) -> bool:
    """Platform and trade must fit. Without an industry in the context, the topic tells whether a trade may answer."""
    if script.platforms and need.context.platform not in script.platforms:
        return False
    if not script.industries:
        return True
    if need.context.industry:
        return need.context.industry in script.industries
    return any(label.id in script.types for label in need.analysis.types)


def _for_this_case(script: Script, need: Need) -> bool:
    """What is written for a danger is offered only where one of its signals has shown, now or earlier."""
    return not script.risks or not set(script.risks).isdisjoint(need.analysis.case_risks)


def document(script: Script) -> Document:
    """Return what a script is found by."""
    return Document(script.id, tuple(p.text for p in script.phrasings), f"{script.title} {script.use_when}")
