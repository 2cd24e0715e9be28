"""Judge suggestions blind (knowledge/rubrics/): sheets for readers who must not know which system wrote what, and their
marks as figures. `kefu judge sheets` and `kefu judge report`.

A sheet shows a case, what a good answer must address and must not do, and the replies of all systems, each once, in
random order. A reader writes one line a case, `case-id: 2 0 1 …`: 2 sends as it stands, 1 needs a small edit, 0 is of
no use. The key, which says whose each reply is, lies in a file of its own.
"""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.metrics import cohen_kappa_score

from app import atomic
from app.errors import ContentError, InvalidInput
from app.library.documents import Entry, read
from app.records import Turn
from app.training.evaluation import HEADER, row

SEED = 20261126
KEY = "key.json"
_MARKS = re.compile(r"^\s*([\w-]+)\s*[:：]((?:\s*[012])*)\s*$")


class Case(Entry):
    """A customer message, the turns before it ("C: …", "A: …"), and what a good answer must address and must not do."""

    id: str
    message: str = Field(min_length=1)
    history: tuple[str, ...] = ()
    needs: tuple[str, ...] = Field(min_length=1)
    never: tuple[str, ...] = ()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation before the message."""
        return tuple(Turn("customer" if h.startswith("C") else "agent", h[2:].strip()) for h in self.history)


Systems = Mapping[str, Callable[[Case], Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One reader's marks: per case, one for each reply in the order of the sheet."""

    reader: str
    marks: Mapping[str, tuple[int, ...]]


def cases(folder: Path) -> dict[str, list[Case]]:
    """Return the cases by author. Raises ContentError at the line of an id used twice."""
    found: dict[str, list[Case]] = {}
    seen: set[str] = set()
    for path in sorted(folder.glob("*.yaml")):
        document = read(path)
        found[path.stem] = document.entries("cases", Case)
        for i, case in enumerate(found[path.stem]):
            if case.id in seen:
                raise ContentError(f"编号 {case.id} 重复", path, document.line(("cases", i)), "id")
            seen.add(case.id)
    return found


def write_sheets(by_author: Mapping[str, Sequence[Case]], systems: Systems, out: Path) -> int:
    """Write one sheet per author and the key to `out`; return how many replies are to be judged. Raises OSError."""
    key: dict[str, dict[str, list[int]]] = {}
    replies = 0
    for author, group in by_author.items():
        chance, pages = random.Random(SEED), []
        for case in group:
            said = {name: list(system(case)) for name, system in systems.items()}
            shown = sorted({text for texts in said.values() for text in texts})
            chance.shuffle(shown)
            replies += len(shown)
            key[case.id] = {name: [shown.index(text) for text in texts] for name, texts in said.items()}
            pages.append(_page(case, shown))
        atomic.write(out / f"{author}.txt", "\n".join(pages).encode())
    atomic.write(out / KEY, json.dumps(key, ensure_ascii=False).encode())
    return replies


def _page(case: Case, replies: Sequence[str]) -> str:
    lines = [f"## {case.id}", *(f"   {turn}" for turn in case.history), f"顾客：{case.message}"]
    lines.append("必须回应：" + " / ".join(case.needs) + ("   不得：" + " / ".join(case.never) if case.never else ""))
    return "\n".join([*lines, *(f"  [{i}] {text}" for i, text in enumerate(replies, 1)), ""])


def marks(path: Path, key: Mapping[str, Mapping[str, Sequence[int]]]) -> Judged:
    """Read a reader's marks. Raises InvalidInput naming the line that is no mark, or has too few or too many."""
    found: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        match = _MARKS.match(line)
        expected = 1 + max((i for places in key.get(match[1], {}).values() for i in places), default=-1) if match else 0
        if match is None or match[1] not in key or len(match[2].split()) != expected:
            raise InvalidInput(f"{path.name} 第 {number} 行不是一条评分，或评分个数与题目不符")
        found[match[1]] = tuple(map(int, match[2].split()))
    return Judged(path.stem, found)


def report(folder: Path) -> str:
    """Return the figures for the key and every `marks-*.txt` of a folder. Raises InvalidInput."""
    try:
        key = json.loads((folder / KEY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"没有可用的 {KEY}：{folder}") from error
    readers = [marks(path, key) for path in sorted(folder.glob("marks-*.txt"))]
    judged = {ident: [r.marks[ident] for r in readers if ident in r.marks] for ident in key}
    judged = {ident: found for ident, found in judged.items() if found}
    if not judged:
        raise InvalidInput(f"没有评分：{folder}")
    lines = [f"{len(judged)} cases, {len(readers)} files of marks. {_agreement(judged)}\n\n{HEADER}"]
    for system in next(iter(key.values())):
        for name, count in (("top reply", 1), ("any of three", 3)):
            for what, least in (("usable", 1), ("as it stands", 2)):
                shares = _shares(judged, key, system, count, least)
                target = {1: "≥ 0.80", 3: "≥ 0.92"}[count] if system == "product" and least == 1 else ""
                rows = np.arange(len(shares))
                figure = row(f"{system}: {name} {what}", lambda i, s=shares: float(s[i].mean()), rows, target)  # type: ignore[misc]
                lines.append(figure.line())
    return "".join(lines)


def _shares(
    judged: Mapping[str, Sequence[Sequence[int]]], key: Mapping[str, Any], system: str, count: int, least: int
) -> NDArray[np.float64]:
    """Return per case the share of readers for whom one of the first `count` replies is good enough."""
    return np.array(
        [
            np.mean([any(found[i] >= least for i in key[ident][system][:count]) for found in readers])
            for ident, readers in judged.items()
        ]
    )


def _agreement(judged: Mapping[str, Sequence[Sequence[int]]]) -> str:
    pairs = [pair for readers in judged.values() if len(readers) > 1 for pair in zip(*readers[:2], strict=True)]
    if not pairs:
        return "Nobody read the same case twice."
    one, other = ([mark >= 1 for mark in side] for side in zip(*pairs, strict=True))
    return f"Two readers agree on what is usable with κ {cohen_kappa_score(one, other):.2f} (n = {len(pairs)} replies)."
