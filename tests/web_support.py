"""What the tests of the web door share: a client of the real application, a script, and the shape of a refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fastapi.testclient import TestClient

from app.settings import load
from app.web import application
from app.wiring import Copilot

HERE = "http://127.0.0.1:8000"
JSON = {"content-type": "application/json"}
XSS = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}
REPLY = (
    "印花颜色和效果图差这么多,难怪您失望。我把{order_id}的印花批次交给打样间比对,"
    "{deadline}前把比对结果和重印办法发给您,您也可以选择退掉。"
)


class Answer(Protocol):
    """What the tests read of a response, whichever client library made it."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields, names in any case."""

    @property
    def text(self) -> str:
        """The body."""

    def json(self) -> Any:  # noqa: ANN401
        """The body as JSON."""


@contextmanager
def client(data_dir: Path, **options: object) -> Iterator[TestClient]:
    """Yield a client of the product with its data in `data_dir`."""
    copilot = Copilot.open(load(data_dir=data_dir, port=0, **options))
    with TestClient(application.create(copilot), base_url=HERE) as opened:
        yield opened


def script(**changes: object) -> dict[str, Any]:
    """Return the fields of a script nothing is wrong with."""
    return {
        "title": "定制印花色差",
        "types": ["product.mismatch"],
        "techniques": ["empathy"],
        "stage": "propose",
        "intensity": [1, 3],
        "severity_limit": "important",
        "use_when": "定制印花颜色和效果图差得多",
        "avoid_when": "客户只是问怎么定制",
        "phrasings": [{"text": f"定制印花的紫色印成了灰色第{n}次", "level": 2} for n in range(8)],
        "reply": REPLY,
        "avoid": {"text": "屏幕都有色差,正常的", "reason": "把客户的失望说成大惊小怪"},
        "sources": ["seed:S2-51"],
        **changes,
    }


def created(api: TestClient, **changes: object) -> dict[str, Any]:
    """Return a new draft."""
    response = api.post("/v1/scripts", json={"script": script(**changes)})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def assert_problem(response: Answer, status: int, code: str | None = None) -> dict[str, Any]:
    """Return the problem document of a refusal after checking its shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document.keys() >= PROBLEM_FIELDS
    assert document["status"] == status
    assert document["request_id"] == response.headers["x-request-id"]
    assert code is None or document["code"] == code
    return document
