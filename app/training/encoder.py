"""Build the bundled encoder: a static embedding of characters and their pairs, trained on our own texts."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from app.library.files import Library
from app.text import sentence_models
from app.text.encoder import TOKENIZER, WEIGHTS, Vectors, grams
from app.text.normalise import normalise

VOCABULARY = 40_000
DIMENSION = 128
EPOCHS = 3
SEED = 20261123
PAIRS_PER_TEXT = 2
FILES = ("modules.json", "config_sentence_transformers.json", TOKENIZER, WEIGHTS)  # weights last


def build(library: Library, messages: Sequence[str], answered: Sequence[tuple[str, str]], out: Path) -> None:
    """Train and save the encoder. Its first vectors are learnt from the cleaned `messages` as well.

    `answered` are messages with the answer an agent gave in a conversation: pairs like a phrasing and its reply. Pairs
    of messages that share no more than a topic are left out: they pull together what different scripts answer
    (docs/evaluation.md, which also says what each of the other ingredients brings).
    """
    texts = [*(t for _, group in _groups(library) for t in group), *messages]
    texts += [t for script in library.scripts for t in _about(library, script)]
    vocabulary, table = first_vectors(texts, DIMENSION)
    sentence_models.train_static(vocabulary, table, pairs(library, answered), out, epochs=EPOCHS, seed=SEED)


def install(source: Path, target: Path) -> None:
    """Put a trained encoder in place; a torn copy has no weights, never those of another tokenizer. Raises OSError.

    A full disk is met while copying aside, and the old encoder stays.
    """
    target.mkdir(parents=True, exist_ok=True)
    copies = {target / name: target / f"{name}.tmp" for name in FILES}
    for place, aside in copies.items():
        shutil.copyfile(source / place.name, aside)
    (target / WEIGHTS).unlink(missing_ok=True)
    for place, aside in copies.items():
        aside.replace(place)


def first_vectors(texts: Sequence[str], dimension: int) -> tuple[list[str], Vectors]:
    """Return the most frequent grams of cleaned texts and where their vectors start: latent semantic analysis.

    A gram that is in few texts counts more, and grams of the same texts are neighbours, so those that no pair speaks
    of are of use too. Source: Deerwester et al. 1990, "Indexing by Latent Semantic Analysis".
    """
    distinct = sorted(set(texts))
    counter = TfidfVectorizer(analyzer=grams, sublinear_tf=True, max_features=VOCABULARY, min_df=2)
    analysis = TruncatedSVD(dimension, n_iter=3, random_state=SEED).fit(counter.fit_transform(distinct))
    table = analysis.components_.T * counter.idf_[:, None]
    table /= table.std() * dimension**0.5
    return counter.get_feature_names_out().tolist(), np.ascontiguousarray(table, dtype=np.float32)


def pairs(library: Library, answered: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """Return `answered`, and pairs of phrasings of one script and of a phrasing and its title, occasion and reply."""
    chance = random.Random(SEED)
    found: list[tuple[str, str]] = []
    for script, group in _groups(library):
        about = _about(library, script) if script in library.scripts else ()
        for text in group:
            others = [t for t in group if t != text]
            found += [(text, other) for other in chance.sample(others, min(PAIRS_PER_TEXT, len(others)))]
            found += [(text, other) for other in about]
    found += answered
    chance.shuffle(found)
    return [(a, b) for a, b in found if a and b and a != b]


def _about(library: Library, ident: str) -> tuple[str, ...]:
    script = library.scripts[ident]
    return tuple(normalise(text).text for text in (script.title, script.use_when, script.reply))


def _groups(library: Library) -> list[tuple[str, list[str]]]:
    groups = [(s.id, [normalise(p.text).text for p in s.phrasings]) for s in library.scripts.values()]
    return groups + [(e.id, [normalise(p).text for p in e.phrasings]) for e in library.examples.values()]
