"""`kefu serve`: one process that answers on the configured address until it is told to stop."""

import uvicorn

from app.settings import Settings
from app.web import application
from app.web.access import Access
from app.wiring import Copilot

DRAIN_SECONDS = 10


def serve(settings: Settings) -> int:
    """Open the copilot and answer requests; returns the exit status. Raises KefuError when it cannot start."""
    Access(settings)  # refuses an open address before anything is loaded
    server = uvicorn.Server(configuration(application.create(Copilot.open(settings)), settings))
    server.run()
    return 0 if server.started else 1


def configuration(app: object, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's options: our own access log carries request ids, and proxies' headers are not believed."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
