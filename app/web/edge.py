"""The outermost layer of a request: id, checks, headers, timing, and an answer even when everything inside fails.

Plain ASGI, because Starlette's own middleware base class costs more than an assist does.
"""

import logging
import re
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.access import Access
from app.web.errors import internal, problem
from app.web.metrics import Metrics

SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
log = logging.getLogger(__name__)


class Edge:
    """ASGI middleware; holds no state of a request."""

    def __init__(self, app: ASGIApp, access: Access, metrics: Metrics) -> None:
        self._app, self._access, self._metrics = app, access, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(scope, receive, send, self._access, self._metrics).answer(self._app)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, access: Access, metrics: Metrics) -> None:
        self._scope, self._receive, self._sink = scope, receive, send
        self._access, self._metrics = access, metrics
        self._headers = Headers(scope=scope)
        given = self._headers.get("x-request-id", "")
        self._id = given if SANE_ID.fullmatch(given) else uuid4().hex
        self._status = 0
        scope.setdefault("state", {})["request_id"] = self._id

    async def answer(self, app: ASGIApp) -> None:
        """Run the request through the routes, or refuse it, and record how it went."""
        start = perf_counter()
        try:
            if refused := self._access.refusal(self._scope["method"], self._headers):
                await problem(refused, self._id)(self._scope, self._receive, self._send)
            else:
                await app(self._scope, self._access.limited(self._receive), self._send)
        except ClientDisconnect:
            log.info("request %s: the caller went away", self._id)
        except Exception:
            log.exception("request %s failed", self._id)
            if not self._status:
                await internal(self._id)(self._scope, self._receive, self._send)
        finally:
            self._record(perf_counter() - start)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._id
            headers.update(HEADERS)
            fresh = "no-cache" if self._scope["path"].startswith("/static/") else "no-store"
            headers.setdefault("cache-control", fresh)
        await self._sink(message)

    def _record(self, seconds: float) -> None:
        method = self._scope["method"] if self._scope["method"] in METHODS else "OTHER"
        route = getattr(self._scope.get("route"), "path", None) or "unmatched"
        self._metrics.request(method, route, self._status, seconds)
        log.info("%s %s %d %.1f ms %s", method, route, self._status, seconds * 1000, self._id)
