"""Corrections: an agent says what the program read wrong; the models learn it at the next build."""

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from app.feedback.corrections import Correction, Labels
from app.records import Message
from app.requests import CorrectionBody, turns
from app.web import body
from app.web.api.idempotency import KEY_PARAMETER, Once
from app.web.openapi import BODY_PROBLEMS, problems, takes
from app.wiring import Copilot

CORRECTION: TypeAdapter[Correction] = TypeAdapter(Correction)
EXAMPLE = {"message": "三天了还没到账", "types": ["aftersales.refund"]}


def router(copilot: Copilot) -> APIRouter:
    """Return the route of the resource."""
    routes = APIRouter(prefix="/v1/corrections", tags=["纠正"])
    once = Once(copilot.keys)

    @routes.post(
        "",
        summary="说明哪里识别错了，下次训练时学会",
        status_code=201,
        responses={201: {"model": Correction}, **BODY_PROBLEMS, **problems(409)},
        openapi_extra={**takes(CorrectionBody, 类型不对=EXAMPLE), "parameters": [KEY_PARAMETER]},
    )
    async def create(request: Request) -> Response:
        sent = await body.read(request, CorrectionBody)
        message = Message(sent.message, copilot.now(), turns(sent.history))

        def make() -> tuple[int, str]:
            return 201, CORRECTION.dump_json(copilot.correct(message, _said(sent))).decode()

        return await once.answer(request, await request.body(), make)

    return routes


def _said(sent: CorrectionBody) -> Labels:
    return Labels(_each(sent.types), sent.complaint, sent.level, _each(sent.risks))


def _each(labels: list[str] | None) -> tuple[str, ...] | None:
    return None if labels is None else tuple(dict.fromkeys(labels))
