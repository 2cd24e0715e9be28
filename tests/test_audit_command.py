"""`kefu audit check`: what was altered by hand in the database is named, what is whole is said to be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Executable, delete, insert, text, update

from app import cli
from app.errors import WrongCode
from app.feedback import evidence
from app.feedback.overrides import Overrides
from app.feedback.supervisor import Supervisor
from app.records import Check, Finding
from app.storage import audit
from app.storage.database import Database
from app.storage.tables import AuditRow, OverrideRow

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CODE = "open-sesame-2026"


def written(database: Database) -> None:
    """Write three overrides, with a wrong code and a script's row between their audit rows."""
    kept = Overrides(database, Supervisor(SecretStr(CODE)), lambda: NOW)
    finding = Finding("DEF-001", "DEF", "confirm", 1.0, 0, 1, "x", "m", "r")
    kept.record("草稿一", Check("confirm", (finding,)), "理由一")
    with pytest.raises(WrongCode):
        kept.record("草稿", Check("block", ()), "理由", "wrong-code")
    kept.record("草稿二", Check("block", ()), "理由二", CODE)
    with database.write(serial=True) as session:
        audit.append(session, NOW, "小王", "script.publish", "u-x-1", {"sha256": "0" * 64})
    kept.record("草稿三", Check("confirm", (), checked=False), "理由三")


def test_nothing_altered_is_nothing_found(database: Database) -> None:
    assert evidence.examined(database) == (True, "审计日志是空的")
    written(database)
    fits, said = evidence.examined(database)
    assert fits
    assert "审计日志 5 条、放行记录 3 条" in said
    with database.read() as session:
        last = audit.newest(session)
    assert last is not None
    assert last[1] in said


ROW = {"at": "2026", "who": "agent", "severity": "confirm", "checked": True, "rule_ids": [], "text": "", "reason": ""}


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ([update(OverrideRow).where(OverrideRow.id == 2).values(reason="另一个理由")], "放行记录 2 与"),
        ([update(OverrideRow).values(rule_ids=["DEF-002"])], "放行记录 1 与"),
        ([update(OverrideRow).where(OverrideRow.id == 3).values(checked=True)], "放行记录 3 与"),
        ([delete(OverrideRow).where(OverrideRow.id == 2)], "放行记录 2 不见了"),
        ([insert(OverrideRow).values(id=9, **ROW)], "放行记录 9 在审计日志里没有"),
        ([delete(AuditRow).where(AuditRow.id == 5)], "放行记录 3 在审计日志里没有"),
        ([update(AuditRow).where(AuditRow.id == 3).values(actor="agent")], "审计日志从第 3 条"),
        ([update(AuditRow).where(AuditRow.id == 1).values(detail={})], "审计日志从第 1 条"),
        ([delete(AuditRow).where(AuditRow.id == 2), delete(OverrideRow)], "审计日志从第 3 条"),
    ],
)
def test_what_was_altered_is_named(tampering: Sequence[Executable], said: str, database: Database) -> None:
    written(database)
    with database.write() as session:
        for statement in tampering:
            session.execute(statement)
    fits, sentence = evidence.examined(database)
    assert (fits, said in sentence) == (False, True), sentence


@pytest.mark.parametrize(
    ("column", "said"), [("audit_log SET detail", "审计日志从第 1 条"), ("overrides SET rule_ids", "放行记录 1 与")]
)
@pytest.mark.parametrize("value", ["'{'", "''", "'" + "[" * 100_000 + "'"])
def test_what_is_no_json_any_more_is_named_too(column: str, said: str, value: str, tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'k.sqlite3'}", tmp_path)
    written(database)
    with database.write() as session:
        session.execute(text(f"UPDATE {column} = {value}".replace(":", "\\:")))
    fits, sentence = evidence.examined(database)
    assert (fits, said in sentence) == (False, True), sentence
    database.close()


def test_the_command_prints_it_and_its_status_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEFU_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("KEFU_DATABASE_URL", raising=False)
    database = Database.open(f"sqlite:///{tmp_path / 'kefu.sqlite3'}", tmp_path)
    written(database)
    assert cli.main(["audit", "check"]) == 0
    assert "全部对得上" in capsys.readouterr().out
    with database.write() as session:
        session.execute(update(OverrideRow).where(OverrideRow.id == 2).values(text="别的草稿"))
    assert cli.main(["audit", "check"]) == 1
    assert "放行记录 2" in capsys.readouterr().out
    database.close()
