"""Train the heads that read a single customer message."""

from collections.abc import Callable, Sequence

from app.analysis.classifier import Classifier
from app.library.taxonomy import Taxonomy
from app.training import classifiers, stacking
from app.training.corpus import Labelled


def train(texts: Sequence[Labelled], strip: Callable[[str], str], terms: Taxonomy) -> Classifier:
    """Return the heads trained on all `texts`; `strip` removes degree adverbs before intensity is learnt."""
    features = classifiers.vocabulary([t.text for t in texts])
    topics = [t for t in texts if t.types]
    main = [t.types[0] for t in topics]
    stacked = stacking.train(features, texts, strip)
    weights, heads = classifiers.joined(
        features,
        {
            "topics": classifiers.fit(features, "topics", [t.text for t in topics], main, topics),
            **stacked.heads,
            "risks": classifiers.fit_independent(
                features, "risks", [(t.text, t.risks) for t in texts if t.risks is not None], terms.risks
            ),
            "demands": classifiers.fit_independent(
                features, "demands", [(t.text, t.demands) for t in texts if t.demands is not None], terms.demands
            ),
        },
    )
    return Classifier(weights, **heads, stack=stacked.over(heads), moves=None)
