"""What the database driver reports → a sentence the person who runs the service can act on."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.errors import StorageError

_SQLITE = {
    sqlite3.SQLITE_FULL: "磁盘空间已满，内容没有保存。请腾出空间后重试",
    sqlite3.SQLITE_IOERR: "读写数据库文件失败，可能是磁盘已满或损坏，内容没有保存",
    sqlite3.SQLITE_READONLY: "数据库只能读不能写，请检查数据目录和数据库文件的权限",
    sqlite3.SQLITE_CANTOPEN: "打不开数据库文件，请检查数据目录的权限",
    sqlite3.SQLITE_CORRUPT: "数据库文件已损坏，请用备份恢复",
    sqlite3.SQLITE_NOTADB: "数据库文件已损坏或不是数据库，请用备份恢复",
    sqlite3.SQLITE_BUSY: "数据库正被其他进程占用，请稍后重试",
    sqlite3.SQLITE_LOCKED: "数据库正被其他进程占用，请稍后重试",
    sqlite3.SQLITE_PERM: "没有读写数据库文件的权限",
}
_POSTGRESQL = {
    "08": "连不上数据库，请检查数据库地址和服务是否在运行",
    "25": "数据库只能读不能写，请检查连接的是不是只读副本",
    "28": "数据库用户名或密码不对",
    "3D": "数据库不存在，请先建库",
    "42": "数据库用户没有所需的权限，或表结构不对",
    "53": "数据库服务器空间或连接数已满，内容没有保存",
    "57": "数据库服务正在重启或已停止，请稍后重试",
    "58": "数据库服务器读写出错",
    "XX": "数据库已损坏，请联系数据库管理员",
}
_SYSTEM = {
    errno.ENOSPC: "磁盘空间已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "超过了文件大小限制",
    errno.EACCES: "没有写权限",
    errno.EPERM: "没有写权限",
    errno.EROFS: "所在磁盘是只读的",
    errno.ENOTDIR: "路径上有同名文件",
    errno.EEXIST: "已有同名文件",
}


def storage_error(error: SQLAlchemyError) -> StorageError:
    """Return the StorageError for a failure of the database; keeps the driver's words for the log."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    sentence = _sqlite_sentence(cause) or _postgresql_sentence(cause) or "数据库暂时不能用"
    return StorageError(f"{sentence}（{cause or error}）")


def directory_error(path: object, error: OSError) -> StorageError:
    """Return the StorageError for a data directory that cannot be made or written."""
    reason = _SYSTEM.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"数据目录 {path} 不能写入：{reason}")


def is_busy(error: SQLAlchemyError) -> bool:
    """Return whether another process holds the SQLite file, so that trying again makes sense."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _sqlite_sentence(cause: object) -> str | None:
    code = getattr(cause, "sqlite_errorcode", None)  # extended codes keep the primary one in the low byte
    return None if code is None else _SQLITE.get(code & 0xFF)


def _postgresql_sentence(cause: object) -> str | None:
    if not hasattr(cause, "sqlstate"):
        return None
    state = getattr(cause, "sqlstate", None) or "08"  # no answer from the server carries no state
    return _POSTGRESQL.get(str(state)[:2])
