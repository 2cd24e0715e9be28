"""Where the models do well and where not: slices, confusions, belief in the confidence, and the learning curve."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from sklearn.metrics import f1_score

from app.records import Analysis
from app.training import classifiers
from app.training.corpus import Labelled

BINS = 5
WORST = 12  # confusions shown
SHARES = (0.25, 0.5, 0.75, 1.0)
SEED = 20261123
SHORT, LONG = 10, 30  # characters
Read = tuple[Labelled, Analysis]


def sections(texts: Sequence[Labelled], read: Sequence[Analysis]) -> str:
    """Return the page's tables on slices, confusions and calibration."""
    pairs = list(zip(texts, read, strict=True))
    return "\n".join(["", _slices(pairs), _confusions(pairs), _calibration(pairs)])


def _right(pair: Read) -> bool:
    return bool(pair[1].types) and pair[1].types[0].id == pair[0].types[0]


def _slices(pairs: Sequence[Read]) -> str:
    lines = [
        "| slice | n | type right | complaint right | within one level | intensity two levels too low |",
        "|---|---|---|---|---|---|",
    ]
    for name, belongs in _named(pairs):
        rows = [pair for pair in pairs if belongs(pair[0])]
        if rows:
            complaint = np.mean([a.is_complaint == t.complaint for t, a in rows])
            near = np.mean([abs(a.emotion.level - (t.level or 0)) <= 1 for t, a in rows])
            low = np.mean([(t.level or 0) - a.emotion.level >= 2 for t, a in rows])
            right = np.mean([_right(pair) for pair in rows])
            lines.append(f"| {name} | {len(rows)} | {right:.3f} | {complaint:.3f} | {near:.3f} | {low:.3f} |")
    return "\n".join(lines) + "\n"


def _named(pairs: Sequence[Read]) -> Iterator[tuple[str, Callable[[Labelled], bool]]]:
    for author in sorted({text.group for text, _ in pairs}):
        yield author, lambda t, author=author: t.group == author  # type: ignore[misc]
    yield f"≤ {SHORT} characters", lambda t: len(t.text) <= SHORT
    yield f"{SHORT + 1}–{LONG} characters", lambda t: SHORT < len(t.text) <= LONG
    yield f"> {LONG} characters", lambda t: len(t.text) > LONG
    yield "complaints", lambda t: bool(t.complaint)
    yield "no complaints", lambda t: not t.complaint
    yield "several topics", lambda t: len(t.types) > 1
    for kind in ("sarcastic", "threatening", "grateful"):
        yield kind, lambda t, kind=kind: t.kind == kind  # type: ignore[misc]


def _confusions(pairs: Sequence[Read]) -> str:
    seen = Counter((t.types[0], a.types[0].id if a.types else "–") for t, a in pairs if not _right((t, a)))
    lines = ["| labelled | read as | times |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {gold} | {said} | {n} |" for (gold, said), n in seen.most_common(WORST))]) + "\n"


def _calibration(pairs: Sequence[Read]) -> str:
    """Return how often the first topic is right by how sure the product says it is, and the mean gap (ECE)."""
    sure = np.array([a.types[0].confidence if a.types else 0.0 for _, a in pairs])
    right = np.array([_right(pair) for pair in pairs])
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    lines, gap = ["| confidence of the type | n | mean confidence | right |", "|---|---|---|---|"], 0.0
    for place in range(BINS):
        inside = places == place
        if inside.any():
            said, true = float(sure[inside].mean()), float(right[inside].mean())
            gap += abs(said - true) * inside.mean()
            lines.append(f"| {place / BINS:.1f}–{(place + 1) / BINS:.1f} | {inside.sum()} | {said:.3f} | {true:.3f} |")
    return "\n".join(lines) + f"\n\nExpected calibration error {gap:.3f} (n = {len(pairs)}).\n"


def curve(training: Sequence[Labelled], measured: Sequence[Labelled]) -> str:
    """Return what more messages would still bring: topics and complaints learnt from a growing share of the texts."""
    order = np.random.default_rng(SEED).permutation(len(training))
    lines = ["| share of the texts | texts | type, top-1 | is_complaint F1 |", "|---|---|---|---|"]
    for share in SHARES:
        texts = [training[i] for i in order[: round(share * len(training))]]
        topics = _learnt(texts, measured, "topics", lambda t: t.types[0] if t.types else None)
        complaints = _learnt(texts, measured, "complaint", lambda t: None if t.complaint is None else str(t.complaint))
        right = np.mean([said == t.types[0] for said, t in zip(topics, measured, strict=True)])
        f1 = f1_score([t.complaint for t in measured], [said == "True" for said in complaints])
        lines.append(f"| {share:.0%} | {len(texts)} | {right:.3f} | {f1:.3f} |")
    return "\n".join(lines) + "\n"


def _learnt(
    texts: Sequence[Labelled], measured: Sequence[Labelled], name: str, label: Callable[[Labelled], str | None]
) -> list[str]:
    """Return what a head learnt from the texts says of each measured message."""
    rows = [(t, named) for t in texts if (named := label(t)) is not None]
    features = classifiers.vocabulary([t.text for t, _ in rows])
    model = classifiers.model(name).fit(
        classifiers.matrix(features, [t.text for t, _ in rows]),
        [named for _, named in rows],
        sample_weight=np.array([t.weight for t, _ in rows]),
    )
    return [str(said) for said in model.predict(classifiers.matrix(features, [t.text for t in measured]))]
