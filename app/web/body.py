"""Request bodies and response bodies: each is parsed or written once."""

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.web.errors import HttpProblem, invalid

JSON = "application/json"
B = TypeVar("B", bound=BaseModel)


async def read(request: Request, model: type[B]) -> B:
    """Return the body as `model`. Raises 400 for what is no JSON, 413, 415, and InvalidInput naming wrong fields."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON and not (media.startswith("application/") and media.endswith("+json")):
        raise HttpProblem(415, "unsupported_media_type", f"Content-Type 应为 {JSON}")
    return parse(model, await request.body())


def parse(model: type[B], raw: bytes) -> B:
    """Return raw JSON as `model`; errors as `read`."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from error


def write(adapter: TypeAdapter[Any], value: object, status: int = 200) -> Response:
    """Return the record as JSON."""
    return Response(adapter.dump_json(value), status_code=status, media_type=JSON)
