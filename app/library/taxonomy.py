"""The product's vocabulary as typed records (knowledge/taxonomy.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import ContentError
from app.library.documents import read


@dataclass(frozen=True, slots=True)
class Grade:
    """A severity level with the clocks it starts; minutes and hours, None where it does not apply."""

    id: str
    name: str
    first_response_min: int | None = None
    second_contact_h: int | None = None
    red_alert_min: int | None = None
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A compliance group: display name, default severity and its sub-rules (id → name)."""

    id: str
    name: str
    severity: str
    rules: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Ids → display names; ids are part of the public API."""

    types: Mapping[str, str]
    demands: Mapping[str, str]
    levels: Mapping[int, str]
    kinds: Mapping[str, str]
    trends: Mapping[str, str]
    risks: Mapping[str, str]
    severity: Mapping[str, Grade]
    techniques: Mapping[str, str]
    stages: Mapping[str, str]
    reply_elements: Mapping[str, str]
    groups: Mapping[str, Group]


def load(path: Path) -> Taxonomy:
    """Read the taxonomy; raises ContentError when a part is missing or misshapen."""
    data: Any = read(path).data
    try:
        return Taxonomy(
            types={k: v["name"] for k, v in data["types"].items()},
            demands=dict(data["demands"]),
            levels={int(k): v["name"] for k, v in data["emotion"]["levels"].items()},
            kinds=dict(data["emotion"]["kinds"]),
            trends=dict(data["emotion"]["trend"]),
            risks=dict(data["risks"]),
            severity={k: _grade(k, v) for k, v in data["severity"].items()},
            techniques={k: v["name"] for k, v in data["techniques"].items()},
            stages=dict(data["stages"]),
            reply_elements=dict(data["reply_elements"]),
            groups={
                k: Group(k, v["name"], v["severity"], dict(v["rules"])) for k, v in data["compliance"]["groups"].items()
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ContentError(f"词表缺少或写错了 {error}", path) from error


def _grade(ident: str, value: Mapping[str, Any]) -> Grade:
    return Grade(
        ident,
        value["name"],
        value.get("first_response_min"),
        value.get("second_contact_h"),
        value.get("red_alert_min"),
        tuple(value.get("departments", ())),
    )
