"""The running service: cold start, memory, /v1/assist and /v1/check with 10,000 scripts, against a trivial POST."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from app.library import files
from app.settings import Settings, load
from app.storage.database import Database
from app.storage.tables import Change, ScriptEntry
from benchmarks import bench_panel, synthetic
from benchmarks.measure import Timing, repeat

SCRIPTS = 10_000
CALLS = 1_000
CLIENTS = 16
SECONDS = 8
STAMP = "2026-11-23T00:00:00.000000Z"
TRIVIAL = """
import sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
class Body(BaseModel):
    message: str
app = FastAPI()
@app.post("/v1/assist")
async def answer(body: Body) -> Body:
    return body
@app.get("/readyz")
async def ready() -> dict[str, str]:
    return {}
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
"""
PROMISE = "我在今天18:00前把结果发给您，您看可以吗"
HEAD = "POST /v1/assist HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
HISTORY = [
    {"role": "customer", "text": "三天了还没发货"},
    {"role": "agent", "text": "抱歉让您久等,我查一下仓库"},
    {"role": "customer", "text": "到底哪天能发"},
    {"role": "agent", "text": "我正在核对,今天18:00前告诉您"},
]


def run() -> list[str]:
    """Return the lines of the report."""
    with tempfile.TemporaryDirectory() as name:
        settings = load(data_dir=Path(name))
        shipped = files.load(settings.content_dir).scripts
        lines = [f"cold start, {len(shipped)} scripts, index on disk: {_cold_starts(settings)}"]
        _fill(settings)
        texts = synthetic.messages(shipped)
        with _served([sys.executable, "-m", "app.cli", "serve"], settings) as (port, process):
            lines.append(f"memory serving {SCRIPTS:,} scripts: {_resident(process.pid):.0f} MB before the load")
            lines.append(f"POST /v1/assist, 1 client: {_one_client(port, '/v1/assist', _messages(texts))}")
            drafts: list[dict[str, object]] = [{"text": f"{t}。{PROMISE}", "history": HISTORY} for t in texts]
            lines.append(f"POST /v1/check, history of 4, 1 client: {_one_client(port, '/v1/check', drafts)}")
            rate = asyncio.run(_closed_loop(port, _messages(texts)))
            lines.append(f"memory after the load: {_resident(process.pid):.0f} MB")
            lines.append(bench_panel.run(f"http://127.0.0.1:{port}/", texts))
        with _served([sys.executable, "-c", TRIVIAL], settings) as (port, _):
            base = asyncio.run(_closed_loop(port, _messages(texts)))
        lines.append(
            f"throughput, {CLIENTS} clients, one worker: {rate:.0f} requests/s; trivial FastAPI POST in the same run "
            f"{base:.0f}/s, ratio {rate / base:.2f}"
        )
        return lines


def _messages(texts: list[str]) -> list[dict[str, object]]:
    return [{"message": text} for text in texts]


def _fill(settings: Settings) -> None:
    """Put synthetic scripts into the database as if they had been published; one transaction, because it is set-up."""
    library = files.load(settings.content_dir).scripts
    database = Database.open(settings.database, settings.data_dir)
    with database.write() as session:
        for script in synthetic.scripts(library, SCRIPTS - len(library)):
            body = script.model_dump(mode="json")
            session.add(
                ScriptEntry(
                    id=script.id,
                    origin="stored",
                    state="published",
                    revision=1,
                    version=1,
                    withdrawn=False,
                    draft=None,
                    published=body,
                    updated_at=STAMP,
                    updated_by="bench",
                )
            )
            session.add(Change(kind="script", key=script.id, at=STAMP))
    database.close()


def _cold_starts(settings: Settings, rounds: int = 3) -> Timing:
    taken = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        with _served([sys.executable, "-m", "app.cli", "serve"], settings):
            taken.append((time.perf_counter() - start) * 1000)
    return Timing.of(taken[1:])  # the first round builds the index


@contextmanager
def _served(command: list[str], settings: Settings) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Start a server on a free loopback port and wait until it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    trivial = "-c" in command
    environment = {
        **os.environ,
        "KEFU_DATA_DIR": str(settings.data_dir),
        "KEFU_LOG_LEVEL": "warning",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen([*command, str(port)] if trivial else [*command, "--port", str(port)], env=environment)
    try:
        _wait(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("the server did not become ready")


def _one_client(port: int, path: str, bodies: list[dict[str, object]]) -> Timing:
    connection = HTTPConnection("127.0.0.1", port)
    payloads = [json.dumps(b, ensure_ascii=False).encode() for b in bodies]

    def call(i: int) -> None:
        connection.request("POST", path, payloads[i % len(payloads)], {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status

    return repeat(call, CALLS)


async def _closed_loop(port: int, bodies: list[dict[str, object]]) -> float:
    """Return requests per second of CLIENTS connections that each send the next request when the answer is in."""
    payloads = [json.dumps(b, ensure_ascii=False).encode() for b in bodies]
    end = time.monotonic() + SECONDS
    counts = await asyncio.gather(*(_client(port, payloads[i:] + payloads[:i], end) for i in range(CLIENTS)))
    return sum(counts) / SECONDS


async def _client(port: int, payloads: list[bytes], end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.monotonic() < end:
        body = payloads[count % len(payloads)]
        head = HEAD.format(port, len(body))
        writer.write(head.encode() + body)
        header = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in header.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
        assert header.startswith(b"HTTP/1.1 200"), header
        count += 1
    writer.close()
    return count


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
