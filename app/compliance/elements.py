"""Which of the five parts of a complaint reply a draft holds, and a sentence for each that is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from app.compliance.patterns import Pattern, any_found, joined
from app.library.documents import Entry, read
from app.text.normalise import normalise


class _Element(Entry):
    id: str
    cues: list[str] = Field(min_length=1)
    sentence: str


@dataclass(frozen=True)
class Elements:
    """Cues and ready sentences per element, in the order a reply should follow."""

    cues: Mapping[str, tuple[Pattern, ...]]
    sentences: Mapping[str, str]

    @classmethod
    def load(cls, knowledge: Path) -> "Elements":
        """Read compliance/elements.yaml below `knowledge`. Raises ContentError."""
        folder = knowledge / "compliance"
        words = read(folder / "words.yaml").data["words"]
        entries = read(folder / "elements.yaml").entries("elements", _Element)
        return cls({e.id: joined(e.cues, words) for e in entries}, {e.id: e.sentence for e in entries})

    def found(self, text: str) -> dict[str, bool]:
        """Return, for soothe, cause, solution, follow_up and confirm, whether the draft holds it."""
        raw = normalise(text).text.encode("utf-8", "replace")
        return {name: any_found(patterns, raw) for name, patterns in self.cues.items()}

    def missing(self, text: str) -> dict[str, str]:
        """Return a sentence for each element the draft lacks; {deadline} and {owner} in it are still to be filled."""
        return {name: self.sentences[name] for name, there in self.found(text).items() if not there}
