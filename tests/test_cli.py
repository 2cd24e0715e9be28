"""The command line from outside: real processes, real files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def _kefu(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**ENVIRONMENT, "KEFU_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_assist_prints_what_an_agent_needs(tmp_path: Path) -> None:
    done = _kefu(tmp_path, "assist", "三天了还没发货，你们是不是骗子")
    assert done.returncode == 0, done.stderr
    assert "发货与配送延迟" in done.stdout
    assert "移情法" in done.stdout
    assert "错误做法" in done.stdout


def test_check_prints_reason_source_and_rewrite(tmp_path: Path) -> None:
    done = _kefu(tmp_path, "check", "这是公司规定，我也没办法")
    assert done.returncode == 0, done.stderr
    assert "DEF-001" in done.stdout
    assert "依据" in done.stdout


def test_json_output_is_the_wire_answer(tmp_path: Path) -> None:
    answer = json.loads(_kefu(tmp_path, "assist", "退款怎么还没到账", "--json").stdout)
    assert {"id", "analysis", "technique", "suggestions", "avoid", "cards", "degraded", "timing_ms"} <= set(answer)
    assert set(answer["analysis"]["emotion"]) >= {"level", "name", "score", "kind", "trend", "evidence"}


@pytest.mark.parametrize(("command", "field"), [("assist", "message"), ("check", "text")])
def test_a_bad_line_does_not_stop_the_batch(command: str, field: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [
        json.dumps({field: "还没发货"}),
        "{not json",
        json.dumps({field: ""}),
        json.dumps({field: "好的", "colour": 1}),
        json.dumps({field: "\ud800"}),
        json.dumps([1]),
        "[" * 100_000,
        json.dumps({field: "谢谢"}),
    ]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = _kefu(tmp_path / "data", command, "--file", str(source), "--out", str(out))
    assert done.returncode == 1
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert ["error" in a for a in answers] == [False, True, True, True, True, True, True, False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["assist"], "选一"),
        (["assist", ""], "不能"),
        (["assist", "x" * 4001], "4000"),
        (["assist", "--file", "/nonexistent.jsonl"], "无法打开"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = _kefu(tmp_path, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("action", "said"), [("library", "内容检查通过"), ("rules", "条规则")])
def test_the_shipped_content_passes_its_checks(action: str, said: str, tmp_path: Path) -> None:
    done = _kefu(tmp_path, action, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout


def test_serving_does_not_import_torch() -> None:
    heavy = ("torch", "sentence_transformers", "sklearn")
    code = f"import sys, app.wiring, app.web.server; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.strip() == "[]"


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "check", "这是公司规定，我也没办法"],
        env={**ENVIRONMENT, "KEFU_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    assert process.wait(timeout=120) == 1
    process.stderr.close()
