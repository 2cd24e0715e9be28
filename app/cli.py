"""The `kefu` command."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from tqdm import tqdm

from app import atomic, parts, requests, rulebook, settings
from app.errors import InvalidInput, KefuError
from app.feedback import evidence
from app.feedback.corrections import Corrections
from app.library import taxonomy
from app.records import Assist, Check
from app.settings import Settings
from app.storage.database import Database
from app.wiring import Copilot

ASSIST: TypeAdapter[Assist] = TypeAdapter(Assist)
CHECK: TypeAdapter[Check] = TypeAdapter(Check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. An error of ours is one line on stderr and status 2."""
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options, settings.load(**_overrides(options))))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads has seen enough, as `| head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to fail at exit
        return 1
    except KefuError as error:
        print(f"kefu: {_explained(error)}", file=sys.stderr)
        return 2


def _explained(error: KefuError) -> str:
    fields = error.fields if isinstance(error, InvalidInput) else ()
    return "；".join([str(error), *(f"{name}：{message}" for name, message in fields)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kefu", description="客服副驾：读懂客户消息、推荐合规话术、检查草稿")
    commands = parser.add_subparsers(required=True, metavar="命令")
    serve = _command(commands, "serve", _serve, "启动服务")
    serve.add_argument("--host", help="监听地址，默认 127.0.0.1")
    serve.add_argument("--port", type=int, help="端口，默认 8000;0 表示任选")
    assist = _command(commands, "assist", _assist, "为一条客户消息给出分析和推荐话术")
    _texts(assist, "客户消息")
    check = _command(commands, "check", _check, "检查一段客服草稿")
    _texts(check, "草稿")
    build = _command(commands, "build", _build, "训练编码器和分类器，建立索引")
    build.add_argument("--if-missing", action="store_true", help="只在缺少时训练")
    build.add_argument("--corrections", type=Path, help="坐席的纠正，kefu corrections export 写出的文件，一起学")
    evaluate = _command(commands, "eval", _eval, "在从未参与训练的消息上测量模型")
    kinds = ["messages", "conversations", "linter", "retrieval", "curve"]
    evaluate.add_argument("what", nargs="?", choices=kinds, default=kinds[0], help="测什么，默认客户消息")
    evaluate.add_argument("--out", type=Path, help="把结果写入这个文件")
    library = _command(commands, "library", _library, "话术库")
    library.add_argument("action", choices=["check"], help="check:校验全部内容")
    corrections = _command(commands, "corrections", _corrections, "坐席在面板里的纠正")
    corrections.add_argument("action", choices=["export"], help="export:按 knowledge/utterances/ 的格式写出")
    corrections.add_argument("--out", type=Path, required=True, help="写入这个文件")
    audit = _command(commands, "audit", _audit, "审计日志")
    audit.add_argument("action", choices=["check"], help="check:核对日志和放行记录有没有被改过")
    judging = _command(commands, "judge", _judge, "请人盲评推荐话术")
    judging.add_argument("action", choices=["sheets", "report"], help="sheets:写盲评题纸;report:统计 marks-*.txt")
    judging.add_argument("folder", type=Path, help="题纸、答案和评分所在的文件夹")
    judging.add_argument("--author", action="append", help="只出这位作者的题，可重复")
    rules = _command(commands, "rules", rulebook.run, "合规规则")
    rulebook.options(rules)
    return parser


def _command(commands: Any, name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:  # noqa: ANN401
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _texts(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("text", nargs="?", help=what)
    parser.add_argument("--json", action="store_true", help="输出完整 JSON")
    parser.add_argument("--file", type=Path, help="输入文件，每行一个请求对象(JSON Lines)")
    parser.add_argument("--out", type=Path, help="输出文件，每行一个结果，顺序与输入相同")


def _overrides(options: argparse.Namespace) -> dict[str, object]:
    return {k: v for k in ("host", "port") if (v := getattr(options, k, None)) is not None}


def _serve(_: argparse.Namespace, config: Settings) -> int:
    from app.web import server

    return server.serve(config)


def _assist(options: argparse.Namespace, config: Settings) -> int:
    def answer(copilot: Copilot, body: object) -> tuple[str, Any]:
        result = copilot.assist(requests.message(body, copilot.now()))
        return ASSIST.dump_json(result).decode(), result

    return _run(options, config, "message", answer, _print_assist)


def _check(options: argparse.Namespace, config: Settings) -> int:
    def answer(copilot: Copilot, body: object) -> tuple[str, Any]:
        result = copilot.check(requests.draft(body, copilot.now()))
        return CHECK.dump_json(result).decode(), result

    return _run(options, config, "text", answer, _print_check)


def _run(
    options: argparse.Namespace,
    config: Settings,
    field: str,
    answer: Callable[[Copilot, object], tuple[str, Any]],
    show: Callable[[Any], None],
) -> int:
    """Answer one text from the command line, or every line of a file."""
    if (options.file is None) == (options.text is None):
        raise InvalidInput("给出一段文字，或者用 --file 给出文件，二者选一")
    copilot = Copilot.open(config)
    try:
        if options.file is not None:
            return _batch(options.file, options.out, lambda body: answer(copilot, body)[0])
        text, result = answer(copilot, {field: options.text})
        print(text) if options.json else show(result)
        return 0
    finally:
        copilot.close()


def _batch(source: Path, out: Path | None, answer: Callable[[object], str]) -> int:
    """Write a line per input line, in order; a bad one becomes {"error": …} and the run goes on. Returns 1 if any."""
    try:
        lines = source.read_bytes().splitlines()
        target = out.open("w", encoding="utf-8") if out else sys.stdout
    except OSError as error:
        raise InvalidInput(f"文件无法打开：{error}") from error
    failed = 0
    try:
        for text, ok in tqdm(_answers(lines, answer), total=len(lines), disable=not sys.stderr.isatty()):
            failed += not ok
            target.write(text + "\n")
    finally:
        if out:
            target.close()
    return 1 if failed else 0


def _answers(lines: list[bytes], answer: Callable[[object], str]) -> Iterator[tuple[str, bool]]:
    for number, line in enumerate(lines, 1):
        try:
            yield answer(json.loads(line)), True
        except (ValueError, RecursionError) as error:
            yield _failure("invalid_json", f"第 {number} 行不是合法的 JSON:{error}"), False
        except KefuError as error:
            yield _failure(error.code, f"第 {number} 行：{_explained(error)}"), False


def _failure(code: str, detail: str) -> str:
    return json.dumps({"error": {"code": code, "detail": detail}}, ensure_ascii=False)


def _print_assist(result: Assist) -> None:
    analysis = result.analysis
    types = "、".join(f"{t.name}({t.confidence:.0%})" for t in analysis.types) or "不确定"
    emotion = analysis.emotion
    words = "、".join(e.text for e in emotion.evidence)
    print(f"类型  {types}")
    print(f"情绪  {emotion.level} {emotion.name}" + (f"  依据：{words}" if words else ""))
    reasons = ";".join(analysis.severity.reasons)
    clock = f",{analysis.severity.first_response_min} 分钟内首次回应" if analysis.severity.first_response_min else ""
    print(f"级别  {analysis.severity.name}{clock}" + (f"  原因：{reasons}" if reasons else ""))
    print(f"技巧  {result.technique.name}:{result.technique.reason}")
    for suggestion in result.suggestions:
        print(f"\n{suggestion.rank}. [{suggestion.title}]({suggestion.script_id})\n   {suggestion.text}")
    for wrong in result.avoid:
        print(f"\n✗ 错误做法：{wrong.text}\n   {wrong.reason}")
    if result.degraded:
        print(f"\n注意：{result.degraded}")


def _print_check(result: Check) -> None:
    names = {"pass": "通过", "hint": "建议修改", "confirm": "改写或说明理由后发送", "block": "不得发送"}
    print(f"结论  {names[result.verdict]}")
    for finding in result.findings:
        print(f"\n[{finding.rule_id}] “{finding.text}” {finding.message}")
        print(f"   原因：{finding.reason}")
        if finding.sources:
            print("   依据:" + "、".join(s.title for s in finding.sources))
        if finding.replacements:
            print("   可改为:" + " / ".join(finding.replacements))
    if result.rewrite:
        print(f"\n整段改写\n   {result.rewrite.text}")
    for promise in result.commitments:
        print(f"\n承诺  {promise.who} {promise.what}" + (f",{promise.due}" if promise.due else ",没有时间"))


def _build(options: argparse.Namespace, config: Settings) -> int:
    from app.training import build

    if options.if_missing and build.present(config.content_dir):
        return 0
    build.build(config.content_dir, print, options.corrections)
    return 0


def _eval(options: argparse.Namespace, config: Settings) -> int:
    from app.training import build

    measures: dict[str, Callable[[], str]] = {
        "messages": lambda: build.evaluate(config.content_dir),
        "conversations": lambda: build.evaluate_conversations(config.content_dir),
        "curve": lambda: build.evaluate_curve(config.content_dir),
        "linter": lambda: build.evaluate_linter(config.content_dir, parts.checker(config)),
        "retrieval": lambda: build.evaluate_retrieval(config.content_dir, parts.tokens(config.content_dir)),
    }
    text = measures[options.what]()
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _judge(options: argparse.Namespace, config: Settings) -> int:
    from app import judge

    return judge.run(options, config)


def _library(_: argparse.Namespace, config: Settings) -> int:
    report = parts.inspect(config)
    print(report.text())
    return 0 if report.ok else 1


def _corrections(options: argparse.Namespace, config: Settings) -> int:
    terms = taxonomy.load(config.content_dir / "knowledge" / "taxonomy.yaml")
    database = Database.open(config.database, config.data_dir)
    try:
        found = Corrections(database, terms).export()
    finally:
        database.close()
    try:
        atomic.write(options.out, found.text.encode())
    except OSError as error:
        raise InvalidInput(f"文件无法写入：{error}") from error
    print(f"{found.messages} 条消息写入 {options.out}")
    if found.left_out:
        print(f"另有 {found.left_out} 处类型的纠正没有写出：那些消息的类型来自上文，单看一句学不到")
    return 0


def _audit(_: argparse.Namespace, config: Settings) -> int:
    database = Database.open(config.database, config.data_dir)
    try:
        fits, said = evidence.examined(database)
    finally:
        database.close()
    print(said)
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
