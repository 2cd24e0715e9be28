"""Find the scripts that answer a message: relevance by words and vectors, weighed with what the message needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.library.names import PlaceNames
from app.library.schema import Script
from app.records import Passage
from app.retrieval.scale import Facets, Need
from app.retrieval.segment import Document, Query, Segment
from app.text.encoder import Encoder
from app.text.tokens import Tokens

TAIL = 256  # scripts in the tail before it is folded into the bulk
SHIPPED, STORED = "shipped", "stored"  # below the index folder: vectors without and with the database's scripts


@dataclass(frozen=True, slots=True)
class Indexer:
    """What turns scripts into something searchable. `folder` keeps vector indexes between starts; `names` tell which
    spellings of platforms and industries mean the same."""

    tokens: Tokens
    encoder: Encoder | None
    folder: Path
    names: PlaceNames

    def shelf(self, scripts: Sequence[Script], kept_as: str | None = None) -> "Shelf":
        """Index the scripts; with `kept_as` their vectors are read from or saved in that subfolder."""
        folder = self.folder / kept_as if kept_as and scripts else None
        return Shelf(Segment.build(lambda: map(document, scripts), self.tokens, self.encoder, folder), Facets(scripts))

    def extended(self, bulk: "Shelf", tail: Sequence[Script], live: NDArray[np.bool_]) -> "Shelf":
        """Put further scripts behind those of the bulk, of which `live` says which still count."""
        documents = [document(script) for script in tail]
        return Shelf(bulk.segment.extended(documents, live, self.tokens, self.encoder), Facets(tail, bulk.facets))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Scripts that are searched together."""

    segment: Segment
    facets: Facets


class ScriptSearch:
    """An immutable view of the library: the bulk, and behind it a small tail of the latest changes.

    Like Lucene's segments: a change makes a new tail, `compacted` folds a grown one into the bulk. `scripts` holds
    every script that may be found; the tail's entry counts where both bulk and tail hold an id.
    """

    def __init__(
        self, bulk: Shelf, scripts: Mapping[str, Script], indexer: Indexer, tail: Sequence[str] | None = None
    ) -> None:
        """`tail` are the scripts that came since the bulk was indexed; None where nothing came and nothing went."""
        self._bulk = bulk
        self._tail = tail or ()
        self._indexer = indexer
        self.scripts = scripts
        self._whole = bulk if tail is None else self._with_tail(frozenset(tail))

    @classmethod
    def build(cls, scripts: Mapping[str, Script], indexer: Indexer, kept_as: str | None = SHIPPED) -> "ScriptSearch":
        """Index the scripts as the bulk; their vectors are kept under that name, if any."""
        return cls(indexer.shelf(list(scripts.values()), kept_as), dict(scripts), indexer)

    def _with_tail(self, fresh: frozenset[str]) -> Shelf:
        ids = self._bulk.segment.ids
        live = np.fromiter((i in self.scripts and i not in fresh for i in ids), np.bool_, len(ids))
        return self._indexer.extended(self._bulk, [self.scripts[i] for i in self._tail], live)

    @property
    def size(self) -> int:
        """Number of scripts that can be found."""
        return len(self.scripts)

    @property
    def grown(self) -> bool:
        """Whether the tail is large enough to be folded into the bulk."""
        return len(self._tail) > TAIL

    def with_changes(self, changes: Mapping[str, Script | None]) -> "ScriptSearch":
        """Return a view with scripts added or replaced; None takes one away. Costs time for the tail alone.

        More changes than a tail may hold are indexed as the bulk at once. So is, in memory, a library whose tail would
        be the larger part: how rare a word is would be read off too few scripts.
        """
        scripts = {ident: script for ident, script in self.scripts.items() if ident not in changes}
        changed = {ident: script for ident, script in changes.items() if script is not None}
        tail = [*(ident for ident in self._tail if ident in scripts), *changed]
        scripts |= changed
        if len(changed) > TAIL:
            return ScriptSearch.build(scripts, self._indexer, STORED)
        if len(tail) > len(self._bulk.segment.ids):
            return ScriptSearch.build(scripts, self._indexer, None)
        return ScriptSearch(self._bulk, scripts, self._indexer, tail)

    def compacted(self) -> "ScriptSearch":
        """Return the same view with everything in the bulk."""
        return ScriptSearch.build(self.scripts, self._indexer, STORED)

    def search(self, query: Query, need: Need, k: int) -> list[Passage]:
        """Return up to `k` usable scripts, best first, each with the reasons it ranks there; equal ones by id."""
        weighed = self._whole.facets.weigh(self._whole.segment.search(query), need)
        ids, positions, scores = self._whole.segment.ids, weighed.hits.positions.tolist(), weighed.scores.tolist()
        ranked = sorted((-scores[row], ids[positions[row]], row) for row in weighed.rows())
        usable = (hit for hit in ranked if self._fits(hit[1], need))
        return [
            Passage(ident, round(min(1.0, max(0.0, -less)), 4), weighed.reasons(row))
            for less, ident, row in islice(usable, k)
        ]

    def _fits(self, ident: str, need: Need) -> bool:
        """Tell whether a script is one for this shop and this case."""
        script = self.scripts[ident]
        return _for_this_shop(script, need, self._indexer.names) and _for_this_case(script, need)


def _for_this_shop(script: Script, need: Need, names: PlaceNames) -> bool:
    """Platform and trade must fit. Without an industry in the context, the topic tells whether a trade may answer."""
    platform, industry = need.context.platform, need.context.industry
    if script.platforms and not names.platforms.among(platform, script.platforms):
        return False
    if not script.industries:
        return True
    if names.industries.of(industry):
        return names.industries.among(industry, script.industries)
    return any(label.id in script.types for label in need.analysis.types)


def _for_this_case(script: Script, need: Need) -> bool:
    """What is written for a danger is offered only where one of its signals has shown, now or earlier."""
    return not script.risks or not set(script.risks).isdisjoint(need.analysis.case_risks)


def document(script: Script) -> Document:
    """Return what a script is found by."""
    return Document(script.id, tuple(p.text for p in script.phrasings), f"{script.title} {script.use_when}")
