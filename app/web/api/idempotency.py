"""Idempotency-Key: a creating request that is repeated, because its answer got lost, gets the same answer."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.errors import StorageError
from app.storage.idempotency import IdempotencyKeys
from app.web.body import JSON
from app.web.errors import HttpProblem

MAX_KEY = 255
log = logging.getLogger(__name__)
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "重复的请求得到同一个回答",
    "schema": {"type": "string", "maxLength": MAX_KEY},
}


class Once:
    """Runs a creating request at most once per key.

    One at a time, so that a repetition waits for the first's answer; what another process is answering is a 409.
    """

    def __init__(self, keys: IdempotencyKeys) -> None:
        self._keys = keys
        self._turn = asyncio.Lock()

    async def answer(self, request: Request, raw: bytes, make: Callable[[], tuple[int, str]]) -> Response:
        """Return the answer of `make`, or the remembered one. Raises Conflict when the key came with another body."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return _response(*await run_in_threadpool(make))
        if not 1 <= len(key) <= MAX_KEY:
            raise HttpProblem(400, "bad_idempotency_key", f"Idempotency-Key 应为 1–{MAX_KEY} 个字符")
        scoped, fingerprint = f"{request.method} {request.url.path} {key}", hashlib.sha256(raw).hexdigest()
        async with self._turn:
            return await run_in_threadpool(self._once, scoped, fingerprint, make)

    def _once(self, key: str, fingerprint: str, make: Callable[[], tuple[int, str]]) -> Response:
        if known := self._keys.claim(key, fingerprint):
            return _response(known.status, known.body, replayed=True)
        try:
            status, text = make()
        except Exception:
            with suppress(StorageError):
                self._keys.release(key)
            raise
        try:
            self._keys.keep(key, status, text)
        except StorageError:  # what was made is written: an error now would make the caller make it again
            log.exception("the answer is given but not remembered")
        return _response(status, text)


def _response(status: int, text: str, *, replayed: bool = False) -> Response:
    headers = {"idempotency-replayed": "true"} if replayed else {}
    return Response(text, status_code=status, media_type=JSON, headers=headers)
