"""What requests to the script resource carry; messages and drafts are in app/requests.py."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from app.errors import InvalidInput
from app.library.schema import Script
from app.requests import MAX_TEXT, Body
from app.web.errors import invalid

State = Literal["draft", "review", "published", "retired"]
Fields = dict[str, JsonValue]
Revision = Annotated[int, Field(ge=0)]

UNFINISHED: Fields = {"id": "new-script", "version": 1}
NUL = "\0"


class CreateBody(Body):
    """POST /v1/scripts. The fields of a script; `id` may be left out and is then made from the primary type."""

    script: Fields


class ChangeBody(Body):
    """PATCH /v1/scripts/{id}. Only the given fields change; `revision` is the one the caller last read."""

    revision: Revision
    script: Fields


class StepBody(Body):
    """submit, publish, retire: the revision the caller last read."""

    revision: Revision


class RollbackBody(Body):
    """The published version to bring back, and the revision the caller last read."""

    revision: Revision
    version: Annotated[int, Field(ge=1)]


class ReviewBody(Body):
    """POST /v1/scripts/review: a script that need not be saved, nor be complete."""

    script: Fields


class TryBody(Body):
    """POST /v1/scripts/try: a script that need not be saved, and customer messages."""

    script: Fields
    messages: Annotated[list[str], Field(min_length=1, max_length=50)]

    @field_validator("messages")
    @classmethod
    def _sendable(cls, value: list[str]) -> list[str]:
        if any(not m.strip() or len(m) > MAX_TEXT for m in value):
            raise ValueError(f"每条消息 1–{MAX_TEXT} 个字符")
        return value


class Page(BaseModel):
    """Query of a list: filters, page size and where the last page ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Annotated[str | None, Field(max_length=64, description="投诉类型编号")] = None
    technique: Annotated[str | None, Field(max_length=64, description="技巧编号")] = None
    state: Annotated[State | None, Field(description="状态")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="上一页的 next")] = None


class Newest(BaseModel):
    """Query of a list that grows at its head: page size and where the last page ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,18}$", description="上一页的 next")] = None

    @property
    def before(self) -> int | None:
        """The number the page ends before; None for the newest page."""
        return None if self.cursor is None else int(self.cursor)


class Search(BaseModel):
    """Query of a search: words or pinyin initials, with the same filters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, Field(min_length=1, max_length=200, description="词或拼音首字母")]
    type: Annotated[str | None, Field(max_length=64)] = None
    technique: Annotated[str | None, Field(max_length=64)] = None
    state: State | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@contextmanager
def script_fields() -> Iterator[None]:
    """Name wrong fields of a script as the caller sent them: `script.<field>`."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(str(error), [(f"script.{field}", message) for field, message in error.fields]) from error


def script_of(fields: Mapping[str, JsonValue]) -> Script:
    """Return the script the fields make. Raises InvalidInput naming each wrong field as `script.<field>`."""
    with script_fields():
        try:
            if NUL in _texts(fields):
                raise InvalidInput("话术里有不能保存的控制字符", [("", "含有空字符 U+0000")])
            return Script.model_validate({**UNFINISHED, **fields})
        except ValidationError as error:
            raise invalid(error) from error


def _texts(value: object) -> str:
    """Return every text in a JSON value, joined; PostgreSQL stores no U+0000, so it is looked for everywhere."""
    if isinstance(value, Mapping):
        return "".join(f"{key}{_texts(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "".join(_texts(item) for item in value)
    return value if isinstance(value, str) else ""
