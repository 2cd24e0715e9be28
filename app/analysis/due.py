"""When something said in a sentence falls due: 今天18:00前, 半小时内, 3个工作日, 周五, 下午三点."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_N = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百半]+)"
_DURATION = re.compile(
    rf"(?<![第年月:.\d])(?:{_N}个?(?:小时|天|工作日)?[-~到至或]{{1,2}})?({_N})个?(半)?"
    r"(小时|钟头|分钟|刻钟|个?工作日|自然日|天(?!前|之前|以前|无理由)|日(?=之?内|以内)|周(?=之?内|以内|后)|星期(?=之?内|以内|后))"
)
_PAST = re.compile(r"(?:了|过|已经?|超过?|晚|拖|等|用|质保|保修|延保|不到)$")
_CLOCK = re.compile(
    r"(?<![\d:.])(?:(\d{1,2}):(\d{2})(?![\d:])|(\d{1,2}|[零一二两三四五六七八九十]{1,3})点"
    r"(?!击|赞|评|开|进|好|选|单|头|名|东西|差)(?:(半)|([一三]刻)|(\d{1,2}|[零一二三四五六七八九十]{1,3})分?)?)"
)
_DAY = re.compile(
    r"(大后天|后天|明(?:天|日|早|晚|儿)|次日|隔天|今(?:天|日|早|晚|儿)|当(?:天|日|晚)|下班前|月底前?)"
    r"|(下下?|本|这)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天末])"
    r"|(\d{1,2})月(\d{1,2})[日号]?|(?<![\d月第])(\d{1,2}|[一二三四五六七八九十]{1,3})[号日](?!线|楼|店|柜|仓|内|以内|之内)"
)
_AHEAD = {"大后": 3, "后": 2, "明": 1, "次": 1, "隔": 1}
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 6}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_HOURS = {"小时": 1.0, "钟头": 1.0, "分钟": 1 / 60, "刻钟": 0.25}
LAST_MINUTE = time(23, 59)
MAX_HOURS = 24 * 400


@dataclass(frozen=True, slots=True)
class Due:
    """A time expression at start–end of a text; `at` None when it cannot be placed on the calendar."""

    start: int
    end: int
    at: datetime | None


class Calendar:
    """Reads time expressions. `parts` gives the clock a part of the day stands for, e.g. 下午 → 18:00."""

    def __init__(self, parts: Mapping[str, time], events: str) -> None:
        self._parts = parts
        self._part = re.compile("|".join(sorted(parts, key=len, reverse=True)))
        self._events = re.compile(events)

    def read(self, text: str, now: datetime) -> Due | None:
        """Return the last date and clock of the text, else its duration from `now`; None when it names no time.

        A duration that starts with an event of unknown date (收到后48小时) has no `at`.
        """
        days, clocks, parts = (list(p.finditer(text)) for p in (_DAY, _CLOCK, self._part))
        if found := [*days, *clocks, *parts]:
            day, clock, part = (every[-1] if every else None for every in (days, clocks, parts))
            at = self._absolute(day, clock, part, now)
            return Due(min(m.start() for m in found), max(m.end() for m in found), at)
        for match in _DURATION.finditer(text):
            if not _PAST.search(text[: match.start()]):
                event = self._events.search(text[: match.start()])
                return Due(match.start(), match.end(), None if event else _after(match, now))
        return None

    def _absolute(
        self,
        day: re.Match[str] | None,
        clock: re.Match[str] | None,
        part: re.Match[str] | None,
        now: datetime,
    ) -> datetime | None:
        meant = self._parts[part.group()] if part else None
        try:
            date = _date(day, now) if day else None
            if clock is None:
                return _at(date or now, meant or LAST_MINUTE)
            return _clocked(clock, meant, date, now)
        except ValueError:
            return None  # 2月30日, 25:00


def _clocked(clock: re.Match[str], meant: time | None, date: datetime | None, now: datetime) -> datetime:
    hour, minute = _hour_minute(clock)
    if meant is not None and meant.hour >= 14 and 1 <= hour < 12:
        hour += 12
    if meant is not None and meant.hour >= 20 and hour == 12:
        hour = 24
    base = _at(date or now, time(0))
    if hour > 24 or minute > 59:
        raise ValueError("no such clock")
    moment = base + timedelta(hours=hour, minutes=minute) if hour < 24 else _at(base, LAST_MINUTE)
    if date is None and moment <= now:
        # 3点 said at 14:00 is this afternoon; 9点 said at 22:00 is tomorrow morning.
        later, spoken = moment + timedelta(hours=12), clock.group(3)
        today = spoken and meant is None and hour < 12 and now < later and later.date() == now.date()
        return later if today else moment + timedelta(days=1)
    return moment


def _hour_minute(clock: re.Match[str]) -> tuple[int, int]:
    hour, minute, spoken, half, quarter, minutes = clock.groups()
    if hour:
        return int(hour), int(minute)
    extra = 30 if half else {"一": 15, "三": 45}[quarter[0]] if quarter else int(number(minutes)) if minutes else 0
    return int(number(spoken)), extra


def _date(day: re.Match[str], now: datetime) -> datetime:
    word, week, weekday, month, month_day, alone = day.groups()
    if word:
        if word.startswith("月底"):
            return (now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return now + timedelta(days=next((n for k, n in _AHEAD.items() if word.startswith(k)), 0))
    if weekday:
        ahead = _WEEKDAYS[weekday] - now.weekday()
        weeks = (week or "").count("下")
        return now + timedelta(days=ahead + 7 * weeks if week else ahead % 7)
    if month:
        date = now.replace(month=int(month), day=int(month_day))
        return date if date.date() >= now.date() else date.replace(year=now.year + 1)
    date = now.replace(day=int(number(alone)))
    return date if date.date() >= now.date() else (date.replace(day=1) + timedelta(days=32)).replace(day=date.day)


def _after(duration: re.Match[str], now: datetime) -> datetime | None:
    word, half, unit = duration.groups()
    amount = number(word) + (0.5 if half else 0)
    if unit in _HOURS:
        return now + timedelta(hours=amount * _HOURS[unit]) if amount * _HOURS[unit] <= MAX_HOURS else None
    if amount > MAX_HOURS / 24:
        return None
    if unit.endswith("工作日"):
        return _working(now, round(amount))
    if amount < 1:
        return now + timedelta(hours=24 * amount)
    # Days are counted from the next one and end at midnight: Civil Code articles 201 and 203.
    return _at(now + timedelta(days=amount * (7 if unit in ("周", "星期") else 1)), LAST_MINUTE)


def _working(now: datetime, days: int) -> datetime:
    """Return the end of the n-th day from tomorrow that is neither Saturday nor Sunday."""
    while days > 0:
        now += timedelta(days=1)
        days -= now.weekday() < 5
    return _at(now, LAST_MINUTE)


def _at(date: datetime, clock: time) -> datetime:
    return date.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def number(word: str) -> float:
    """Return the value of 3, 1.5, 三, 二十四, 半."""
    if word[0].isdigit():
        return float(word)
    total, digit, half = 0, 0, 0.5 if "半" in word else 0.0
    for char in word:
        if char in "十百":
            total += max(digit, 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS.get(char, 0)
    return total + digit + half
