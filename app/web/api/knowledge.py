"""What ids mean: the taxonomy and the how-to cards of the techniques."""

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response

from app.library.schema import SLOT_NAMES, Technique
from app.library.taxonomy import Taxonomy
from app.records import Source
from app.web import body
from app.wiring import Copilot


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Ids → names, the placeholders a reply may use, and what the keys in `sources` stand for."""

    taxonomy: Taxonomy
    slots: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Techniques:
    """All techniques, in the order of the taxonomy."""

    items: tuple[Technique, ...]


VOCABULARY: TypeAdapter[Vocabulary] = TypeAdapter(Vocabulary)
TECHNIQUES: TypeAdapter[Techniques] = TypeAdapter(Techniques)


def router(copilot: Copilot) -> APIRouter:
    """Return the read-only routes over shipped content, written once: it does not change while the process runs."""
    routes = APIRouter(prefix="/v1", tags=["知识"])
    library = copilot.library
    words = Vocabulary(library.taxonomy, tuple(sorted(SLOT_NAMES)), tuple(library.sources.values()))
    known = [library.techniques[i] for i in library.taxonomy.techniques if i in library.techniques]
    vocabulary, techniques = VOCABULARY.dump_json(words), TECHNIQUES.dump_json(Techniques(tuple(known)))

    @routes.get("/taxonomy", summary="编号与名称", responses={200: {"model": Vocabulary}})
    async def taxonomy() -> Response:
        return Response(vocabulary, media_type=body.JSON)

    @routes.get("/techniques", summary="六种技巧的用法卡", responses={200: {"model": Techniques}})
    async def how_to() -> Response:
        return Response(techniques, media_type=body.JSON)

    return routes
