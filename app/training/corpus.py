"""The labelled texts everything is trained from: the library's phrasings and knowledge/utterances/."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import ContentError
from app.library.documents import Entry, read
from app.library.files import Library
from app.text.normalise import normalise


@dataclass(frozen=True, slots=True)
class Labelled:
    """One customer message with its labels. `group` names what must stay on one side of a split (script or author)."""

    text: str
    types: tuple[str, ...]
    complaint: bool | None
    level: int | None
    group: str
    demands: tuple[str, ...] | None = None
    risks: tuple[str, ...] | None = None
    kind: str | None = None


class _Utterance(Entry):
    id: str
    text: str
    types: tuple[str, ...]
    complaint: bool
    demands: tuple[str, ...]
    level: int
    kind: str
    risks: tuple[str, ...]
    scenario: str


def from_library(library: Library) -> list[Labelled]:
    """Return every phrasing of every script and 315 example."""
    found = [
        Labelled(normalise(p.text).text, script.types[:1], p.complaint, p.level, script.id)
        for script in library.scripts.values()
        for p in script.phrasings
    ]
    for example in library.examples.values():
        found += [Labelled(normalise(p).text, example.types[:1], None, None, example.id) for p in example.phrasings]
    return found


def from_utterances(folder: Path, library: Library, authors: Collection[str] | None = None) -> list[Labelled]:
    """Return the utterances of the given authors (all when None). An unknown label raises ContentError at its line."""
    found: list[Labelled] = []
    for path in sorted(folder.glob("*.yaml")):
        if authors is not None and path.stem not in authors:
            continue
        document = read(path)
        seen: set[str] = set()
        for i, entry in enumerate(document.entries("utterances", _Utterance)):
            text = normalise(entry.text).text
            for problem in _problems(entry, text, seen, library):
                raise ContentError(problem, path, document.line(("utterances", i)), entry.id)
            seen.add(entry.id)
            labels = (entry.types, entry.complaint, entry.level, path.stem, entry.demands, entry.risks, entry.kind)
            found.append(Labelled(text, *labels))
    return found


def training_utterances(knowledge: Path, library: Library) -> list[Labelled]:
    """Return the utterances of every author who is not kept for evaluation (knowledge/split.yaml)."""
    kept = set(read(knowledge / "split.yaml").items("evaluation"))
    folder = knowledge / "utterances"
    return from_utterances(folder, library, {p.stem for p in folder.glob("*.yaml")} - kept)


def evaluation_utterances(knowledge: Path, library: Library) -> tuple[list[Labelled], tuple[str, ...]]:
    """Return the utterances of the authors kept for evaluation, and who they are."""
    authors = tuple(read(knowledge / "split.yaml").items("evaluation"))
    return from_utterances(knowledge / "utterances", library, authors), authors


def _problems(entry: _Utterance, text: str, seen: Collection[str], library: Library) -> Iterator[str]:
    if unknown := _unknown(entry, library):
        yield f"词表里没有 {unknown}"
    if not text:
        yield "消息是空的"
    if not entry.types:
        yield "没有类型"
    if entry.id in seen:
        yield f"编号 {entry.id} 重复"


def _unknown(entry: _Utterance, library: Library) -> str | None:
    terms = library.taxonomy
    pairs: Iterable[tuple[str, Collection[str]]] = (
        *((t, terms.types) for t in entry.types),
        *((d, terms.demands) for d in entry.demands),
        *((r, terms.risks) for r in entry.risks),
        (entry.kind, terms.kinds),
    )
    return next((value for value, known in pairs if value not in known), None)
