"""Measure search on paraphrases by a writer who has not seen the phrasings: `kefu eval retrieval`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from app.errors import ContentError
from app.library.documents import Entry, read
from app.library.schema import Script
from app.retrieval.keyword import KeywordIndex
from app.retrieval.search import document
from app.retrieval.segment import Query, Segment, terms_of, vectors_of
from app.text.encoder import Encoder
from app.text.normalise import normalise
from app.text.tokens import Tokens
from app.training.evaluation import HEADER, Rows, row

DEPTH = 50
Ranks = NDArray[np.float64]  # reciprocal rank of the right script per text; 0 beyond DEPTH


class Paraphrase(Entry):
    """A customer message and the script that answers it."""

    script: str
    text: str


def paraphrases(folder: Path, scripts: Mapping[str, Script]) -> list[Paraphrase]:
    """Return every paraphrase. Raises ContentError at the line of an unknown script."""
    found: list[Paraphrase] = []
    for path in sorted(folder.glob("*.yaml")):
        document = read(path)
        for i, entry in enumerate(document.entries("paraphrases", Paraphrase)):
            if entry.script not in scripts:
                raise ContentError(f"没有话术 {entry.script}", path, document.line(("paraphrases", i)), "script")
            found.append(entry)
    return found


def report(texts: Sequence[Paraphrase], scripts: Mapping[str, Script], tokens: Tokens, encoder: Encoder) -> str:
    """Return the page's section on search: each way alone, and both fused as the product does."""
    found = _ranks(texts, scripts, tokens, encoder)
    rows = np.arange(len(texts))
    lines = [f"Measured on {date.today()}: {len(texts)} messages, {len(scripts)} scripts.\n\n{HEADER}"]
    for name, ranks in found.items():
        lines.append(row(f"{name}: MRR", _mean(ranks), rows, "").line())
        lines.append(row(f"{name}: right script among the first three", _mean(ranks >= 1 / 3), rows, "").line())
    fused = found["fusion"]
    for name in ("BM25", "character TF-IDF", "encoder"):
        lines.append(row(f"fusion − {name}: MRR", _mean(fused - found[name]), rows, "> 0").line())
    for name in ("BM25", "character TF-IDF"):
        lines.append(row(f"encoder − {name}: MRR", _mean(found["encoder"] - found[name]), rows, "> 0").line())
    return "".join(lines)


def _mean(values: NDArray[Any]) -> Callable[[Rows], float]:
    return lambda i: float(values[i].mean())


class Alone:
    """Each way of searching by itself, over the same scripts; texts come in cleaned, positions of scripts go out."""

    def __init__(self, scripts: Iterable[Script], tokens: Tokens, encoder: Encoder) -> None:
        self.documents = [document(script) for script in scripts]
        self._tokens, self._encoder = tokens, encoder
        self._keyword = KeywordIndex(terms_of(document, tokens) for document in self.documents)
        self._vectors = vectors_of(self.documents, encoder)

    def by_words(self, text: str, k: int = DEPTH) -> list[int]:
        """Return up to `k` scripts by BM25."""
        return list(self._keyword.search(self._tokens.terms(text), k).positions.tolist())

    def by_meaning(self, text: str, k: int = DEPTH) -> list[int]:
        """Return up to `k` scripts by the cosine of their vector."""
        return list(np.argsort(-(self._vectors @ self._encoder.encode([text])[0]), kind="stable")[:k].tolist())


def _ranks(
    texts: Sequence[Paraphrase], scripts: Mapping[str, Script], tokens: Tokens, encoder: Encoder
) -> dict[str, Ranks]:
    ids = list(scripts)
    alone = Alone(scripts.values(), tokens, encoder)
    cleaned = [normalise(p.text).text for p in texts]
    right = [ids.index(p.script) for p in texts]
    segment = Segment.build(lambda: alone.documents, tokens, encoder)
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    phrasings = [normalise(t).text for d in alone.documents for t in d.texts]
    owners = np.array([i for i, d in enumerate(alone.documents) for _ in d.texts])
    known = tfidf.fit_transform(phrasings)
    by_characters = (tfidf.transform(cleaned) @ known.T).toarray()
    vectors = encoder.encode(cleaned)
    queries = [Query(tokens.terms(text), vector) for text, vector in zip(cleaned, vectors, strict=True)]
    orders: dict[str, list[list[int]]] = {
        "BM25": [alone.by_words(text) for text in cleaned],
        "character TF-IDF": [_owners(scores, owners) for scores in by_characters],
        "encoder": [alone.by_meaning(text) for text in cleaned],
        "fusion": [segment.search(q, DEPTH).positions.tolist() for q in queries],
    }
    return {
        name: np.array([1 / (1 + o.index(r)) if r in o else 0.0 for o, r in zip(found, right, strict=True)])
        for name, found in orders.items()
    }


def _owners(scores: NDArray[Any], owners: NDArray[np.int64]) -> list[int]:
    """Return documents by their best phrasing."""
    return list(dict.fromkeys(owners[np.argsort(-scores, kind="stable")].tolist()))[:DEPTH]
