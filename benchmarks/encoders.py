"""What each ingredient of the encoder brings to search: `python -m benchmarks.encoders [words of a variant's name …]`.

Trains as `kefu build` does, in plain torch. Measured on one reader's paraphrases, alone and fused with BM25 as in the
product: all scripts trained on; a fifth held out, every one asked for among them; one half of the types held out, then
the other. What is held out is out of the vocabulary and the first vectors too, but can be found.
"""

import random
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch.nn import functional

from app.library import documents, files
from app.retrieval.keyword import KeywordIndex
from app.retrieval.search import document
from app.retrieval.segment import Query, Segment, terms_of, vectors_of
from app.retrieval.vectors import VectorIndex
from app.settings import shipped_content
from app.text import concepts
from app.text.concepts import Concepts
from app.text.encoder import Vectors, grams
from app.text.normalise import normalise
from app.text.tokens import Tokens
from app.training import conversations, corpus
from app.training.retrieval import DEPTH, Paraphrase

DIMENSION, EPOCHS, BATCH, RATE, SCALE, SEED = 128, 3, 256, 0.02, 20.0, 20261123
Cut = Callable[[str], Sequence[str]]
Row = tuple[str, ...]  # anchor, positive and, with hard negatives, negative


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe. `negatives` is where hard negatives come from: scripts of the same `type`, or `family` of types."""

    name: str
    tokenizer: str = "characters, pairs"  # each text is cut in every way named
    size: int = 40_000
    analysed: bool = True  # first vectors by latent semantic analysis instead of at random
    phrasings: int = 2
    about: bool = True  # title and occasion
    reply: bool = True
    synonyms: bool = False
    conversations: bool = False
    negatives: str = ""


FULL = Variant("the recipe: characters and pairs")
VARIANTS = (
    Variant("before: unigram pieces, random start, no titles", "pieces", 6_000, False, 3, False),
    Variant("tokenizer: unigram pieces", "pieces", 6_000),
    Variant("tokenizer: characters", "characters"),
    Variant("tokenizer: words", "words"),
    FULL,
    Variant("tokenizer: characters, pairs, words", "characters, pairs, words"),
    Variant("tokenizer: characters, pairs, triples, words", "characters, pairs, triples, words", 60_000),
    replace(FULL, name="without first vectors from LSA", analysed=False),
    replace(FULL, name="without phrasing–phrasing pairs", phrasings=0),
    replace(FULL, name="without phrasing–title, –occasion pairs", about=False),
    replace(FULL, name="without phrasing–reply pairs", reply=False),
    replace(FULL, name="with paraphrase groups", synonyms=True),
    replace(FULL, name="with message–reply pairs of conversations (since then the recipe)", conversations=True),
    replace(FULL, name="with hard negatives of the same type", negatives="type"),
    replace(FULL, name="with hard negatives of a neighbouring type", negatives="family"),
)


class Content:
    """The library, what else is learnt from, and the messages that measure."""

    def __init__(self) -> None:
        library, knowledge = files.load(shipped_content()), shipped_content() / "knowledge"
        self.groups = concepts.checked(documents.read(knowledge / "synonyms.yaml").data["groups"], knowledge)
        self.tokens = Tokens.load(knowledge / "words.txt", Concepts(self.groups))
        self.messages = [u.text for u in corpus.training_utterances(knowledge, library)]
        self.answered = conversations.answered(knowledge, library)
        entries = documents.read(knowledge / "paraphrases" / "reader.yaml").entries("paraphrases", Paraphrase)
        self.asked = [normalise(p.text).text for p in entries]
        scripts = library.scripts.values()
        self.ids = list(library.scripts)
        self.right = [self.ids.index(p.script) for p in entries]
        self.groups_of = {s.id: [normalise(p.text).text for p in s.phrasings] for s in scripts}
        self.about = {s.id: [normalise(t).text for t in (s.title, s.use_when)] for s in scripts}
        self.reply = {s.id: normalise(s.reply).text for s in scripts}
        self.type = {s.id: s.types[0] for s in scripts}
        self.keyword = KeywordIndex(terms_of(document(s), self.tokens) for s in scripts)
        self.queries = [self.tokens.terms(text) for text in self.asked]
        self.documents = [document(s) for s in scripts]

    def cut(self, how: str, texts: Sequence[str], size: int) -> Cut:
        """Return the tokenizer of that name; only unigram pieces are learnt from the texts."""
        if how == "pieces":
            return _pieces(texts, size)
        ways: dict[str, Cut] = {
            "characters": lambda text: [c for c in text if c.isalnum()],
            "pairs": lambda text: [g for g in grams(text) if len(g) == 2],
            "triples": lambda text: [a + b[1] for a, b in pairwise(g for g in grams(text) if len(g) == 2)],
            "words": lambda text: [f"≡{word}" for word in self.tokens.cut(text)],
        }
        return lambda text: [token for name in how.split(", ") for token in ways[name](text)]


def _pieces(texts: Sequence[str], size: int) -> Cut:
    model = Tokenizer(models.Unigram())
    model.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    how: dict[str, Any] = {"special_tokens": ["[UNK]"], "unk_token": "[UNK]", "show_progress": False}
    model.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=size, max_piece_length=5, **how))
    return lambda text: list(model.encode(text).tokens)


def rows(content: Content, variant: Variant, kept: Collection[str], chance: random.Random) -> list[Row]:
    """Return what is trained on: pairs, or triples where the variant has hard negatives."""
    found: list[tuple[str, Row]] = []
    for script in kept:
        for text in content.groups_of[script]:
            others = [t for t in content.groups_of[script] if t != text]
            positives = chance.sample(others, min(variant.phrasings, len(others)))
            positives += content.about[script] * variant.about + [content.reply[script]] * variant.reply
            found += [(script, (text, other)) for other in positives]
    if variant.negatives:
        return _with_negatives(content, variant.negatives, found, chance)
    pairs = [row for _, row in found]
    if variant.synonyms:
        pairs += [(normalise(m).text, normalise(group[0]).text) for group in content.groups for m in group[1:]]
    return pairs + content.answered * variant.conversations


def _with_negatives(content: Content, source: str, found: list[tuple[str, Row]], chance: random.Random) -> list[Row]:
    """Add to each pair a phrasing of another script of its type, or of another type of its family."""
    kept, kind = list(dict.fromkeys(script for script, _ in found)), content.type
    family = {script: kind[script].split(".")[0] for script in kept}
    same = source == "type"
    near = {s: [o for o in kept if family[o] == family[s] and (kind[o] == kind[s]) is same] for s in kept}
    others = {s: [o for o in near[s] if o != s] or [o for o in kept if kind[o] != kind[s]] for s in kept}
    return [(*row, chance.choice(content.groups_of[chance.choice(others[script])])) for script, row in found]


class Model:
    """A tokenizer with a vector for each token."""

    dimension, fingerprint = DIMENSION, ""

    def __init__(self, cut: Cut, variant: Variant, texts: Sequence[str]) -> None:
        counter = TfidfVectorizer(analyzer=cut, sublinear_tf=True, max_features=variant.size, min_df=2)
        counted = counter.fit_transform(sorted(set(texts)))
        table = np.random.default_rng(SEED).normal(size=(counted.shape[1], DIMENSION))
        if variant.analysed:
            analysis = TruncatedSVD(DIMENSION, n_iter=3, random_state=SEED).fit(counted)
            table = analysis.components_.T * counter.idf_[:, None]
        table /= table.std() * DIMENSION**0.5
        self.table = torch.nn.Parameter(torch.from_numpy(table.astype(np.float32)))
        self._cut, self._ids, self._known = cut, dict[str, int](counter.vocabulary_), dict[str, NDArray[np.int64]]()

    def sums(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the sum of the token vectors of every text."""
        for text in texts:
            if text not in self._known:
                self._known[text] = np.array([self._ids[t] for t in self._cut(text) if t in self._ids], dtype=np.int64)
        found = [self._known[text] for text in texts]
        starts = torch.from_numpy(np.cumsum([0, *map(len, found[:-1])]))
        return functional.embedding_bag(torch.from_numpy(np.concatenate(found)), self.table, starts, mode="sum")

    def train(self, texts: list[Row], chance: random.Random) -> None:
        """MultipleNegativesRankingLoss inside MatryoshkaLoss."""
        adam = torch.optim.Adam([self.table], lr=RATE)
        step, steps = 0, EPOCHS * (len(texts) // BATCH)
        for _ in range(EPOCHS):
            chance.shuffle(texts)
            for start in range(0, len(texts) - BATCH + 1, BATCH):
                step += 1
                adam.param_groups[0]["lr"] = RATE * min(step / (0.1 * steps), (1 - step / (steps + 1)) / 0.9)
                columns = list(zip(*texts[start : start + BATCH], strict=True))
                sums = self.sums([text for column in columns for text in column])
                loss = torch.zeros(())
                for width in (DIMENSION, DIMENSION // 2, DIMENSION // 4):
                    unit = SCALE**0.5 * functional.normalize(sums[:, :width], dim=1)
                    loss = loss + functional.cross_entropy(unit[:BATCH] @ unit[BATCH:].T, torch.arange(BATCH))
                adam.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                adam.step()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors."""
        with torch.no_grad():
            return np.asarray(functional.normalize(self.sums(texts), dim=1).numpy(), dtype=np.float32)


def measured(content: Content, variant: Variant, held_out: Collection[str]) -> NDArray[np.float64]:
    """Train without what is held out; return reciprocal ranks per message, alone and fused."""
    chance, kept = random.Random(SEED), [s for s in content.ids if s not in held_out]
    texts = content.messages + [t for s in kept for t in (*content.groups_of[s], *content.about[s], content.reply[s])]
    model = Model(content.cut(variant.tokenizer, texts, variant.size), variant, texts)
    model.train([r for r in rows(content, variant, kept, chance) if all(r)], chance)
    vectors = VectorIndex.build(vectors_of(content.documents, model))
    segment, found = Segment(content.ids, content.keyword, vectors), np.zeros((2, len(content.asked)))
    for i, (terms, vector) in enumerate(zip(content.queries, model.encode(content.asked), strict=True)):
        near, both = vectors.search(vector, DEPTH), segment.search(Query(terms, vector), DEPTH)
        for way, order in enumerate((near.positions.tolist(), both.positions.tolist())):
            found[way, i] = sum(1 / (1 + at) for at, script in enumerate(order) if script == content.right[i])
    return found


def splits(content: Content) -> dict[str, list[set[str]]]:
    """Return what is held out, one training each; a message counts where its script is held out, or everywhere."""
    chance = random.Random(SEED)
    asked = {content.ids[r] for r in content.right}
    fill = chance.sample([s for s in content.ids if s not in asked], len(content.ids) // 5 - len(asked))
    types = chance.sample(kinds := sorted(set(content.type.values())), len(kinds))
    halves = [{s for s in content.ids if content.type[s] in part} for part in (types[::2], types[1::2])]
    return {"nothing": [set()], "scripts": [asked | set(fill)], "types": halves}


def run(wanted: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the report."""
    torch.set_num_threads(1)
    content = Content()
    yield f"{len(content.asked)} messages, {len(content.ids)} scripts; MRR, right script among the first three\n"
    yield "| variant | held out | alone: MRR | first three | fused: MRR | first three | n | s |\n" + "|---" * 8 + "|"
    for variant in (v for v in VARIANTS if not wanted or any(w in v.name for w in wanted)):
        for split, parts in splits(content).items():
            start, total = perf_counter(), np.zeros((2, len(content.asked)))
            for part in parts:
                total += measured(content, variant, part) * [not part or content.ids[r] in part for r in content.right]
            figures = " | ".join(f"{w.mean():.3f} | {(w >= 1 / 3).mean():.3f}" for w in total)
            yield f"| {variant.name} | {split} | {figures} | {len(content.asked)} | {perf_counter() - start:.0f} |"


if __name__ == "__main__":
    for line in run(sys.argv[1:]):
        print(line, flush=True)
