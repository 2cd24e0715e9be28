"""What an agent says the program read wrong in a message, and the file from which the models learn it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from app.errors import InvalidInput
from app.feedback.keeping import keepable
from app.library import documents
from app.library.taxonomy import Taxonomy
from app.records import Analysis
from app.storage import corrections as rows
from app.storage.database import Database
from app.storage.tables import CorrectionRow, Json, timestamp
from app.text.normalise import normalise

AUTHOR = "corrections"  # training/corpus.py lets a file of this author leave labels open
PERSONA = "said by agents in the panel; a label nobody spoke of is absent"


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of one message: topics (primary first), complaint, intensity 0–4, risks. None: nothing said about it."""

    types: tuple[str, ...] | None = None
    complaint: bool | None = None
    level: int | None = None
    risks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A stored correction: `said` by a person, `was` read by the program; `message` is masked."""

    id: int
    at: str
    message: str
    said: Labels
    was: Labels


@dataclass(frozen=True, slots=True)
class Export:
    """YAML in the shape of knowledge/utterances/, how many messages it holds, and how many topics were left out."""

    text: str
    messages: int
    left_out: int


class Corrections:
    """Remembers what was said; every method is one transaction. Thread-safe."""

    def __init__(
        self, database: Database, terms: Taxonomy, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._terms = terms
        self._clock = clock

    def record(self, message: str, said: Labels, analysis: Analysis) -> Correction:
        """Keep what was said about a message we read as `analysis`. Raises InvalidInput naming each unknown label."""
        if problems := list(self._problems(message, said)):
            raise InvalidInput("请求里有不能用的字段", problems)
        was = _read(analysis)
        row = CorrectionRow(
            at=timestamp(self._clock()),
            message=keepable(message),
            said=_said(said),
            was=_said(was),
            carried=analysis.topic_from_history,
        )
        with self._database.write() as session:
            kept = rows.append(session, row)
            return Correction(kept.id, kept.at, kept.message, said, was)

    def export(self) -> Export:
        """Return every corrected message once, with the last thing said about each label.

        The topic of a message that got it from the turns before is left out: its own words do not show it.
        """
        found: dict[str, Json] = {}
        left_out = 0
        with self._database.read() as session:
            for row in rows.every(session):
                labels = {k: v for k, v in row.said.items() if not (row.carried and k == "types")}
                left_out += len(row.said) - len(labels)
                if labels:
                    entry = found.setdefault(normalise(row.message).text, {"id": f"{AUTHOR}-{row.id:04d}"})
                    entry.update(text=row.message, **labels)
        return Export(_written(found.values()), len(found), left_out)

    def _problems(self, message: str, said: Labels) -> Iterable[tuple[str, str]]:
        known: Mapping[str, Mapping[str, str]] = {"types": self._terms.types, "risks": self._terms.risks}
        for field, terms in known.items():
            for label in getattr(said, field) or ():
                if label not in terms:
                    yield field, f"词表里没有 {label}"
        if said.level is not None and said.level not in self._terms.levels:
            yield "level", f"词表里没有 {said.level}"
        if not _said(said):
            yield "(请求体)", "types、complaint、level、risks 至少给出一项"
        if not normalise(keepable(message)).text:
            yield "message", "没有文字"


def _read(analysis: Analysis) -> Labels:
    return Labels(
        tuple(t.id for t in analysis.types),
        analysis.is_complaint,
        analysis.emotion.level,
        tuple(r.id for r in analysis.risks),
    )


def _said(labels: Labels) -> Json:
    """Return the labels that were spoken of, as plain JSON."""
    return {f.name: _plain(v) for f in fields(Labels) if (v := getattr(labels, f.name)) is not None}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _written(entries: Iterable[Json]) -> str:
    return documents.dump({"author": AUTHOR, "persona": PERSONA}, "utterances", entries)
