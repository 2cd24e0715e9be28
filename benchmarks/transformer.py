"""Would a small transformer trained from scratch read messages better than the linear heads? Slow: trains both.

The authors in TEST measure, those in TUNE choose; neither are learnt from. The figures of int8 need onnx, onnxscript
and onnxruntime, on which the product does not depend.
"""

import importlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, f1_score
from torch import Tensor, nn

from app.analysis.emotion import EmotionReader
from app.library import files
from app.text.normalise import normalise
from app.training import conversations, corpus, messages
from benchmarks.measure import repeat

TEST, TUNE = {"everyday", "clinic", "xiang", "prairie", "lobby", "delta-night", "office", "voice"}, {"campus", "towns"}
LAYERS, LONGEST, RARE, BATCH, HIDDEN, LEVELS, ROUNDS, SEED = 4, 128, 2, 256, 0.2, 5, 300, 20261126
PAD, MASK, START, UNKNOWN, FIRST = range(5)  # characters are numbered from FIRST on
CONTENT = Path(__file__).parent.parent  # what is trained is kept in its var/transformer
FIGURES = ("top-1", "macro-F1", "complaint", "false", "kappa", "within 1", "risk recall", "risk precision", "risk F1")
Floats = NDArray[np.floating[Any]]


class Config(NamedTuple):
    """Size and training of one transformer."""

    width: int = 192
    dropout: float = 0.1
    decay: float = 0.01
    smoothing: float = 0.05
    buckets: int = 0  # hashed pairs of neighbours, added to the characters
    agree: float = 0.0  # how much two passes under different dropout have to agree (R-Drop, Liang et al. 2021)
    before: int = 30  # epochs of masked characters
    epochs: int = 16


CONFIGS = {
    "plain": Config(),
    "wide": Config(256, 0.2, 0.1, 0.1),
    "pairs": Config(192, 0.2, 0.05, 0.1, 16384),
    "agreeing": Config(192, 0.2, 0.05, 0.1, 16384, 1.0),
    "longer": Config(192, 0.2, 0.05, 0.1, 16384, 1.0, 80, 40),
}


class Data:
    """The labelled texts in three parts, and the unlabelled ones to learn characters from."""

    def __init__(self, content: Path) -> None:
        self.library, self.knowledge = files.load(content), content / "knowledge"
        texts = corpus.training_utterances(self.knowledge, self.library)
        rest = [*corpus.from_library(self.library), *conversations.training_turns(self.knowledge, self.library)]
        self.train = rest + [t for t in texts if t.group not in TEST | TUNE]
        self.tune, self.test = ([t for t in texts if t.group in part] for part in (TUNE, TEST))
        replies = [normalise(s.reply).text for s in self.library.scripts.values()]
        self.learnt, self.measuring = ([t.text for t in part] for part in (self.train, self.tune + self.test))
        self.plain = self.learnt + [r[i : i + LONGEST] for r in replies for i in range(0, len(r), LONGEST)]
        counts = Counter(c for text in self.plain for c in text)
        self.characters = {c: i for i, c in enumerate(sorted(c for c in counts if counts[c] >= RARE), FIRST)}
        self.topics, self.risks = sorted({t.types[0] for t in self.train if t.types}), [*self.library.taxonomy.risks]

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Return the characters' numbers, START before each text, PAD behind."""
        rows = [[START, *(self.characters.get(c, UNKNOWN) for c in text[:LONGEST])] for text in texts]
        return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PAD)

    def gold(self, texts: Sequence[corpus.Labelled]) -> Tensor:
        """Return (texts, 4 + risks): topic, complaint, level, weight, risks; -100 where nothing is said."""
        rows: list[list[float]] = []
        for t in texts:
            said = [self.topics.index(t.types[0]) if t.types else None, t.complaint, t.level]
            risks = [-100 if t.risks is None else r in t.risks for r in self.risks]
            rows.append([*(-100 if label is None else label for label in said), t.weight, *risks])
        return torch.tensor(rows, dtype=torch.float32)


