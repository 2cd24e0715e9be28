"""What `kefu build` does: encoder, classifier, the linter's semantic layer; the service builds its search index."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from app.analysis import classifier as store
from app.analysis.analyst import Analyst
from app.analysis.emotion import EmotionReader
from app.assist.drafts import DraftChecker
from app.compliance import semantic
from app.compliance.rules import load as load_rules
from app.errors import IndexUnusable
from app.library import files
from app.library.files import Library
from app.text import heads
from app.text.encoder import StaticEncoder
from app.text.tokens import Tokens
from app.training import (
    breaches,
    conversations,
    corpus,
    drafts,
    encoder,
    evaluation,
    linting,
    messages,
    moves,
    retrieval,
    slices,
)
from app.training.corpus import Labelled


def present(content: Path) -> bool:
    """Return whether a usable encoder and classifier lie in the content folder."""
    try:
        StaticEncoder.load(content / "index" / "encoder")
        store.load(content / "index" / "classifier")
        heads.load(content / "index" / "linter", semantic.HEADS)
    except IndexUnusable:
        return False
    return True


def build(content: Path, say: Callable[[str], None], corrections: Path | None = None) -> None:
    """Train encoder, classifier and semantic layer from the content folder and put them into its index/.

    `corrections` is a file of what agents corrected (`kefu corrections export`), learnt beside the rest.
    All are trained aside and moved in when complete. A wrong label raises ContentError: then nothing is trained.
    """
    library = files.load(content)
    knowledge = content / "knowledge"
    said = corpus.from_corrections(corrections, knowledge, library) if corrections else []
    if corrections:
        say(f"坐席的纠正：{len(said)} 条")
    utterances = corpus.training_utterances(knowledge, library) + said
    texts = corpus.from_library(library) + utterances + conversations.training_turns(knowledge, library)
    with tempfile.TemporaryDirectory(prefix="kefu-build-") as name:
        aside = Path(name)
        say(f"训练编码器：{len(texts)} 条客户消息")
        encoder.build(
            library, [u.text for u in utterances], conversations.answered(knowledge, library), aside / "encoder"
        )
        say("训练分类器")
        trained = train_heads(content, library, texts)
        say("训练检查器的语义层")
        book = load_rules(knowledge / "compliance", knowledge / "taxonomy.yaml")
        weights, layer, count = breaches.train(knowledge, library, book)
        encoder.install(aside / "encoder", content / "index" / "encoder")
        store.save(content / "index" / "classifier", trained, {"texts": len(texts)})
        heads.save(content / "index" / "linter", weights, layer, {"texts": count})
    say(f"完成：{content / 'index'}")


def evaluate(content: Path) -> str:
    """Return docs/evaluation.md's body for the models in the content folder. Raises IndexUnusable without them."""
    library = files.load(content)
    analyst = Analyst(content / "knowledge", library.taxonomy, store.load(content / "index" / "classifier"))
    texts, authors = corpus.evaluation_utterances(content / "knowledge", library)
    trained = int(str(heads.notes(content / "index" / "classifier").get("texts", 0)))
    return evaluation.evaluate(content / "knowledge", library, analyst, texts).markdown(trained, authors)


def evaluate_curve(content: Path) -> str:
    """Return docs/evaluation.md's section on what more messages would still bring; trains for some minutes."""
    library, knowledge = files.load(content), content / "knowledge"
    training = corpus.training_utterances(knowledge, library) + conversations.training_turns(knowledge, library)
    measured, _ = corpus.evaluation_utterances(knowledge, library)
    return slices.curve([*corpus.from_library(library), *training], measured)


def evaluate_linter(content: Path, checker: DraftChecker) -> str:
    """Return docs/evaluation.md's section on the linter."""
    knowledge = content / "knowledge"
    book = load_rules(knowledge / "compliance", knowledge / "taxonomy.yaml")
    authors = drafts.evaluation_authors(knowledge)
    texts = drafts.load(knowledge / "drafts", drafts.rule_ids(book), authors)
    return linting.report({author: linting.judge(group, checker) for author, group in texts.items()}, knowledge)


def evaluate_conversations(content: Path) -> str:
    """Return docs/evaluation.md's section on conversations."""
    library, knowledge = files.load(content), content / "knowledge"
    analyst = Analyst(knowledge, library.taxonomy, store.load(content / "index" / "classifier"))
    authors = conversations.evaluation_authors(knowledge)
    return conversations.report(conversations.load(knowledge / "conversations", library, authors), analyst, authors)


def evaluate_retrieval(content: Path, tokens: Tokens) -> str:
    """Return docs/evaluation.md's section on search."""
    library = files.load(content)
    texts = retrieval.paraphrases(content / "knowledge" / "paraphrases", library.scripts)
    return retrieval.report(texts, library.scripts, tokens, StaticEncoder.load(content / "index" / "encoder"))


def train_heads(content: Path, library: Library, texts: list[Labelled]) -> store.Classifier:
    """Return the classifier trained on the given texts."""
    knowledge, terms = content / "knowledge", library.taxonomy
    emotion = EmotionReader(knowledge / "emotion.yaml", terms)
    cues = messages.cues(knowledge, terms)
    classifier = messages.train(texts, lambda text: emotion.strip(text).text, terms, cues)
    return moves.train(knowledge, library, classifier)
