"""Trained linear heads on disk: plain arrays and a manifest, no pickle."""

import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from app import atomic
from app.errors import IndexUnusable
from app.text.features import Features
from app.text.linear import Head, Weights

WEIGHTS = "weights.npz"


def load(folder: Path, names: tuple[str, ...]) -> tuple[Weights, dict[str, Head]]:
    """Return the weights and the named heads. Raises IndexUnusable when a file is missing, torn or does not fit."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["sha256"] != _digest(folder):
            raise ValueError("weights and manifest do not belong together")
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            grams, idf, matrix, scale, bias = (arrays[name] for name in ("vocabulary", "idf", "grams", "scale", "bias"))
        heads = {
            name: Head(tuple(h["labels"]), int(h["first"]), float(h["scale"]), bool(h["independent"]))
            for name in names
            for h in [manifest["heads"][name]]
        }
        if matrix.shape != (len(grams), len(bias)) or len(idf) != len(grams) or len(scale) != len(bias):
            raise ValueError("vocabulary and weights differ in size")
        features = Features(grams, idf)
        if any(head.first + len(head.labels) > len(bias) for head in heads.values()):
            raise ValueError("heads and weights differ in size")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"分类器无法读取：{folder}({error})") from error
    return Weights(features, matrix, scale, bias), heads


def save(folder: Path, weights: Weights, heads: Mapping[str, Head], notes: Mapping[str, object]) -> None:
    """Write the heads; the manifest last, so that a torn set is known by its digest."""
    packed = BytesIO()
    np.savez_compressed(
        packed,
        vocabulary=weights.features.grams,
        idf=weights.features.idf,
        grams=weights.grams,
        scale=weights.scale,
        bias=weights.bias,
    )
    atomic.write(folder / WEIGHTS, packed.getvalue())
    manifest = {
        "sha256": _digest(folder),
        "heads": {
            name: {"labels": list(h.labels), "first": h.first, "scale": h.scale, "independent": h.independent}
            for name, h in heads.items()
        },
        **notes,
    }
    atomic.write(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def notes(folder: Path) -> dict[str, object]:
    """Return the manifest: how the heads were made."""
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
