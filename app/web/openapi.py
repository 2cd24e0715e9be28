"""What the routes say about themselves. Bodies are parsed by hand, so their schemas are added here."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

REF = "#/components/schemas/{model}"


class Problem(BaseModel):
    """RFC 9457 problem document. `errors` comes with 422, `versions` with 409."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[dict[str, str]] | None = None
    versions: dict[str, Any] | None = None


PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route for its refusals."""
    named = {
        400: "不是合法的 JSON",
        403: "需要主管，或主管码不对",
        404: "没有找到",
        409: "与现有内容冲突",
        413: "请求体过大",
        415: "不是 JSON",
        422: "内容有误",
        429: "主管码错得太多",
        503: "暂不可用",
    }
    return {status: {"description": named[status], **PROBLEM} for status in statuses}


BODY_PROBLEMS = problems(400, 413, 415, 422)


def takes(model: type[BaseModel], **examples: object) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads `model` itself."""
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {"schema": {"$ref": REF.format(model=model.__name__)}, "examples": shown}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def install(app: FastAPI, bodies: tuple[type[BaseModel], ...]) -> None:
    """Make `app.openapi()` include the schemas of hand-parsed bodies; built once, on the first request."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            models: list[type[BaseModel]] = [*bodies, Problem]
            for model in models:
                schema = model.model_json_schema(ref_template=REF)
                schemas.update(schema.pop("$defs", {}))
                schemas[model.__name__] = schema
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
