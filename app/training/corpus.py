"""The labelled texts everything is trained from: the library's phrasings and knowledge/utterances/."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import ContentError
from app.feedback.corrections import AUTHOR
from app.library.documents import Entry, read
from app.library.files import Library
from app.text.normalise import normalise

# A phrasing is written for a script, and neighbours resemble each other. At full weight topics lose half a point on
# training authors left out in turn (n = 3,900), complaints 0.3 and intensity 0.1 (docs/evaluation.md).
LIBRARY_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Labelled:
    """One customer message with its labels. `group` names what must stay on one side of a split (script or author).

    `weight` is how much it counts in training against a message written as a message.
    """

    text: str
    types: tuple[str, ...]
    complaint: bool | None
    level: int | None
    group: str
    demands: tuple[str, ...] | None = None
    risks: tuple[str, ...] | None = None
    kind: str | None = None
    weight: float = 1.0


class _Correction(Entry):
    """What agents said in the panel (app/feedback/corrections.py): a label nobody spoke of stays open."""

    id: str
    text: str
    types: tuple[str, ...] = ()
    complaint: bool | None = None
    demands: tuple[str, ...] | None = None
    level: int | None = None
    kind: str | None = None
    risks: tuple[str, ...] | None = None
    scenario: str | None = None

    @property
    def says_nothing(self) -> bool:
        return not self.types and (self.complaint, self.demands, self.level, self.risks) == (None,) * 4


class _Utterance(_Correction):
    """A message an author wrote and labelled: every label is given."""

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
        Labelled(normalise(p.text).text, script.types[:1], p.complaint, p.level, script.id, weight=LIBRARY_WEIGHT)
        for script in library.scripts.values()
        for p in script.phrasings
    ]
    for example in library.examples.values():
        found += [Labelled(normalise(p).text, example.types[:1], None, None, example.id) for p in example.phrasings]
    return found


def from_utterances(folder: Path, library: Library, authors: Collection[str] | None = None) -> list[Labelled]:
    """Return the utterances of the given authors (all when None). An unknown label raises ContentError at its line."""
    paths = [p for p in sorted(folder.glob("*.yaml")) if authors is None or p.stem in authors]
    return [text for path in paths for text in _messages(path, library)]


def from_corrections(path: Path, knowledge: Path, library: Library) -> list[Labelled]:
    """Return what agents corrected. Raises ContentError as `from_utterances`; what measures the models is left out."""
    said = list(_messages(path, library))  # a wrong label is told at once, before the larger files are read
    measuring = {text.text for text in evaluation_utterances(knowledge, library)[0]} if said else set()
    return [text for text in said if text.text not in measuring]


def _messages(path: Path, library: Library) -> Iterator[Labelled]:
    document = read(path)
    partial = isinstance(document.data, dict) and document.data.get("author") == AUTHOR
    seen: set[str] = set()
    for i, entry in enumerate(document.entries("utterances", _Correction if partial else _Utterance)):
        text = normalise(entry.text).text
        for problem in _problems(entry, text, seen, library):
            raise ContentError(problem, path, document.line(("utterances", i)), entry.id)
        seen.add(entry.id)
        labels = (entry.types, entry.complaint, entry.level, path.stem, entry.demands, entry.risks, entry.kind)
        yield Labelled(text, *labels)


def training_utterances(knowledge: Path, library: Library) -> list[Labelled]:
    """Return the utterances of every author who is not kept for evaluation (knowledge/split.yaml)."""
    kept = set(read(knowledge / "split.yaml").items("evaluation"))
    folder = knowledge / "utterances"
    return from_utterances(folder, library, {p.stem for p in folder.glob("*.yaml")} - kept)


def evaluation_utterances(knowledge: Path, library: Library) -> tuple[list[Labelled], tuple[str, ...]]:
    """Return the utterances of the authors kept for evaluation, and who they are."""
    authors = tuple(read(knowledge / "split.yaml").items("evaluation"))
    return from_utterances(knowledge / "utterances", library, authors), authors


def _problems(entry: _Correction, text: str, seen: Collection[str], library: Library) -> Iterator[str]:
    if unknown := _unknown(entry, library):
        yield f"词表里没有 {unknown}"
    if not text:
        yield "消息是空的"
    if not entry.types and isinstance(entry, _Utterance):
        yield "没有类型"
    if entry.says_nothing:
        yield "没有任何标注"
    if entry.id in seen:
        yield f"编号 {entry.id} 重复"


def _unknown(entry: _Correction, library: Library) -> str | int | None:
    terms = library.taxonomy
    pairs: Iterable[tuple[str | int | None, Collection[str | int]]] = (
        *((t, terms.types) for t in entry.types),
        *((d, terms.demands) for d in entry.demands or ()),
        *((r, terms.risks) for r in entry.risks or ()),
        (entry.kind, terms.kinds),
        (entry.level, terms.levels),
    )
    return next((value for value, known in pairs if value is not None and value not in known), None)
