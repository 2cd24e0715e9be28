"""Train what reads a running talk (app/analysis/moves.py) on the conversations of training authors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MultiLabelBinarizer

from app.analysis.analyst import Analyst
from app.analysis.classifier import Classifier
from app.analysis.conversation import CustomerTurn, situation
from app.analysis.moves import Moves, Spoken, refusal_facts, step_facts
from app.errors import ContentError
from app.library.files import Library
from app.text.features import Features, Floats
from app.text.linear import Head, Weights
from app.text.normalise import normalise
from app.training import conversations
from app.training.classifiers import matrix, vocabulary
from app.training.conversations import LabelledConversation, LabelledTurn

WORDS_SHARE = 1.5  # how much louder the words speak than the facts, chosen on writers left out in turn
STEP_STRENGTH, REFUSAL_STRENGTH = 1.0, 2.0  # inverse regularisation, chosen likewise
FEWEST_STEPS = 3
Labelled = tuple[LabelledTurn, list[CustomerTurn]]  # a customer's turn with its labels, and the turns up to it


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One head: weights of the customer's and the agent's n-grams and of the facts, each (rows, labels)."""

    labels: tuple[str, ...]
    customer: Floats
    agent: Floats
    facts: Floats
    bias: Floats


def train(knowledge: Path, library: Library, classifier: Classifier) -> Classifier:
    """Return the classifier with what reads a running talk. Raises ContentError for too few conversations to learn."""
    folder = knowledge / "conversations"
    talks = conversations.load(folder, library, conversations.training_authors(knowledge))
    turns = [turn for talk in talks for turn in talk.turns if turn.role == "customer"]
    if len({turn.rejects for turn in turns}) < 2 or len({turn.stage for turn in turns}) < FEWEST_STEPS:
        raise ContentError("可学习的会话太少：要有接受也有拒绝方案的客户，至少三个步骤", folder)
    read = _read(talks, Analyst(knowledge, library.taxonomy, classifier))
    later = [(turn, turns[-1]) for turn, turns in read if turns[-1].heard]
    words = _Words.of([turns[-1].spoken for _, turns in read])
    refusals = words.fit(
        [now.spoken for _, now in later],
        [_refusal_facts(now) for _, now in later],
        [str(turn.rejects) for turn, _ in later],
        LogisticRegression(C=REFUSAL_STRENGTH, max_iter=600, class_weight="balanced"),
    )
    blank = replace(refusals.heads, labels=("propose",))  # the step waits for the refusals, which are one of its facts
    classifier = replace(classifier, moves=_joined(words, _Named(refusals.names, blank), refusals))
    read = _read(talks, Analyst(knowledge, library.taxonomy, classifier))
    steps = words.fit(
        [turns[-1].spoken for _, turns in read],
        [list(step_facts(situation(turns))) for _, turns in read],
        [turn.stage or "" for turn, _ in read],
        LogisticRegression(C=STEP_STRENGTH, max_iter=600),
    )
    return replace(classifier, moves=_joined(words, steps, refusals))


def _read(talks: Iterable[LabelledConversation], analyst: Analyst) -> list[Labelled]:
    found: list[Labelled] = []
    for talk in talks:
        turns = analyst.follow([(turn.role, normalise(turn.text)) for turn in talk.turns])
        said = [turn for turn in talk.turns if turn.role == "customer"]
        found += [(turn, turns[: i + 1]) for i, turn in enumerate(said)]
    return found


def _refusal_facts(now: CustomerTurn) -> list[str]:
    return list(refusal_facts(now.said, now.did, now.last, now.reading.emotion.level, now.reading.complaint))


@dataclass(frozen=True, slots=True)
class _Named:
    """A fitted head and the names of its facts, row by row."""

    names: tuple[str, ...]
    heads: _Fitted


@dataclass(frozen=True, slots=True)
class _Words:
    """The n-grams of both sides."""

    customer: Features
    agent: Features

    @classmethod
    def of(cls, spoken: Sequence[Spoken]) -> "_Words":
        return cls(vocabulary([s.customer for s in spoken]), vocabulary([s.agent for s in spoken if s.agent]))

    def fit(
        self, spoken: Sequence[Spoken], facts: Sequence[list[str]], labels: Sequence[str], model: LogisticRegression
    ) -> _Named:
        """Fit one head on turns given by their words and their facts."""
        customer = matrix(self.customer, [s.customer for s in spoken]) * WORDS_SHARE
        agent = matrix(self.agent, [s.agent for s in spoken]) * WORDS_SHARE
        present = MultiLabelBinarizer(sparse_output=True)
        known = csr_matrix(present.fit_transform(facts))
        model.fit(hstack([customer, agent, known]).tocsr(), np.array(labels))
        weights = np.asarray(model.coef_, dtype=np.float32).T
        sizes = np.cumsum([self.customer.size, self.agent.size])
        first, second, third = np.split(weights, sizes)
        two = len(model.classes_) == 2
        heads = _Fitted(
            ("rejects",) if two else tuple(map(str, model.classes_)),
            first * np.float32(WORDS_SHARE),
            second * np.float32(WORDS_SHARE),
            third,
            np.asarray(model.intercept_, dtype=np.float32),
        )
        return _Named(tuple(map(str, present.classes_)), heads)


def _joined(words: _Words, steps: _Named, refusals: _Named) -> Moves:
    """Put both heads side by side; a fact that only one of them learnt from says nothing to the other."""
    names = sorted({*steps.names, *refusals.names})
    rows = []
    for part in (steps, refusals):
        place = {name: i for i, name in enumerate(part.names)}
        none = np.zeros(part.heads.facts.shape[1], dtype=np.float32)
        rows.append([part.heads.facts[place[name]] if name in place else none for name in names])
    facts = {name: np.concatenate([a, b]) for name, a, b in zip(names, *rows, strict=True)}
    both = (steps.heads, refusals.heads)
    bias = np.concatenate([part.bias for part in both])
    return Moves(
        Weights.rounded(words.customer, np.hstack([part.customer for part in both]), bias),
        Weights.rounded(words.agent, np.hstack([part.agent for part in both]), np.zeros_like(bias)),
        facts,
        Head(steps.heads.labels, 0),
        Head(refusals.heads.labels, len(steps.heads.labels), independent=True),
    )
