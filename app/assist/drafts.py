"""What the agent is about to send → Check: findings, verdict, rewrite, reply elements, commitments."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from app.analysis.commitments import Commitments
from app.assist.slots import SlotValues
from app.compliance.checks import Earlier, repeats
from app.compliance.elements import Elements
from app.compliance.lint import Linter, verdict
from app.compliance.rewrite import Rewriter
from app.records import Check, Context, Draft, Finding, Turn
from app.settings import Settings

REMEMBERED = 4096  # checks of suggestions
_CLOCK = re.compile(r"(?:今天|明天|\d{1,2}月\d{1,2}日)\d{2}:\d{2}")
ANY_CLOCK = "今天12:00"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # neither the rules nor the analysis read the clock


class DraftChecker:
    """Checks drafts, and the product's own suggestions before anybody sees them."""

    def __init__(
        self, linter: Linter, elements: Elements, rewriter: Rewriter, promises: Commitments, settings: Settings
    ) -> None:
        self._linter = linter
        self._elements = elements
        self._rewriter = rewriter
        self._promises = promises
        self._settings = settings
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._findings)

    def check(self, draft: Draft, complaint: bool | None = None, severity: str = "none") -> Check:
        """Return the whole check of a draft. `complaint` None means unknown: rules that need it stay silent."""
        findings = self._linter.findings(draft, complaint)
        values = SlotValues(self._settings, draft.context, draft.now, severity)
        owner = values.value("owner")
        rewrite = self._rewriter.rewrite(draft, findings, self._linter, values.value("deadline"), owner)
        return Check(
            verdict(findings),
            tuple(_timed(finding, values) for finding in findings),
            rewrite,
            self._elements.found(draft.text),
            self._promises.found(draft.text, draft.now, owner),
        )

    def suggestion(self, text: str, history: tuple[Turn, ...], context: Context, complaint: bool) -> Check:
        """Return verdict and findings only; a suggestion that fails is dropped, so it needs no rewrite.

        The same reply is offered again and again: findings are remembered by all that the rules read, not by the clock.
        """
        said = tuple(turn for turn in history if turn.role == "agent")
        if said and not repeats(text, Earlier(said)):
            said = ()
        findings = self._remembered(
            _CLOCK.sub(ANY_CLOCK, text),
            said,
            context.compensation,
            context.order_id,
            self._linter.places.known(context),
            complaint,
        )
        return Check(verdict(findings), findings)

    def plain(self, text: str, now: datetime) -> Check:
        """Return verdict and findings of a library text without a conversation around it."""
        findings = self._linter.findings(Draft(text, now), None)
        return Check(verdict(findings), findings)

    def _findings(
        self,
        text: str,
        said: tuple[Turn, ...],
        compensation: str | None,
        order_id: str | None,
        place: tuple[str, str],
        complaint: bool,
    ) -> tuple[Finding, ...]:
        platform, industry = place
        context = Context(compensation=compensation, order_id=order_id, platform=platform, industry=industry)
        return self._linter.findings(Draft(text, EPOCH, said, "im", context), complaint)


def _timed(finding: Finding, values: SlotValues) -> Finding:
    """Fill the times a rule's replacements leave open ("尽快" becomes a clock time)."""
    filled = [values.fill(text) for text in finding.replacements]
    return replace(finding, replacements=tuple(f[0] for f in filled if f))