class Reader(nn.Module):
    """Characters in, the raw scores of all labels out: topics, levels, complaint, risks."""

    def __init__(self, config: Config, characters: int, labels: int) -> None:
        super().__init__()
        width, self.buckets = config.width, config.buckets
        self.chars, self.pairs = nn.Embedding(characters, width), nn.Embedding(max(1, self.buckets), width)
        self.places, self.drop = nn.Embedding(LONGEST + 1, width), nn.Dropout(config.dropout)
        for table in (self.chars, self.pairs, self.places):
            nn.init.normal_(table.weight, std=0.05)
        layer = nn.TransformerEncoderLayer(width, width // 32, 4 * width, config.dropout, "gelu", 1e-5, True, True)
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(width), enable_nested_tensor=False)
        self.guess, self.heads = nn.Linear(width, width), nn.Linear(3 * width, labels)

    def encoded(self, ids: Tensor) -> Tensor:
        x = self.chars(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        if self.buckets:
            x = x + self.pairs((ids * 40503 + nn.functional.pad(ids[:, 1:], (0, 1)) * 9973) % self.buckets)
        return torch.as_tensor(self.layers(self.drop(x), src_key_padding_mask=ids == PAD))

    def forward(self, ids: Tensor) -> Tensor:
        x, seen = self.encoded(ids), (ids != PAD)[:, :, None]
        pooled = [x[:, 0], (x * seen).sum(1) / seen.sum(1), x.masked_fill(~seen, -1e4).amax(1)]
        return torch.as_tensor(self.heads(self.drop(torch.cat(pooled, 1))))


def epochs(model: Reader, rows: int, count: int, rate: float, decay: float, step: Callable[[Tensor], Tensor]) -> None:
    """Run `step` (row numbers → loss) over all rows, shuffled, `count` times; the rate rises shortly, then falls."""
    adam = torch.optim.AdamW(model.parameters(), rate, weight_decay=decay, fused=True)
    course = torch.optim.lr_scheduler.OneCycleLR(adam, rate, None, count, -(-rows // BATCH), 0.06, "linear", False)
    for _ in range(count):
        for chosen in torch.split(torch.randperm(rows), BATCH):
            adam.zero_grad()
            torch.autograd.backward(step(chosen.to(model.heads.weight.device)))
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            course.step()


def hide(ids: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Return the texts without columns of padding, and which places to hide: a random share of the characters."""
    ids = ids[:, : int((ids != PAD).sum(1).max())]
    return ids, (torch.rand(ids.shape, device=ids.device) < share) & (ids != PAD) & (ids != START)


def learn(data: Data, config: Config, keep: Path) -> Floats:
    """Pre-train by masked characters, fine-tune on all labels at once; return what is read in TUNE and TEST."""
    torch.manual_seed(SEED)
    torch.set_float32_matmul_precision("high")
    device, ends = "cuda" if torch.cuda.is_available() else "cpu", (len(data.topics), len(data.topics) + LEVELS)
    model = Reader(config, FIRST + len(data.characters), ends[1] + 1 + len(data.risks)).to(device)
    plain, ids, measuring = (data.ids(texts).to(device) for texts in (data.plain, data.learnt, data.measuring))
    gold = data.gold(data.train).to(device)
    chosen = nn.CrossEntropyLoss(reduction="none", label_smoothing=config.smoothing)

    def guess(rows: Tensor) -> Tensor:
        text, hidden = hide(plain[rows], HIDDEN)
        kept = torch.rand(text.shape, device=device) < 0.15  # so that what is not hidden is read with care as well
        encoded = model.encoded(text.masked_fill(hidden & ~kept, MASK))[hidden]
        scores = nn.functional.linear(nn.functional.gelu(model.guess(encoded)), model.chars.weight)
        return nn.functional.cross_entropy(scores, text[hidden])

    def judge(rows: Tensor) -> Tensor:
        rows = rows.repeat(2 if config.agree else 1)
        text, hidden = hide(ids[rows], HIDDEN / 2)
        topic, level, yes = torch.tensor_split(model(text.masked_fill(hidden, MASK)), ends, 1)
        each = chosen(topic, gold[rows, 0].long()) + chosen(level, gold[rows, 2].long())  # -100 counts nothing
        said = torch.cat([gold[rows, 1:2], gold[rows, 4:]], 1)
        lost = nn.functional.binary_cross_entropy_with_logits(yes, said.clamp(min=0), reduction="none") * (said >= 0)
        total: Tensor = ((each + lost.sum(1)) * gold[rows, 3]).sum() / gold[rows, 3].sum()
        if config.agree:
            one, two = nn.functional.log_softmax(topic, 1).chunk(2)
            total = total + config.agree * ((one.exp() - two.exp()) * (one - two)).sum(1).mean() / 2
        return total

    epochs(model, len(plain), config.before, 1e-3, 0.01, guess)
    epochs(model, len(ids), config.epochs, 6e-4, config.decay, judge)
    scores = torch.cat([model.eval()(batch).detach() for batch in torch.split(measuring, BATCH)])
    torch.save(model.cpu(), keep)
    return chances(scores, len(data.topics))


def chances(scores: Tensor, topics: int) -> Floats:
    """Return the probabilities the raw scores stand for, in the same columns."""
    topic, level, yes = torch.tensor_split(scores, (topics, topics + LEVELS), 1)
    return np.asarray(torch.cat([topic.softmax(1), level.softmax(1), yes.sigmoid()], 1).cpu())


def linear(data: Data) -> Floats:
    """Train the heads the program ships and return their probabilities in the columns of `Reader`."""
    strip = EmotionReader(data.knowledge / "emotion.yaml", data.library.taxonomy).strip
    cues = messages.cues(data.knowledge, data.library.taxonomy)
    model = messages.train(data.train, lambda text: strip(text).text, data.library.taxonomy, cues)
    read, bare = ([model.read(edit(t)) for t in data.measuring] for edit in (str, lambda text: strip(text).text))
    topic = np.stack([model.topics.probabilities(t) for t in read])
    shown = [cues.shown(text) for text in data.measuring]
    risk = np.stack([model.stack.risks(t.raw, cued) for t, cued in zip(read, shown, strict=True)])
    level = np.stack([model.stack.levels(t.raw) for t in bare])
    yes = np.array([[model.stack.complains(t.raw)] for t in read])
    return np.hstack([topic, level, yes, risk])


def figures(found: Floats, gold: Floats, cut: float) -> Floats:
    """Return FIGURES as docs/evaluation.md has them; a risk counts from a probability of `cut` on."""
    topic, level, yes = np.split(found, [3 - gold.shape[1] - LEVELS, 3 - gold.shape[1]], axis=1)
    kind, complains, felt, risks = gold[:, 0], gold[:, 1] > 0, gold[:, 2], gold[:, 4:] > 0
    said, complaint, named = topic.argmax(1), yes[:, 0] >= 0.5, yes[:, 1:] >= cut
    read, right = np.rint(level @ np.arange(LEVELS)), (named & risks).sum()
    types = [(kind == said).mean(), f1_score(kind, said, average="macro", zero_division=0)]
    complaints = [f1_score(complains, complaint), complaint[~complains].mean()]
    levels = [cohen_kappa_score(felt, read, weights="quadratic"), (abs(felt - read) <= 1).mean()]
    rates = [right / risks.sum(), right / max(1, named.sum()), 2 * right / (named.sum() + risks.sum())]
    return np.array([*types, *complaints, *levels, *rates])


def timed(data: Data, kept: Path) -> Floats:
    """Print size and latency on one thread; return what the int8 model reads in TEST."""
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    model = torch.load(kept, weights_only=False).eval()
    texts = [data.ids([t.text]) for t in data.test]
    with torch.inference_mode():
        taken = repeat(lambda i: model(texts[i]), 1000)
    print(f"{kept.stem}: {sum(p.numel() for p in model.parameters()):,} parameters, torch {taken}", flush=True)
    runtime, quantization = (importlib.import_module(f"onnxruntime{part}") for part in ("", ".quantization"))
    whole, small = kept.with_suffix(".onnx"), kept.with_suffix(".int8.onnx")
    shapes = {"ids": {1: torch.export.Dim("length", min=2, max=LONGEST + 1)}}
    torch.onnx.export(model, (texts[0],), whole, input_names=["ids"], dynamic_shapes=shapes, dynamo=True, verbose=False)
    quantization.quantize_dynamic(whole, small)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(small, options)
    asked = [{"ids": ids.numpy()} for ids in texts]
    print(f"int8: {small.stat().st_size / 1e6:.1f} MB, {repeat(lambda i: session.run(None, asked[i]), 1000)}")
    scores = [torch.from_numpy(session.run(None, each)[0]) for each in asked]
    return chances(torch.cat(scores), len(data.topics))


def main() -> None:
    """Train what is missing, choose a configuration on TUNE, print the figures on TEST."""
    data = Data(CONTENT)
    (folder := CONTENT / "var" / "transformer").mkdir(parents=True, exist_ok=True)
    for name in ("linear", *CONFIGS):
        if not (folder / f"{name}.npy").exists():
            start = time.perf_counter()
            found = learn(data, CONFIGS[name], folder / f"{name}.pt") if name in CONFIGS else linear(data)
            print(f"{name}: {time.perf_counter() - start:.0f} s; a GPU: {torch.cuda.is_available()}", flush=True)
            np.save(folder / f"{name}.npy", found)
    tune, test = (data.gold(part).numpy() for part in (data.tune, data.test))
    read, n = {name: np.load(folder / f"{name}.npy") for name in ("linear", *CONFIGS)}, len(tune)

    def cut(found: Floats) -> float:
        return max((i / 40 for i in range(2, 39)), key=lambda at: float(figures(found[:n], tune, at)[-1]))

    tuned = {name: figures(found[:n], tune, cut(found)) for name, found in read.items()}
    print(f"{FIGURES}, n = {n}: { {name: found.round(3).tolist() for name, found in tuned.items()} }")
    best = max(CONFIGS, key=lambda name: float(tuned[name][[0, 2, 4, 8]].sum()))
    systems = {"linear": read["linear"], best: read[best], "both": (read["linear"] + read[best]) / 2}
    systems["int8"] = np.concatenate([read[best][:n], timed(data, folder / f"{best}.pt")])
    rows = [np.arange(len(test)), *np.random.default_rng(1).integers(0, len(test), (ROUNDS, len(test)))]
    limits = {name: cut(found) for name, found in systems.items()}
    drawn = {name: np.array([figures(f[n:][i], test[i], limits[name]) for i in rows]) for name, f in systems.items()}
    print(f"n = {len(test)}, risks from {limits}; in brackets the difference from linear, 95 % bootstrap interval")
    for name, found in drawn.items():
        cells = zip(found[0], *np.percentile(found - drawn["linear"], [2.5, 97.5], axis=0), strict=True)
        print(f"| {name} | {' | '.join(f'{x:.3f} ({a:+.3f} to {b:+.3f})' for x, a, b in cells)} |")


if __name__ == "__main__":
    main()
