"""Load the immutable parts of the program: encoders, classifier, index, linter, pipeline."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from app import kept
from app.analysis import classifier
from app.analysis.analyst import Analyst
from app.analysis.commitments import Commitments
from app.assist.drafts import DraftChecker
from app.assist.knowledge import Knowledge
from app.assist.pipeline import Pipeline
from app.assist.technique import TechniqueTable
from app.compliance import selftest
from app.compliance.elements import Elements
from app.compliance.lint import Linter
from app.compliance.overlays import refuse_unverified
from app.compliance.places import modes_of
from app.compliance.rewrite import Rewriter
from app.compliance.rules import load as load_rules
from app.compliance.semantic import SemanticLayer
from app.errors import IndexUnusable
from app.library import documents, files, inspection
from app.library.documents import read
from app.library.files import Library
from app.library.inspection import Report
from app.library.review import Reviewer
from app.library.similar import Similarity
from app.records import Draft, Finding, Message
from app.retrieval.scale import Need
from app.retrieval.search import Indexer, ScriptSearch
from app.settings import Settings
from app.text import concepts, literals
from app.text.concepts import Concepts
from app.text.encoder import StaticEncoder
from app.text.sentence_models import TransformerEncoder
from app.text.tokens import Tokens
from app.training import labels

BUNDLED = "bundled"
DOCUMENTS = "documents.json"  # in the data directory: the shipped YAML files as they were read
PATTERNS = "patterns.json"  # in the data directory: what the prefilter has read out of the patterns
PROVEN = "rules.proven"  # in the data directory: which rules have passed their own examples
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers a message, besides the scripts that trainers change."""

    settings: Settings
    library: Library
    linter: Linter
    checker: DraftChecker
    pipeline: Pipeline
    degraded: str | None

    def reviewer(self, similar: Similarity, *, strict: bool = False) -> Reviewer:
        """Return the checks of a script against the library as `similar` holds it."""
        return Reviewer(similar, self.lint, lambda s: files.check_script(s, self.library), strict=strict)

    def lint(self, text: str) -> tuple[Finding, ...]:
        """Return the findings of a library text."""
        return self.checker.plain(text, now(self.settings)).findings

    def rank(
        self, search: ScriptSearch, ident: str, message: Message, depth: int
    ) -> tuple[int | None, float, str | None]:
        """Return (rank, score, leader) of script `ident` for a message; rank None when it is not among `depth`."""
        words = self.pipeline.words(message)
        analysis = self.pipeline.analyse(message)
        plan = self.pipeline.plan(analysis)
        passages = search.search(self.pipeline.query(words), Need(analysis, plan, message.context), depth)
        places = {p.script_id: (rank, p.score) for rank, p in enumerate(passages, 1)}
        rank, score = places.get(ident, (None, 0.0))
        return rank, score, passages[0].script_id if passages else None


def now(settings: Settings) -> datetime:
    """Return the shop's time."""
    return datetime.now(settings.zone)


def load(settings: Settings, library: Library) -> Parts:
    """Load everything below settings.content_dir. Raises KefuError; a missing encoder only degrades."""
    content = settings.content_dir
    knowledge = content / "knowledge"
    words = tokens(content)
    bundled, trouble = _bundled(content / "index" / "encoder")
    encoder = bundled if settings.encoder == BUNDLED else TransformerEncoder(settings.encoder)
    degraded = trouble if encoder is None else None
    heads = _classifier(content / "index" / "classifier")
    linter = linter_of(settings, library)
    with kept.spared():
        selftest.check_once(linter, settings.data_dir / PROVEN)
    checks = checker_with(settings, linter)
    base = ScriptSearch.build(library.scripts, Indexer(words, encoder, settings.index_dir, linter.book.names))
    pipeline = Pipeline(
        library,
        words,
        encoder,
        Analyst(knowledge, library.taxonomy, heads),
        TechniqueTable(knowledge / "plan.yaml", library.taxonomy),
        base,
        Knowledge(library, encoder),
        checks,
        settings,
        degraded,
    )
    return Parts(settings, library, linter, checks, pipeline, degraded)


@contextmanager
def recollection(folder: Path) -> Iterator[None]:
    """Load what the block loads with what the last start read out of the same files, kept below `folder`."""
    literals.recall(folder / PATTERNS)
    documents.recall(folder / DOCUMENTS)
    try:
        yield
        with kept.spared():
            literals.keep(folder / PATTERNS)
        with kept.spared():
            documents.keep(folder / DOCUMENTS)
    finally:
        documents.forget()


def inspect(settings: Settings) -> Report:
    """Return what is wrong with the shipped content."""
    library = files.load(settings.content_dir)
    linter = linter_of(settings, library)
    moment = now(settings)
    report = inspection.inspect(library, lambda text: linter.findings(Draft(text, moment)), settings.content_dir)
    return replace(report, problems=(*report.problems, *labels.problems(settings.content_dir / "knowledge", library)))


def checker(settings: Settings) -> DraftChecker:
    """Return what checks drafts, without the rest of the product."""
    library = files.load(settings.content_dir)
    return checker_with(settings, linter_of(settings, library))


def checker_with(settings: Settings, linter: Linter) -> DraftChecker:
    """Return the same around a linter there is already."""
    knowledge = settings.content_dir / "knowledge"
    promises = Commitments.load(knowledge / "commitments.yaml")
    return DraftChecker(linter, Elements.load(knowledge), Rewriter.load(knowledge), promises, settings)


def self_test(settings: Settings) -> int:
    """Run every rule on its own examples and return the number of rules; a failure raises ContentError."""
    library = files.load(settings.content_dir)
    linter = linter_of(settings, library)
    selftest.check(linter)
    return len(linter.book.rules)


def linter_of(settings: Settings, library: Library) -> Linter:
    """Return the linter with its semantic layer and the mode the settings name."""
    content = settings.content_dir
    knowledge = content / "knowledge"
    book = load_rules(knowledge / "compliance", knowledge / "taxonomy.yaml")
    refuse_unverified(book.cited_by_overlays(), library)
    try:
        layer = SemanticLayer.load(content / "index" / "linter", book)
    except IndexUnusable as error:
        log.warning("语义层不可用，只按规则检查：%s", error)
        layer = None
    return Linter(book, library.sources, library.laws.values(), layer, modes_of(settings.mode_315))


def tokens(content: Path) -> Tokens:
    """Return the segmenter with the product's words and synonyms."""
    path = content / "knowledge" / "synonyms.yaml"
    groups = concepts.checked(read(path).items("groups"), path)
    return Tokens.load(content / "knowledge" / "words.txt", Concepts(groups))


def _bundled(folder: Path) -> tuple[StaticEncoder | None, str | None]:
    try:
        return StaticEncoder.load(folder), None
    except IndexUnusable as error:
        log.warning("%s", error)
        return None, f"向量检索不可用，只按关键词检索：{error}"


def _classifier(folder: Path) -> classifier.Classifier:
    try:
        return classifier.load(folder)
    except IndexUnusable as error:
        raise IndexUnusable(f"{error}；请先运行 kefu build") from error
