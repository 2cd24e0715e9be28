"""Mask personal data. A masked text has the length of the original, so positions stay valid."""

import re

_DIGIT = r"[0-9\uff10-\uff19]"  # half and full width
_ALONE = rf"(?<!{_DIGIT})"
# What follows a number that counts something: 这条街15天没扫过 names no house. Only units that begin no name or word.
_UNITS = "秒|分钟|刻钟|小时|钟头|点|天|日|星期|礼拜|月|年|元|块|%|公里|个半?(?:小时|钟头|工作日|星期|礼拜|月)"
_MEASURED = rf"[0-9\uff10-\uff19.~～至到-]*(?:[:：]{_DIGIT}| ?[多几余]?(?:{_UNITS}))"
_PATTERNS: tuple[tuple[re.Pattern[str], int, int], ...] = (
    # Longest first: an identity number contains what looks like a phone number. (pattern, kept at start, kept at end)
    (re.compile(rf"{_ALONE}{_DIGIT}{{17}}[0-9\uff10-\uff19XxXx](?!{_DIGIT})"), 3, 2),  # 居民身份证
    (
        re.compile(rf"{_ALONE}{_DIGIT}{{4}}(?:[ -]?{_DIGIT}{{4}}){{3}}(?:[ -]?{_DIGIT}{{1,3}})?(?!{_DIGIT})"),
        0,
        4,
    ),  # 银行卡
    (re.compile(rf"{_ALONE}[1\uff11][3-9\uff13-\uff19]{_DIGIT}(?:[ -]?{_DIGIT}{{4}}){{2}}(?!{_DIGIT})"), 3, 4),  # 手机
    (re.compile(rf"{_ALONE}[0\uff10]{_DIGIT}{{2,3}}-?{_DIGIT}{{7,8}}(?!{_DIGIT})"), 0, 2),  # 座机
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), 1, 0),
    (
        re.compile(
            rf"(?<=[市区县镇乡路街道巷弄村]){_DIGIT}+(?:号楼|号院|号|弄|栋|幢|单元|室|-|{_DIGIT})+"
            rf"(?:(?<=[号楼院弄栋幢元室])|(?!{_MEASURED}))"
        ),
        0,
        0,
    ),  # 门牌
)


def mask(text: str) -> str:
    """Return `text` with identity, card, phone numbers, e-mail and house numbers starred out, same length."""
    for pattern, head, tail in _PATTERNS:
        text = pattern.sub(lambda found, head=head, tail=tail: _star(found.group(), head, tail), text)  # type: ignore[misc]
    return text


def _star(value: str, head: int, tail: int) -> str:
    hidden = len(value) - head - tail
    return value[:head] + "*" * hidden + value[len(value) - tail :]
