"""The pages people see. Only shells: everything from customers and trainers arrives as JSON and is set as text."""

from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.web.access import Access

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
PAGES = {"/": "agent.html", "/scripts": "scripts.html", "/docs": "docs.html"}


def router(access: Access, supervised: bool) -> APIRouter:
    """Return the agent's page, the trainer's page and the API reference; `supervised`: a block can be released."""
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    for path, template in PAGES.items():
        page = environment.get_template(template).render(local=access.local, here=path, supervised=supervised)
        _add(routes, path, page)
    return routes


def _add(routes: APIRouter, path: str, page: str) -> None:
    async def show() -> HTMLResponse:
        return HTMLResponse(page)

    routes.add_api_route(path, show, methods=["GET", "HEAD"])
