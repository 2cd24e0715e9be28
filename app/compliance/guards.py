"""Why a hit may be no finding: it is negated, quoted, reported, conditional, explained, or taken on oneself.

A guard looks at the clause or the sentence of the hit, never at a window of characters: in "您别担心,加我微信" nothing
is negated.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.compliance.patterns import Pattern, any_found
from app.compliance.rules import Guard
from app.compliance.views import View

CLAUSE_ENDS = frozenset(",。!?;:\n…~ —")
SENTENCE_ENDS = frozenset("。!?;\n")
_QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "【": "】"}
_STRAIGHT = "\"'"


class Guards:
    """Decides per hit whether one of the named guards silences it. Cue words come from guards.yaml."""

    def __init__(self, cues: Mapping[str, Sequence[Pattern]]) -> None:
        self._cues = cues

    def silent(self, names: Iterable[Guard], view: View, start: int, end: int) -> bool:
        """Return whether the hit at characters start–end is silenced."""
        return any(self._applies(name, view, start, end) for name in names)

    def _applies(self, name: Guard, view: View, start: int, end: int) -> bool:
        if name == "quotation":
            return quoted(view.text, start, end)
        if name == "explained":
            return all(any_found(self._cues[cue], view.raw) for cue in ("option", "time"))
        return self._cued(name, _scope(name, view.text, start, end))

    def _cued(self, name: Guard, scope: str) -> bool:
        raw = scope.encode("utf-8", "replace")
        if name in ("negation", "inside"):
            for pattern in self._cues["soft"]:
                raw = pattern.removed(raw)
            return any_found(self._cues["negation"], raw)
        return any_found(self._cues[name], raw)


def _scope(name: Guard, text: str, start: int, end: int) -> str:
    """Return the words a guard may look at."""
    if name == "inside":
        return text[start:end]
    if name in ("negation", "reported"):
        return text[bound_before(text, start, CLAUSE_ENDS) : start]
    if name == "question":
        return text[end : bound_after(text, end, SENTENCE_ENDS) + 1]
    if name == "condition":
        return text[bound_before(text, start, SENTENCE_ENDS) : start]
    return text[bound_before(text, start, SENTENCE_ENDS) : bound_after(text, end, SENTENCE_ENDS)]


def bound_before(text: str, at: int, ends: frozenset[str]) -> int:
    """Return where the clause or sentence holding position `at` begins."""
    while at > 0 and text[at - 1] not in ends:
        at -= 1
    return at


def bound_after(text: str, at: int, ends: frozenset[str]) -> int:
    """Return where it ends, the closing mark excluded."""
    while at < len(text) and text[at] not in ends:
        at += 1
    return at


def quoted(text: str, start: int, end: int) -> bool:
    """Return whether start–end lies inside one pair of quotation marks."""
    for opening, closing in _QUOTES.items():
        at = text.rfind(opening, 0, start)
        if at >= 0 and closing not in text[at:end] and closing in text[end:]:
            return True
    return any(text.count(q, 0, start) % 2 and q not in text[start:end] and q in text[end:] for q in _STRAIGHT)
