"""What the web door refuses, and what every answer carries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.errors import SettingsError
from app.settings import Settings, load
from app.web import application
from app.web.server import configuration, listen, serve
from app.wiring import Copilot
from tests.web_support import HERE, assert_problem, client


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("web")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/static/../application.py", 404),
        ("GET", "/static/%2e%2e/application.py", 404),
        ("GET", "/v1/scripts/none-such", 404),
        ("GET", "/v1/scripts/%00", 404),
        ("GET", "/v1/scripts/..%2f..%2fetc", 404),
        ("GET", "/v1/assist", 405),
        ("DELETE", "/v1/scripts", 405),
        ("GET", "/v1/scripts?limit=0", 422),
        ("GET", "/v1/scripts?state=gone", 422),
        ("GET", "/v1/scripts?colour=red", 422),
        ("GET", "/v1/scripts?cursor=%F0%9F%98%80", 422),
        ("GET", "/v1/scripts/search", 422),
    ],
)
def test_every_refusal_is_a_problem_document(api: TestClient, method: str, path: str, status: int) -> None:
    assert_problem(api.request(method, path), status)


def test_a_body_must_say_it_is_json(api: TestClient) -> None:
    plain = {"content-type": "text/plain"}
    assert_problem(api.post("/v1/assist", content=b'{"message": "a"}', headers=plain), 415, "unsupported_media_type")


@pytest.mark.parametrize("given_id", ["abc-123", "A.b_c:9"])
def test_a_sane_request_id_is_kept(api: TestClient, given_id: str) -> None:
    assert api.get("/livez", headers={"x-request-id": given_id}).headers["x-request-id"] == given_id


@pytest.mark.parametrize("given_id", ["", "a b", "x" * 200, "-a", "a;b"])
def test_another_request_id_is_replaced(api: TestClient, given_id: str) -> None:
    assert api.get("/livez", headers={"x-request-id": given_id}).headers["x-request-id"] != given_id


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "192.168.1.5", "[", "a@b"]
)
def test_only_names_of_this_machine_are_answered(api: TestClient, host: str) -> None:
    assert_problem(api.get("/", headers={"host": host}), 421, "host_not_allowed")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "kefu.localhost"])
def test_names_of_this_machine_are_answered(api: TestClient, host: str) -> None:
    assert api.get("/livez", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": HERE}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://[abc"}, 403),
        ({"origin": "http://[::1]a"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, 403),
    ],
)
def test_pages_of_other_sites_cannot_write(api: TestClient, headers: dict[str, str], status: int) -> None:
    assert api.post("/v1/assist", json={"message": "在吗"}, headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/", "/scripts", "/docs", "/v1/taxonomy", "/static/css/base.css", "/nothing"])
def test_every_answer_carries_the_security_headers(api: TestClient, path: str) -> None:
    headers = api.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/", "/scripts", "/docs"])
def test_every_page_says_that_it_is_open(api: TestClient, path: str) -> None:
    page = api.get(path)
    assert "本机模式：未设账号，任何能访问本机的人都可使用" in page.text
    assert "//" not in page.text.replace("http://www.w3.org", ""), "nothing may come from another host"


def test_it_refuses_to_listen_to_others_without_accounts(copilot: Copilot) -> None:
    class Exposed:
        settings: Settings = load(host="0.0.0.0")

    with pytest.raises(SettingsError, match="账号"):
        application.create(Exposed())  # type: ignore[arg-type]
    assert configuration(object(), copilot.settings).server_header is False


def test_readiness_names_what_is_wrong(tmp_path_factory: pytest.TempPathFactory) -> None:
    copilot = Copilot.open(load(data_dir=tmp_path_factory.mktemp("closed"), port=0))
    client = TestClient(application.create(copilot), base_url=HERE)
    copilot.close()
    assert assert_problem(client.get("/readyz"), 503, "not_ready")["detail"]
    assert client.get("/livez").status_code == 200


def test_a_fault_inside_is_a_problem_document_too(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Copilot, "assist", broken)
    response = api.post("/v1/assist", json={"message": "在吗"})
    assert_problem(response, 500, "internal")
    assert "secret" not in response.text


def test_a_failed_check_never_reads_as_a_pass(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Copilot, "check", broken)
    answer = api.post("/v1/check", json={"text": "在的"}).json()
    assert answer["checked"] is False
    assert answer["verdict"] != "pass"


@pytest.mark.parametrize("bad", [{"host": "0.0.0.0"}, {"host": "192.0.2.1"}, {"log_level": "loud"}])
def test_a_server_that_cannot_start_says_why(tmp_path: Path, bad: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"账号|KEFU_LOG_LEVEL"):
        serve(load(data_dir=tmp_path, **bad))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(SettingsError, match=str(taken.getsockname()[1])):
        serve(load(data_dir=tmp_path, port=taken.getsockname()[1]))
