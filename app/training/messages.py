"""Train the heads that read a single customer message."""

from collections.abc import Callable, Sequence
from pathlib import Path

from app.analysis.classifier import Classifier
from app.analysis.risks import RiskCues, flags
from app.library.documents import read
from app.library.taxonomy import Taxonomy
from app.training import classifiers, stacking
from app.training.corpus import Labelled
from app.training.stacking import Cues


def cues(knowledge: Path, terms: Taxonomy) -> Cues:
    """Return what the second step reads of risks beside the heads. Raises ContentError."""
    named, labels = RiskCues(knowledge / "risks.yaml", terms), tuple(terms.risks)
    unread = tuple(read(knowledge / "split.yaml").items("cues_unread"))
    return Cues(labels, lambda text: flags(labels, named.find(text).keys()), unread)


def train(texts: Sequence[Labelled], strip: Callable[[str], str], terms: Taxonomy, cues: Cues) -> Classifier:
    """Return the heads trained on all `texts`; `strip` removes degree adverbs before intensity is learnt."""
    features = classifiers.vocabulary([t.text for t in texts])
    topics = [t for t in texts if t.types]
    main = [t.types[0] for t in topics]
    stacked = stacking.train(features, texts, strip, cues)
    weights, heads = classifiers.joined(
        features,
        {
            "topics": classifiers.fit(features, "topics", [t.text for t in topics], main, topics),
            **stacked.heads,
            "demands": classifiers.fit_independent(
                features, "demands", [(t.text, t.demands) for t in texts if t.demands is not None], terms.demands
            ),
        },
    )
    return Classifier(weights, **heads, stack=stacked.over(heads), moves=None)
