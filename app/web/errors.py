"""Errors → RFC 9457 problem documents. Every answer that is not a success leaves through here."""

import json
import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app import requests
from app.errors import Conflict, InvalidInput, KefuError, TooManyAttempts

MAX_FIELDS = 20  # a body of ten thousand wrong fields must not become a larger answer
log = logging.getLogger(__name__)

_TITLES: Mapping[int, str] = {
    400: "请求无法解析",
    403: "不允许的请求",
    404: "没有找到",
    405: "不支持这个方法",
    409: "内容已被他人修改",
    413: "请求体过大",
    415: "请求体应为 JSON",
    421: "主机名不被接受",
    422: "请求内容有误",
    429: "尝试过于频繁",
    500: "服务内部错误",
    503: "服务暂不可用",
}
_NAMED: Mapping[str, str] = {"override_not_needed": "不需要说明理由", "supervisor_required": "需要主管放行"}
_CODES: Mapping[int, str] = {404: "not_found", 405: "method_not_allowed", 503: "not_ready"}
_SENTENCES: Mapping[str, str] = {
    "string_too_long": "最多 {max_length} 个字符",
    "string_too_short": "至少 {min_length} 个字符",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "literal_error": "只能是 {expected}",
    "string_pattern_mismatch": "格式不对，应符合 {pattern}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "int_parsing": "应为整数",
    "missing": "必填",
    "extra_forbidden": "不认识的字段",
    "unexpected_keyword_argument": "不认识的字段",
}


class HttpProblem(KefuError):
    """A refusal that only exists on the wire: wrong host, origin, media type, malformed JSON."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


def invalid(error: ValidationError | RequestValidationError) -> KefuError:
    """Return our error for pydantic's: 400 when the body is no JSON at all, else 422 with a sentence per field."""
    rows = list(error.errors()[:MAX_FIELDS])
    if any(row["type"] == "json_invalid" for row in rows):
        return HttpProblem(400, "invalid_json", "请求体不是合法的 UTF-8 JSON")
    if isinstance(error, RequestValidationError):
        known = [(str(row["loc"][-1]), str(row["msg"])) for row in rows]
    else:
        known = list(requests.refused(error).fields[:MAX_FIELDS])
    fields = [(field, _sentence(row, message)) for row, (field, message) in zip(rows, known, strict=True)]
    return InvalidInput("请求里有不能用的字段", fields)


def _sentence(row: Mapping[str, object], known: str) -> str:
    template = _SENTENCES.get(str(row["type"]))
    context = row.get("ctx") or {}
    try:
        return template.format_map(context).replace(" or ", " 或 ") if template else known  # type: ignore[arg-type]
    except KeyError:
        return known


def problem(error: KefuError, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem document of one of our errors."""
    document: dict[str, object] = {
        "type": f"/docs#{error.code}",
        "title": _NAMED.get(error.code) or _TITLES.get(error.status, _TITLES[500]),
        "status": error.status,
        "detail": str(error),
        "code": error.code,
        "request_id": request_id,
    }
    if isinstance(error, InvalidInput) and error.fields:
        document["errors"] = [{"field": field, "message": message} for field, message in error.fields]
    if isinstance(error, Conflict) and error.versions:
        document["versions"] = error.versions
    return Response(
        json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "replace"),
        status_code=error.status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )


def internal(request_id: str) -> Response:
    """Return the answer to a fault of ours; it names nothing from inside."""
    return problem(HttpProblem(500, "internal", "服务内部错误，请带上 request_id 反馈"), request_id)


def install(app: FastAPI) -> None:
    """Turn every exception the routes can raise into a problem document."""

    @app.exception_handler(KefuError)
    async def ours(request: Request, error: KefuError) -> Response:
        if error.status >= 500:
            log.error("request %s failed: %s", request.state.request_id, error)
        headers = {"retry-after": str(error.retry_after)} if isinstance(error, TooManyAttempts) else None
        return problem(error, request.state.request_id, headers)

    @app.exception_handler(RequestValidationError)
    async def parameters(request: Request, error: RequestValidationError) -> Response:
        return problem(invalid(error), request.state.request_id)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "http_error")
        detail = _TITLES.get(error.status_code, str(error.detail))
        found = HttpProblem(error.status_code, code, f"{detail}:{request.method} {request.url.path}")
        return problem(found, request.state.request_id, error.headers)
