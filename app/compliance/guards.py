"""Why a hit may be no finding: it is negated, quoted, reported, conditional, explained, or taken on oneself.

A guard looks at the clause or the sentence of the hit, never at a window of characters: in "您别担心,加我微信" nothing
is negated.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.compliance.patterns import Pattern, any_found
from app.compliance.rules import Guard
from app.compliance.views import View

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
        return self._cued(name, _scope(name, view, start, end))

    def _cued(self, name: Guard, scope: str) -> bool:
        raw = scope.encode("utf-8", "replace")
        if name in ("negation", "inside"):
            for pattern in self._cues["soft"]:
                raw = pattern.removed(raw)
            return any_found(self._cues["negation"], raw)
        return any_found(self._cues[name], raw)


def _scope(name: Guard, view: View, start: int, end: int) -> str:
    """Return the words a guard may look at."""
    if name == "inside":
        return view.text[start:end]
    if name in ("negation", "reported"):
        return view.text[view.clause(start, end)[0] : start]
    first, last = view.sentence(start, end)
    if name == "question":
        return view.text[end : last + 1]
    return view.text[first : start if name == "condition" else last]


def quoted(text: str, start: int, end: int) -> bool:
    """Return whether start–end lies inside one pair of quotation marks."""
    for opening, closing in _QUOTES.items():
        at = text.rfind(opening, 0, start)
        if at >= 0 and closing not in text[at:end] and closing in text[end:]:
            return True
    return any(text.count(q, 0, start) % 2 and q not in text[start:end] and q in text[end:] for q in _STRAIGHT)
