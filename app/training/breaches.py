"""Learn to recognise breaches of the compliance rules in drafts: the linter's semantic layer."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from app.compliance import semantic
from app.compliance.rules import RuleBook
from app.library.files import Library
from app.text.features import Features, Floats
from app.text.linear import Head, Weights
from app.training import classifiers, drafts
from app.training.classifiers import FOLDS, SEED, Fitted

OWN_STRENGTH, ANY_STRENGTH = 0.5, 10.0  # inverse regularisation of one sub-rule against all, of any breach against none


def train(knowledge: Path, library: Library, book: RuleBook) -> tuple[Weights, dict[str, Head], int]:
    """Return weights and head of the semantic layer, and how many texts they learnt from.

    It learns from the training authors, the rules' own examples and the library's replies, which are right.
    """
    kept = set(drafts.evaluation_authors(knowledge))
    folder = knowledge / "drafts"
    by_author = drafts.load(folder, drafts.rule_ids(book), {p.stem for p in folder.glob("*.yaml")} - kept)
    rows = [(d.text, d.rules, author) for author, group in by_author.items() for d in group]
    for rule in book.rules:
        rows += [(e.text, (rule.rule.rule_id,), rule.rule.id) for e in rule.rule.examples.bad]
        rows += [(e.text, (), rule.rule.id) for e in rule.rule.examples.good]
    rows += [(s.reply, (), s.id) for s in library.scripts.values()]
    views = [(book.denoiser.views(text)[-1].text, next(iter(rules), ""), group) for text, rules, group in rows]
    views = [view for view in views if view[0]]
    texts, labels, groups = zip(*views, *_sentences(views), strict=True)
    features = classifiers.vocabulary(texts)
    head = _detector(features, texts, labels, groups)
    weights, heads = classifiers.joined(features, {"rules": head})
    return weights, heads, len(texts)


def _sentences(views: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the single sentences of (text, rule or "", group): all of what is right, the worst of what is not."""
    texts = [text for text, _, _ in views]
    suspect = _suspect(texts, [bool(rule) for _, rule, _ in views])
    found = []
    for text, rule, group in views:
        parts = [text[start:end] for start, end in semantic.sentences(text)]
        found += [(part, "", group) for part in parts if not rule]
        found += [(max(parts, key=suspect), rule, group)] if parts and rule else []
    return found


def _detector(features: Features, texts: Sequence[str], labels: Sequence[str], groups: Sequence[str]) -> Fitted:
    """Fit an independent head that tells whether a text shows any label ("" shows none), and which.

    A label's score is its own margin, learnt against every other text, plus the margin of any label at all, each over
    its spread on texts not learnt from. Alone, the first has seen too little of a rare label and the second averages
    over unlike ones; together they find 13 points more at the same rate of false alarms (docs/decisions/0013).
    """
    data, targets = classifiers.matrix(features, texts), np.array(labels)
    unseen = [
        (
            targets[test] != "",
            *(part.decision_function(data[test]) for part in _parts(data[train], targets[train])),
        )
        for train, test in GroupKFold(FOLDS).split(data, targets, groups)
    ]
    truth = np.concatenate([shown for shown, _, _ in unseen])
    some = np.concatenate([margin for _, margin, _ in unseen])
    own = np.concatenate([margins[:, 1:].max(axis=1) for _, _, margins in unseen])  # the first label is ""
    spreads = some.std(), own.std()
    level = LogisticRegression().fit((some / spreads[0] + own / spreads[1])[:, None], truth)
    scale, shift = float(level.coef_[0, 0]), float(level.intercept_[0])
    anything, each = _parts(data, targets)
    weights = anything.coef_.T / spreads[0] + each.coef_[1:].T / spreads[1]
    bias = anything.intercept_ / spreads[0] + each.intercept_[1:] / spreads[1] + shift / scale
    names = tuple(str(label) for label in each.classes_[1:])
    return Fitted(names, weights.astype(np.float32), bias.astype(np.float32), scale, independent=True)


def _suspect(texts: Sequence[str], shown: Sequence[bool]) -> Callable[[str], float]:
    """Return what tells how much a text resembles those that show something."""
    features = classifiers.vocabulary(texts)
    some = LogisticRegression(C=ANY_STRENGTH, max_iter=400).fit(classifiers.matrix(features, texts), shown)
    weights = Weights.rounded(features, some.coef_.T.astype(np.float32), some.intercept_.astype(np.float32))
    return lambda text: weights.score(features.read(text), 0)


def _parts(data: csr_matrix, targets: Floats) -> tuple[LogisticRegression, LinearSVC]:
    """Return what tells that there is any label, and what tells each label from all other texts."""
    some = LogisticRegression(C=ANY_STRENGTH, max_iter=400).fit(data, targets != "")
    return some, LinearSVC(C=OWN_STRENGTH, random_state=SEED).fit(data, targets)
