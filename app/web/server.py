"""`kefu serve`: one process that answers on the configured address until it is told to stop."""

import logging
import logging.config
import socket
from copy import deepcopy
from typing import Any

import uvicorn
from uvicorn.config import LOG_LEVELS, LOGGING_CONFIG

from app.errors import SettingsError
from app.settings import Settings
from app.text import literals
from app.web import application
from app.web.access import Access
from app.wiring import Copilot

DRAIN_SECONDS = 10
log = logging.getLogger(__name__)


def serve(settings: Settings) -> int:
    """Open the copilot and answer requests; returns the exit status. Raises KefuError when it cannot start."""
    Access(settings)  # what would refuse to serve is met before anything is loaded
    level = _level(settings)
    with listen(settings.host, settings.port) as listener:
        logging.config.dictConfig(_logging(level))
        copilot = Copilot.open(settings)
        literals.forget()
        copilot.warm()
        server = uvicorn.Server(configuration(application.create(copilot), settings))
        log.info("打开 http://%s:%d", settings.host, listener.getsockname()[1])
        server.run(sockets=[listener])
        return 0 if server.started else 1


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Raises SettingsError naming the address."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise SettingsError(f"无法监听 {host}:{port}，换一个端口试试({error.strerror})") from error


def configuration(app: object, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's options: our own access log carries request ids, and proxies' headers are not believed."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level=_level(settings),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _level(settings: Settings) -> str:
    level = settings.log_level.lower()
    if level not in LOG_LEVELS or level == "trace":
        raise SettingsError(f"KEFU_LOG_LEVEL 应为 critical、error、warning、info 或 debug，不是 {settings.log_level}")
    return level


def _logging(level: str) -> dict[str, Any]:
    """Return uvicorn's logging with ours beside it. Lines carry request ids and routes, never what people wrote."""
    config = deepcopy(LOGGING_CONFIG)
    config["formatters"]["kefu"] = {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    config["handlers"]["kefu"] = {"formatter": "kefu", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    config["loggers"]["app"] = {"handlers": ["kefu"], "level": level.upper()}
    for name in ("uvicorn", "uvicorn.error"):
        config["loggers"][name]["level"] = level.upper()
    return config
