"""What the agent is about to send → Check: findings, verdict, rewrite, reply elements, commitments."""

from dataclasses import replace
from datetime import datetime

from app.analysis.commitments import Commitments
from app.assist.slots import SlotValues
from app.compliance.elements import Elements
from app.compliance.lint import Linter, verdict
from app.compliance.rewrite import Rewriter
from app.records import Channel, Check, Context, Draft, Turn
from app.settings import Settings


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

    def check(self, draft: Draft, complaint: bool | None = None, severity: str = "none") -> Check:
        """Return the whole check of a draft. `complaint` None means unknown: rules that need it stay silent."""
        findings = self._linter.findings(draft, complaint)
        values = SlotValues(self._settings, draft.context, draft.now, severity)
        owner = values.value("owner")
        rewrite = self._rewriter.rewrite(draft, findings, self._linter, values.value("deadline"), owner)
        return Check(
            verdict(findings),
            findings,
            rewrite,
            self._elements.found(draft.text),
            self._promises.found(draft.text, draft.now, owner),
        )

    def suggestion(
        self,
        text: str,
        now: datetime,
        history: tuple[Turn, ...],
        context: Context,
        complaint: bool,
        channel: Channel = "im",
    ) -> Check:
        """Return verdict and findings only; a suggestion that fails is dropped, so it needs no rewrite."""
        findings = self._linter.findings(Draft(text, now, history, channel, context), complaint)
        return Check(verdict(findings), findings)

    def plain(self, text: str, now: datetime) -> Check:
        """Return verdict and findings of a library text without a conversation around it."""
        return replace(self.suggestion(text, now, (), Context(), complaint=False))
