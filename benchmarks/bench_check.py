"""Checking a draft: the linter alone and the whole check with rewrite, elements and commitments."""

from datetime import datetime
from pathlib import Path

from app.analysis.commitments import Commitments
from app.compliance.elements import Elements
from app.compliance.lint import Linter
from app.compliance.rewrite import Rewriter
from app.compliance.rules import load
from app.library import files
from app.records import Draft, Turn
from app.settings import shipped_content
from benchmarks.measure import Timing, repeat

CALLS = 3_000
NOW = datetime.fromisoformat("2026-11-23T15:07:00+08:00")
HISTORY = (
    Turn("customer", "三天了还没发货,你们是不是骗子"),
    Turn("agent", "让您久等了,我现在去核对仓库记录"),
    Turn("customer", "快点,等着用呢"),
    Turn("agent", "好的,收到"),
)
GOOD = "让您久等了,实在抱歉。您这笔订单今天18:00前由我催仓库发出,单号出来发到这里;不想等的话也可以选退款,您看合适吗?"
BAD = "亲,这是公司规定我也没办法的,快递慢您去找快递公司呀,别人都没事怎么就您催,加微❤信给您返现20元,我们会尽快处理的哦"


def run() -> list[str]:
    """Return the lines of the report."""
    content: Path = shipped_content()
    knowledge = content / "knowledge"
    library = files.load(content)
    book = load(knowledge / "compliance", knowledge / "taxonomy.yaml")
    linter = Linter(book, library.sources, library.laws.values())
    elements, rewriter = Elements.load(knowledge), Rewriter.load(knowledge)
    promises = Commitments.load(knowledge / "commitments.yaml")

    def whole(draft: Draft) -> None:
        findings = linter.findings(draft, True)
        rewriter.rewrite(draft, findings, linter, "今天18:00", "我")
        elements.found(draft.text)
        promises.found(draft.text, draft.now)

    lines = []
    for name, text in (("clean", GOOD), ("faulty", BAD)):
        draft = Draft(text, NOW, HISTORY)
        lint: Timing = repeat(lambda _, d=draft: linter.findings(d, True), CALLS)  # type: ignore[misc]
        check: Timing = repeat(lambda _, d=draft: whole(d), CALLS)  # type: ignore[misc]
        what = f"{name} draft of {len(text)} characters, {len(book.rules)} rules"
        lines.append(f"findings, {what}: {lint}")
        lines.append(f"whole check, {what}: {check}")
    return lines


if __name__ == "__main__":
    print("\n".join(run()))
