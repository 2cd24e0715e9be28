"""knowledge/coverage.yaml: what carries each statement of the documents the product was asked for from."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import model_validator

from app.library.documents import Entry, read
from app.library.files import Library
from app.settings import Settings

LATER = "later"
FUNCTION = "function"


class Statement(Entry):
    """A statement with its carriers (`kind:name`), or the reason why it, or a part of it, is not followed."""

    id: str
    by: tuple[str, ...] = ()
    rejected: str | None = None

    @model_validator(mode="after")
    def _carried(self) -> "Statement":
        if not (self.by or self.rejected):
            raise ValueError("需要 by 或 rejected")
        return self


@dataclass(frozen=True, slots=True)
class Coverage:
    """The statements, and which things of each kind exist to carry them."""

    path: Path
    statements: tuple[Statement, ...]
    carriers: Mapping[str, Collection[str]]

    @classmethod
    def load(cls, knowledge: Path, library: Library) -> "Coverage":
        """Read coverage.yaml and what it may point to. Raises ContentError."""
        path = knowledge / "coverage.yaml"
        statements = tuple(read(path).entries("statements", Statement))
        return cls(path, statements, _carriers(knowledge, library))

    @property
    def later(self) -> int:
        """How many carriers are still owed."""
        return sum(carrier.startswith(f"{LATER}:") for s in self.statements for carrier in s.by)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (statement id, what is wrong)."""
        for ident, times in Counter(s.id for s in self.statements).items():
            if times > 1:
                yield ident, "出现了不止一次"
        for statement in self.statements:
            for carrier in statement.by:
                if not self._exists(carrier):
                    yield statement.id, f"承载 {carrier} 不存在"

    def unknown_seeds(self, keys: Iterable[str]) -> list[str]:
        """Return the statement keys (seed:S3-07) that name no statement."""
        known = {f"seed:{s.id}" for s in self.statements}
        return sorted({key for key in keys if key.startswith("seed:S")} - known)

    def _exists(self, carrier: str) -> bool:
        kind, _, name = carrier.partition(":")
        if kind == LATER:
            return name.isdecimal()
        if kind == FUNCTION:
            return name.startswith("app.") and _module(name)
        return name in self.carriers.get(kind, ())


def rules(knowledge: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every compliance rule as written; what it means is for the linter to know."""
    for path in sorted((knowledge / "compliance").rglob("*.yaml")):
        data = read(path).data
        listed = data.get("rules") if isinstance(data, dict) else None
        yield from ((path, rule) for rule in listed or () if isinstance(rule, dict))


def _carriers(knowledge: Path, library: Library) -> dict[str, Collection[str]]:
    return {
        "card": library.cards,
        "technique": library.techniques,
        "example": library.examples,
        "script": library.scripts,
        "rule": {ident for _, rule in rules(knowledge) for ident in _rule_ids(str(rule.get("id")))},
        "stage": _ids(knowledge / "stages.yaml", "stages", "id"),
        "element": _ids(knowledge / "reply_elements.yaml", "elements", "id"),
        "clock": _ids(knowledge / "sla.yaml", "clocks", "key"),
        "setting": Settings.model_fields,
    }


def _rule_ids(ident: str) -> set[str]:
    """DEF-001a is one of several patterns of the sub-rule DEF-001."""
    return {ident, ident[:-1] if ident[-1:].islower() else ident}


def _ids(path: Path, section: str, key: str) -> set[str]:
    return {str(item[key]) for item in read(path).items(section) if isinstance(item, dict) and key in item}


def _module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a package on the way does not exist
        return False
