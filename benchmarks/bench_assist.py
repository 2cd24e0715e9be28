"""In-process assist at 1,000, 10,000 and 100,000 scripts: how it grows, and where the time goes."""

import gc
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from app import parts
from app.library import files
from app.records import Message
from app.settings import load
from benchmarks import synthetic
from benchmarks.measure import Timing, repeat

SIZES = (1_000, 10_000, 100_000)
CALLS = 2_000


def run(sizes: tuple[int, ...] = SIZES) -> list[str]:
    """Return the lines of the report."""
    lines, timings = [], {}
    for size in sizes:
        timings[size], stages = _measure(size)
        detail = ", ".join(f"{name} {value:.2f}" for name, value in stages.items())
        lines.append(f"assist in process, {size:,} scripts: {timings[size]}; median ms by stage: {detail}")
    if len(sizes) > 1:
        ratio = timings[sizes[-1]].median / timings[sizes[-2]].median
        lines.append(f"growth {sizes[-2]:,} → {sizes[-1]:,}: ×{ratio:.2f} (target ≤ ×2.5)")
    return lines


def _measure(size: int) -> tuple[Timing, dict[str, float]]:
    with tempfile.TemporaryDirectory() as name:
        settings = load(data_dir=Path(name))
        library = files.load(settings.content_dir)
        loaded = parts.load(settings, library)
        extra = {s.id: s for s in synthetic.scripts(library.scripts, size - len(library.scripts))}
        loaded.pipeline.search = loaded.pipeline.search.with_changes(extra)
        gc.collect()
        gc.freeze()  # as the service does once it has opened
        texts = synthetic.messages(library.scripts)
        now = parts.now(settings)
        stages: dict[str, list[float]] = defaultdict(list)

        def call(i: int) -> None:
            answer = loaded.pipeline.assist(Message(texts[i % len(texts)] + "。" * (i // len(texts)), now))
            for stage, value in answer.timing_ms.items():
                stages[stage].append(value)

        timing = repeat(call, CALLS)
        return timing, {stage: median(values) for stage, values in stages.items()}
