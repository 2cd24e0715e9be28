"""What callers send for a message or a draft, checked; used by the API and the command line alike."""

from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.errors import InvalidInput
from app.records import Channel, Context, Draft, Message, Role, Turn

MAX_TEXT = 4_000
MAX_RAW = 8_000  # white space at both ends does not count as text, but reading it costs time
MAX_TURNS = 50
MIN_REASON, MAX_REASON = 2, 500  # letters, so that dots are no reason; characters
_FIELD_MESSAGES = {
    "extra_forbidden": "不认识的字段",
    "unexpected_keyword_argument": "不认识的字段",
    "missing": "必填",
    "string_type": "应为字符串",
    "string_too_short": "不能为空",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "list_type": "应为数组",
    "tuple_type": "应为数组",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "dict_type": "应为对象",
}


class Body(BaseModel):
    """Base of every request body: an unknown field is an error, types are strict, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Ident = Annotated[str, Field(max_length=64)]
B = TypeVar("B", bound=BaseModel)


def _sent(value: str) -> str:
    """Refuse what cannot be a message: nothing but white space, too long, or half a character."""
    if not value.strip():
        raise ValueError("不能为空")
    if len(value) > MAX_RAW:
        raise ValueError(f"连同首尾空白最多 {MAX_RAW} 个字符")
    if len(value.strip()) > MAX_TEXT:
        raise ValueError(f"最多 {MAX_TEXT} 个字符，现在是 {len(value.strip())} 个")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("含有不完整的字符(孤立的代理码位)")
    return value


class TurnBody(Body):
    """An earlier message of the conversation."""

    role: Role
    text: str

    _text = field_validator("text")(_sent)


class ContextBody(Body):
    """What the console knows about customer and order; all optional."""

    customer_name: Annotated[str | None, Field(max_length=60)] = None
    order_id: Annotated[str | None, Field(max_length=60)] = None
    product: Annotated[str | None, Field(max_length=60)] = None
    platform: Annotated[str | None, Field(max_length=40)] = None
    industry: Annotated[str | None, Field(max_length=40)] = None
    carrier: Annotated[str | None, Field(max_length=40)] = None
    compensation: Annotated[str | None, Field(max_length=60)] = None
    vip: bool = False

    @field_validator("*")
    @classmethod
    def _whole(cls, value: object) -> object:
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("含有不完整的字符(孤立的代理码位)")
        return value


class AssistBody(Body):
    """POST /v1/assist."""

    message: str
    history: Annotated[list[TurnBody], Field(max_length=MAX_TURNS)] = []
    context: ContextBody = ContextBody()
    limit: Annotated[int, Field(ge=0, le=3)] = 3

    _message = field_validator("message")(_sent)


class CorrectionBody(Body):
    """POST /v1/corrections: a message as sent for an assist, and what is right; what is left out is not judged."""

    message: str
    history: Annotated[list[TurnBody], Field(max_length=MAX_TURNS)] = []
    types: Annotated[list[Ident] | None, Field(min_length=1, max_length=3)] = None
    complaint: bool | None = None
    level: int | None = None
    risks: Annotated[list[Ident] | None, Field(max_length=20)] = None

    _message = field_validator("message")(_sent)


class CheckBody(Body):
    """POST /v1/check."""

    text: str
    history: Annotated[list[TurnBody], Field(max_length=MAX_TURNS)] = []
    channel: Channel = "im"
    context: ContextBody = ContextBody()

    _text = field_validator("text")(_sent)


class OverrideBody(CheckBody):
    """POST /v1/overrides: a draft with the reason why it goes out against the check's advice."""

    reason: str

    @field_validator("reason")
    @classmethod
    def _said(cls, value: str) -> str:
        reason = _sent(value).strip()
        if len(reason) > MAX_REASON:
            raise ValueError(f"最多 {MAX_REASON} 个字符，现在是 {len(reason)} 个")
        if sum(c.isalnum() for c in reason) < MIN_REASON:
            raise ValueError(f"请写明理由，至少 {MIN_REASON} 个字")
        return reason


def message(body: object, now: datetime) -> Message:
    """Return the message of a parsed JSON object. Raises InvalidInput naming each wrong field."""
    return to_message(parse(AssistBody, body), now)


def draft(body: object, now: datetime) -> Draft:
    """Return the draft of a parsed JSON object. Raises InvalidInput naming each wrong field."""
    return to_draft(parse(CheckBody, body), now)


def to_message(body: AssistBody, now: datetime) -> Message:
    """Return the record for a checked body."""
    return Message(body.message, now, turns(body.history), Context(**body.context.model_dump()), body.limit)


def to_draft(body: CheckBody, now: datetime) -> Draft:
    """Return the record for a checked body."""
    return Draft(body.text, now, turns(body.history), body.channel, Context(**body.context.model_dump()))


def turns(history: list[TurnBody]) -> tuple[Turn, ...]:
    """Return the records for checked turns."""
    return tuple(Turn(t.role, t.text) for t in history)


def parse(model: type[B], body: object) -> B:
    """Validate a parsed JSON value. Raises InvalidInput naming each wrong field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise refused(error) from error


def refused(error: ValidationError) -> InvalidInput:
    """Return the error of ours for pydantic's, with a Chinese sentence per field."""
    fields = [(".".join(str(p) for p in e["loc"]) or "(请求体)", _sentence(dict(e))) for e in error.errors()]
    return InvalidInput("请求里有不能用的字段", fields)


def _sentence(error: dict[str, object]) -> str:
    kind = str(error["type"])
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return _FIELD_MESSAGES.get(kind, str(error["msg"]))
