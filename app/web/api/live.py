"""The live moment: POST /v1/assist and POST /v1/check. A few milliseconds of plain Python, called directly.

A long conversation or draft, unread so far, may take hundreds: it is read in a thread, so that the others are answered.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app import requests
from app.records import Assist, Check, Draft, Turn
from app.requests import AssistBody, CheckBody
from app.web import body
from app.web.metrics import Metrics
from app.web.openapi import BODY_PROBLEMS, takes
from app.wiring import Copilot

ASSIST: TypeAdapter[Assist] = TypeAdapter(Assist)
CHECK: TypeAdapter[Check] = TypeAdapter(Check)
UNCHECKED = Check("confirm", (), checked=False)
MESSAGE_EXAMPLE = {
    "message": "三天了还没发货，你们是不是骗子",
    "history": [{"role": "customer", "text": "我的订单什么时候发"}, {"role": "agent", "text": "我帮您看一下"}],
    "context": {"customer_name": "王女士", "order_id": "20261123001", "product": "空气炸锅"},
    "limit": 3,
}
DRAFT_EXAMPLE = {"text": "这是公司规定，我也没办法", "history": [{"role": "customer", "text": "三天了还没发货"}]}
LONG = 1_500  # characters of text and history together
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


def examined(copilot: Copilot, draft: Draft, request_id: str) -> Check:
    """Return the check of a draft; a failed one says so.

    An agent must be told that nothing looked at the draft; an error page in the console would be ignored.
    """
    try:
        return copilot.check(draft)
    except Exception:
        log.exception("request %s: the check failed", request_id)
        return UNCHECKED


async def aside_if_long(text: str, history: Iterable[Turn], work: Callable[[], Answer]) -> Answer:
    """Return what `work` returns, done in a thread where there is much to read."""
    if len(text) + sum(len(turn.text) for turn in history) > LONG:
        return await run_in_threadpool(work)
    return work()


def router(copilot: Copilot, metrics: Metrics) -> APIRouter:
    """Return the two routes an agent's console calls for every message and every pause in typing."""
    routes = APIRouter(prefix="/v1", tags=["实时辅助"])

    @routes.post(
        "/assist",
        summary="客户消息 → 分析、技巧、推荐话术",
        responses={200: {"model": Assist}, **BODY_PROBLEMS},
        openapi_extra=takes(AssistBody, 催发货=MESSAGE_EXAMPLE),
    )
    async def assist(request: Request) -> Response:
        message = requests.to_message(await body.read(request, AssistBody), copilot.now())
        answer = await aside_if_long(message.text, message.history, lambda: copilot.assist(message))
        metrics.assist(answer)
        return body.write(ASSIST, answer)

    @routes.post(
        "/check",
        summary="客服草稿 → 违规处、原因、改写",
        responses={200: {"model": Check}, **BODY_PROBLEMS},
        openapi_extra=takes(CheckBody, 推诿=DRAFT_EXAMPLE),
    )
    async def check(request: Request) -> Response:
        draft = requests.to_draft(await body.read(request, CheckBody), copilot.now())
        ident = request.state.request_id
        answer = await aside_if_long(draft.text, draft.history, lambda: examined(copilot, draft, ident))
        metrics.check(answer)
        return body.write(CHECK, answer)

    return routes
