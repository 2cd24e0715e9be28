"""The trained heads on disk: plain arrays and a manifest, no pickle (index/classifier/)."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.analysis.features import Features
from app.analysis.linear import Head, Scored, Weights
from app.errors import IndexUnusable

HEADS = ("topics", "complaint", "level", "risks", "demands")


@dataclass(frozen=True, slots=True)
class Classifier:
    """The heads over one set of weights."""

    weights: Weights
    topics: Head
    complaint: Head
    level: Head
    risks: Head
    demands: Head

    def read(self, text: str) -> Scored:
        """Return features and raw scores of one cleaned text."""
        return self.weights.read(text)


def load(folder: Path) -> Classifier:
    """Load the heads. Raises IndexUnusable when a file is missing, torn or of another format."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["sha256"] != _digest(folder):
            raise ValueError("weights and manifest do not belong together")
        grams = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            idf, matrix, bias = arrays["idf"].astype(np.float32), arrays["grams"], arrays["bias"].astype(np.float32)
        heads = {
            name: Head(tuple(h["labels"]), int(h["first"]), float(h["scale"]), bool(h["independent"]))
            for name in HEADS
            for h in [manifest["heads"][name]]
        }
        if matrix.shape != (len(grams), len(bias)) or len(idf) != len(grams):
            raise ValueError("vocabulary and weights differ in size")
        if any(head.first + len(head.labels) > len(bias) for head in heads.values()):
            raise ValueError("heads and weights differ in size")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"分类器无法读取：{folder}({error})") from error
    return Classifier(Weights(Features(grams, idf), matrix.astype(np.float16), bias), **heads)


def save(folder: Path, classifier: Classifier, notes: dict[str, object]) -> None:
    """Write the heads; each file is written under a temporary name, synced, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    heads = {name: getattr(classifier, name) for name in HEADS}
    weights = classifier.weights
    temporary = folder / "weights.tmp.npz"
    with temporary.open("wb") as out:
        np.savez_compressed(out, idf=weights.features.idf, grams=weights.grams, bias=weights.bias)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, folder / "weights.npz")
    _write(folder / "vocabulary.json", json.dumps(list(weights.features.grams), ensure_ascii=False))
    manifest = {
        "sha256": _digest(folder),
        "heads": {
            name: {"labels": list(h.labels), "first": h.first, "scale": h.scale, "independent": h.independent}
            for name, h in heads.items()
        },
        **notes,
    }
    _write(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))


def trained_texts(folder: Path) -> int:
    """Return how many texts the stored heads were trained on; 0 when the manifest does not say."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return int(manifest.get("texts", 0))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("weights.npz", "vocabulary.json"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)
