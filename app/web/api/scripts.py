"""The script resource: trainers write, review, publish and retire; every write names the revision it was based on."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.errors import InvalidInput
from app.library.review import Remark
from app.library.schema import Script
from app.library.store import new_id
from app.library.stored import PublishedVersion, StoredScript
from app.requests import Body
from app.web import body, models
from app.web.api.idempotency import Once
from app.web.openapi import BODY_PROBLEMS, problems, takes
from app.wiring import Copilot, TryOut

log = logging.getLogger(__name__)
AUTHOR = "本机用户"  # until accounts exist, whoever can reach this machine
TAKEN = ("counts", "search")  # addresses below /v1/scripts: a script of that id could not be read
SCRIPT_EXAMPLE = {
    "title": "超时未发货，先安抚再给准点",
    "types": ["logistics.delay"],
    "techniques": ["empathy"],
    "stage": "propose",
    "intensity": [2, 3],
    "severity_limit": "important",
    "use_when": "付款已超过页面承诺的发货时间",
    "avoid_when": "仓库已出库只是物流没更新",
    "phrasings": [{"text": "三天了还没发货", "level": 2}],
    "reply": "让您等这么久，换谁都会着急。我已经在催仓库核对{order_id},{deadline}前由我把发货时间或处理办法发给您。",
    "avoid": {"text": "仓库那边的事我也不清楚", "reason": "推给仓库又没有时间"},
    "sources": ["seed:S4-06"],
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; `next` goes into `cursor` of the next request."""

    items: tuple[StoredScript, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many scripts there are; one with two types counts under both."""

    total: int
    types: dict[str, int]
    techniques: dict[str, int]
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class Versions:
    """Published versions, newest first."""

    items: tuple[PublishedVersion, ...]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a trainer should know before saving."""

    items: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Tries:
    """Where the script ranks for each message."""

    items: tuple[TryOut, ...]


STORED: TypeAdapter[StoredScript] = TypeAdapter(StoredScript)
LISTING: TypeAdapter[Listing] = TypeAdapter(Listing)
COUNTS: TypeAdapter[Counts] = TypeAdapter(Counts)
VERSIONS: TypeAdapter[Versions] = TypeAdapter(Versions)
REMARKS: TypeAdapter[Remarks] = TypeAdapter(Remarks)
TRIES: TypeAdapter[Tries] = TypeAdapter(Tries)


def router(copilot: Copilot) -> APIRouter:
    """Return all routes of the resource. The database is slow beside an assist, so each leaves the event loop."""
    routes = APIRouter(prefix="/v1/scripts", tags=["话术库"])
    desk = Desk(copilot)
    _reading(routes, copilot, desk)
    _drafting(routes, copilot, desk)
    _steps(routes, desk)
    return routes


class Desk:
    """What the routes do, in plain blocking Python."""

    def __init__(self, copilot: Copilot) -> None:
        self._copilot, self._store = copilot, copilot.store

    def page(self, query: models.Page) -> Listing:
        """Return one page of the list."""
        items, following = self._store.list(query.cursor, query.limit, query.type, query.technique, query.state)
        return Listing(tuple(items), following)

    def find(self, query: models.Search) -> Listing:
        """Return what matches words or pinyin initials, best first."""
        filters = {"type": query.type, "technique": query.technique, "state": query.state}
        return Listing(tuple(self._copilot.find(query.q, **filters, limit=query.limit)))

    def counts(self) -> Counts:
        """Return the sizes a trainer browses by."""
        everything = self._store.all()
        return Counts(
            len(everything),
            _tally(t for s in everything for t in s.script.types),
            _tally(t for s in everything for t in s.script.techniques),
            _tally(s.state for s in everything),
        )

    def create(self, sent: models.CreateBody) -> StoredScript:
        """Store a new draft; without an id it gets one from its primary type. Raises InvalidInput, Conflict."""
        script = models.script_of(sent.script)
        if script.id in TAKEN:
            raise InvalidInput("这个编号不能用", [("script.id", f"{'、'.join(TAKEN)} 是接口地址，请换一个编号")])
        if "id" not in sent.script:
            script = script.model_copy(update={"id": new_id(script.types)})
        return self._changed(lambda: self._store.create(script, AUTHOR))

    def change(self, ident: str, sent: models.ChangeBody) -> StoredScript:
        """Put the given fields over the present draft."""
        present = self._store.get(ident).script.model_dump(mode="json")
        script = models.script_of({**present, **sent.script})
        return self._changed(lambda: self._store.change(ident, script, sent.revision, AUTHOR))

    def submit(self, ident: str, sent: models.StepBody) -> StoredScript:
        """Hand the draft to review."""
        return self._changed(lambda: self._store.submit(ident, sent.revision, AUTHOR))

    def publish(self, ident: str, sent: models.StepBody) -> StoredScript:
        """Make the draft live, unless the save-time checks find an error in it."""
        current = self._store.get(ident)
        if current.revision == sent.revision:
            self._refuse_errors(current.script)
        return self._changed(lambda: self._store.publish(ident, sent.revision, AUTHOR))

    def retire(self, ident: str, sent: models.StepBody) -> StoredScript:
        """Take the script out of use."""
        return self._changed(lambda: self._store.retire(ident, sent.revision, AUTHOR))

    def rollback(self, ident: str, sent: models.RollbackBody) -> StoredScript:
        """Make an old version the draft."""
        return self._changed(lambda: self._store.rollback(ident, sent.version, sent.revision, AUTHOR))

    def _changed(self, write: Callable[[], StoredScript]) -> StoredScript:
        with models.script_fields():
            stored = write()
        try:
            self._copilot.refresh()  # what was published is suggested from the next message on
        except Exception:  # the change is written: an error now would make the caller write it again
            log.exception("a change of %s is written but not taken in; the next poll does it", stored.id)
        return stored

    def _refuse_errors(self, script: Script) -> None:
        errors = [(f"script.{r.field}", r.message) for r in self._copilot.review(script) if r.kind == "error"]
        if errors:
            raise InvalidInput("保存检查没有通过，不能发布", errors)


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _reading(routes: APIRouter, copilot: Copilot, desk: Desk) -> None:
    @routes.get("", summary="按编号顺序列出", responses={200: {"model": Listing}, **problems(422)})
    async def listing(query: Annotated[models.Page, Query()]) -> Response:
        return body.write(LISTING, await run_in_threadpool(desk.page, query))

    @routes.get("/search", summary="按词或拼音首字母查找", responses={200: {"model": Listing}, **problems(422)})
    async def search(query: Annotated[models.Search, Query()]) -> Response:
        return body.write(LISTING, await run_in_threadpool(desk.find, query))

    @routes.get("/counts", summary="各类型、技巧、状态的数量", responses={200: {"model": Counts}})
    async def counts() -> Response:
        return body.write(COUNTS, await run_in_threadpool(desk.counts))

    @routes.get("/{ident}", summary="一条话术", responses={200: {"model": StoredScript}, **problems(404)})
    async def one(ident: str) -> Response:
        return body.write(STORED, await run_in_threadpool(copilot.store.get, ident))

    @routes.get(
        "/{ident}/versions", summary="已发布的版本，新的在前", responses={200: {"model": Versions}, **problems(404)}
    )
    async def versions(ident: str) -> Response:
        return body.write(VERSIONS, Versions(tuple(await run_in_threadpool(copilot.store.versions, ident))))


def _drafting(routes: APIRouter, copilot: Copilot, desk: Desk) -> None:
    once = Once(copilot.keys)

    @routes.post(
        "",
        summary="新建草稿",
        status_code=201,
        responses={201: {"model": StoredScript}, **BODY_PROBLEMS, **problems(409)},
        openapi_extra=takes(models.CreateBody, 新话术={"script": SCRIPT_EXAMPLE}),
    )
    async def create(request: Request) -> Response:
        sent = await body.read(request, models.CreateBody)

        def make() -> tuple[int, str]:
            return 201, STORED.dump_json(desk.create(sent)).decode()

        return await once.answer(request, await request.body(), make)

    @routes.patch(
        "/{ident}",
        summary="修改草稿",
        responses={200: {"model": StoredScript}, **BODY_PROBLEMS, **problems(404, 409)},
        openapi_extra=takes(models.ChangeBody, 改标题={"revision": 1, "script": {"title": "新标题"}}),
    )
    async def change(ident: str, request: Request) -> Response:
        sent = await body.read(request, models.ChangeBody)
        return body.write(STORED, await run_in_threadpool(desk.change, ident, sent))

    @routes.post(
        "/review",
        summary="保存前的检查",
        responses={200: {"model": Remarks}, **BODY_PROBLEMS},
        openapi_extra=takes(models.ReviewBody, 检查={"script": SCRIPT_EXAMPLE}),
    )
    async def review(request: Request) -> Response:
        sent = await body.read(request, models.ReviewBody)
        return body.write(REMARKS, Remarks(tuple(await run_in_threadpool(copilot.review_fields, sent.script))))

    @routes.post(
        "/try",
        summary="试一试：这条话术在这些消息里排第几",
        responses={200: {"model": Tries}, **BODY_PROBLEMS},
        openapi_extra=takes(models.TryBody, 试用={"script": SCRIPT_EXAMPLE, "messages": ["怎么还不发货"]}),
    )
    async def attempt(request: Request) -> Response:
        sent = await body.read(request, models.TryBody)
        script = models.script_of(sent.script)
        return body.write(TRIES, Tries(tuple(await run_in_threadpool(copilot.try_out, script, sent.messages))))


def _steps(routes: APIRouter, desk: Desk) -> None:
    _step(routes, "submit", "提交审核", models.StepBody, desk.submit)
    _step(routes, "publish", "发布，一秒内生效", models.StepBody, desk.publish)
    _step(routes, "retire", "停用", models.StepBody, desk.retire)
    _step(routes, "rollback", "把旧版本变成草稿", models.RollbackBody, desk.rollback)


S = TypeVar("S", bound=Body)


def _step(routes: APIRouter, name: str, summary: str, model: type[S], act: Callable[[str, S], StoredScript]) -> None:
    example = {"revision": 1, "version": 1} if model is models.RollbackBody else {"revision": 1}

    async def step(ident: str, request: Request) -> Response:
        sent = await body.read(request, model)
        return body.write(STORED, await run_in_threadpool(act, ident, sent))

    routes.add_api_route(
        f"/{{ident}}/{name}",
        step,
        methods=["POST"],
        name=name,
        summary=summary,
        responses={200: {"model": StoredScript}, **BODY_PROBLEMS, **problems(404, 409)},
        openapi_extra=takes(model, 示例=example),
    )
