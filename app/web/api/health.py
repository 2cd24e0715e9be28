"""For whoever runs the service: alive, ready, and figures."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web.errors import HttpProblem, problem
from app.web.metrics import Metrics
from app.web.openapi import problems
from app.wiring import Copilot


def router(copilot: Copilot, metrics: Metrics) -> APIRouter:
    """Return /livez, /readyz and /metrics."""
    routes = APIRouter(tags=["运维"])

    @routes.get("/livez", summary="进程还活着")
    async def alive() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @routes.get("/readyz", summary="可以接收请求", responses=problems(503))
    async def ready(request: Request) -> Response:
        if reasons := await run_in_threadpool(copilot.problems):
            return problem(HttpProblem(503, "not_ready", ";".join(reasons)), request.state.request_id)
        return JSONResponse({"status": "ok", "degraded": copilot.degraded})

    @routes.get("/metrics", summary="Prometheus 指标", response_class=Response)
    async def figures() -> Response:
        return Response(metrics.text(copilot.entries), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
