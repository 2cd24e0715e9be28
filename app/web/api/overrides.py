"""Overrides: a draft the check advises against goes out with a reason; one it forbids, on a supervisor's word only."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app import requests
from app.feedback.overrides import Override
from app.requests import OverrideBody
from app.web import body, models
from app.web.api.idempotency import KEY_PARAMETER, Once
from app.web.api.live import examined
from app.web.openapi import BODY_PROBLEMS, problems, takes
from app.wiring import Copilot

CODE_HEADER = "Supervisor-Code"
EXAMPLE = {"text": "这是公司规定，我也没办法", "reason": "客户要求看规定的原文"}
CODE_PARAMETER = {
    "name": CODE_HEADER,
    "in": "header",
    "required": False,
    "description": "主管码；放行不得发送的草稿时必填",
    "schema": {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class OverrideListing:
    """One page, newest first; `next` goes into `cursor` of the next request."""

    items: tuple[Override, ...]
    next: str | None = None


OVERRIDE: TypeAdapter[Override] = TypeAdapter(Override)
LISTING: TypeAdapter[OverrideListing] = TypeAdapter(OverrideListing)


def router(copilot: Copilot) -> APIRouter:
    """Return the two routes of the resource."""
    routes = APIRouter(prefix="/v1/overrides", tags=["放行记录"])
    once = Once(copilot.keys)

    @routes.post(
        "",
        summary="说明理由后发送；不得发送的草稿由主管放行",
        status_code=201,
        responses={201: {"model": Override}, **BODY_PROBLEMS, **problems(403, 409, 429)},
        openapi_extra={**takes(OverrideBody, 说明理由=EXAMPLE), "parameters": [CODE_PARAMETER, KEY_PARAMETER]},
    )
    async def create(request: Request) -> Response:
        sent = await body.read(request, OverrideBody)
        draft, code = requests.to_draft(sent, copilot.now()), request.headers.get(CODE_HEADER)

        def make() -> tuple[int, str]:
            # What the page showed is not asked: the draft is checked here, by the rules in force now.
            check = examined(copilot, draft, request.state.request_id)
            made = copilot.overrides.record(draft.text, check, sent.reason, code)
            return 201, OVERRIDE.dump_json(made).decode()

        return await once.answer(request, await request.body(), make)

    @routes.get("", summary="放行记录，新的在前", responses={200: {"model": OverrideListing}, **problems(422)})
    async def listing(query: Annotated[models.Newest, Query()]) -> Response:
        items, following = await run_in_threadpool(copilot.overrides.page, query.before, query.limit)
        return body.write(LISTING, OverrideListing(items, following))

    return routes
