"""The trained heads on disk: plain arrays and a manifest, no pickle (index/classifier/)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.analysis.features import Features
from app.analysis.linear import Head
from app.errors import IndexUnusable
from app.text.encoder import Encoder

HEADS = ("topics", "complaint", "level", "risks", "demands")


@dataclass(frozen=True, slots=True)
class Classifier:
    """The heads over one feature space. `encoder_used` is False when the encoder they were trained with is absent."""

    features: Features
    topics: Head
    complaint: Head
    level: Head
    risks: Head
    demands: Head
    encoder_used: bool


def load(folder: Path, encoder: Encoder | None) -> Classifier:
    """Load the heads. An encoder other than the one they were trained with is ignored. Raises IndexUnusable."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        grams = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            weights = {name: arrays[name].astype(np.float32) for name in arrays.files}
        matches = encoder is not None and encoder.fingerprint == manifest["encoder"]
        features = Features(grams, weights["idf"], encoder if matches else None)
        if len(grams) != len(weights["idf"]):
            raise ValueError("vocabulary and weights differ in length")
        heads = {
            name: Head(
                tuple(manifest["heads"][name]["labels"]),
                weights[f"{name}_grams"],
                weights[f"{name}_dense"] if matches else weights[f"{name}_dense"][:0],
                weights[f"{name}_bias"],
                float(manifest["heads"][name]["scale"]),
                bool(manifest["heads"][name]["independent"]),
            )
            for name in HEADS
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"分类器无法读取：{folder}({error})") from error
    return Classifier(features=features, encoder_used=matches, **heads)


def save(folder: Path, classifier: Classifier, notes: dict[str, object]) -> None:
    """Write the heads; each file is written under a temporary name, synced, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    heads = {name: getattr(classifier, name) for name in HEADS}
    arrays = {"idf": classifier.features.idf.astype(np.float32)}
    for name, head in heads.items():
        arrays[f"{name}_grams"] = head.grams.astype(np.float16)
        arrays[f"{name}_dense"] = head.dense.astype(np.float32)
        arrays[f"{name}_bias"] = head.bias.astype(np.float32)
    encoder = classifier.features.encoder
    manifest = {
        "encoder": encoder.fingerprint if encoder else None,
        "heads": {
            name: {"labels": list(head.labels), "scale": head.scale, "independent": head.independent}
            for name, head in heads.items()
        },
        **notes,
    }
    temporary = folder / "weights.tmp.npz"
    np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
    os.replace(temporary, folder / "weights.npz")
    _write(folder / "vocabulary.json", json.dumps(list(classifier.features.grams), ensure_ascii=False))
    _write(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))


def trained_texts(folder: Path) -> int:
    """Return how many texts the stored heads were trained on; 0 when the manifest does not say."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return int(manifest.get("texts", 0))


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)
