"""One Copilot → one web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles

from app import __version__
from app.requests import AssistBody, CheckBody, CorrectionBody, OverrideBody
from app.web import errors, models, openapi, pages
from app.web.access import Access
from app.web.api import corrections, health, knowledge, live, overrides, scripts
from app.web.edge import Edge
from app.web.metrics import Metrics
from app.wiring import Copilot

BODIES: tuple[type[BaseModel], ...] = (
    AssistBody,
    CheckBody,
    OverrideBody,
    CorrectionBody,
    models.CreateBody,
    models.ChangeBody,
    models.StepBody,
    models.RollbackBody,
    models.ReviewBody,
    models.TryBody,
)


def create(copilot: Copilot) -> FastAPI:
    """Return the application; it closes the copilot at its end. Raises SettingsError when others could reach it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(copilot.close)

    access, metrics = Access(copilot.settings), Metrics()
    app = FastAPI(
        title="kefu-copilot",
        version=__version__,
        description="客服副驾：读懂客户消息、推荐合规话术、检查草稿",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Edge, access=access, metrics=metrics)
    errors.install(app)
    for routes in (
        live.router(copilot, metrics),
        overrides.router(copilot),
        corrections.router(copilot),
        scripts.router(copilot),
        knowledge.router(copilot),
        health.router(copilot, metrics),
        pages.router(access, copilot.supervised),
    ):
        app.include_router(routes)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    openapi.install(app, BODIES)
    return app
