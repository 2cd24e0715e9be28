"""What the audit log proves: that neither it nor the overrides it speaks of were altered after they were written."""

from collections.abc import Mapping

from app.storage import audit, overrides
from app.storage.database import Database
from app.storage.overrides import How

_MISFITS: Mapping[How, str] = {
    "altered": "放行记录 {} 与审计日志里的指纹不符：写下之后被改过",
    "removed": "放行记录 {} 不见了：审计日志里有，表里没有",
    "unrecorded": "放行记录 {} 在审计日志里没有：不是程序写下的，或者日志的末尾被截掉了",
}


def examined(database: Database) -> tuple[bool, str]:
    """Return whether everything fits, and what to tell people: the first that does not. Raises StorageError."""
    with database.read() as session:
        if broken := audit.first_broken(session):
            return False, f"审计日志从第 {broken} 条起接不上：这一条被改过，或者它前面有记录被改过、删掉或插进来"
        if misfit := overrides.first_misfit(session):
            return False, _MISFITS[misfit.how].format(misfit.id)
        count, last = overrides.count(session), audit.newest(session)
    if last is None:
        return True, "审计日志是空的"
    number, digest = last
    return True, (
        f"审计日志 {number} 条、放行记录 {count} 条，全部对得上\n"
        f"末条的哈希 {digest}\n日志末尾被截掉，只有和另存的哈希对照才看得出：请把它抄存到别处"
    )
