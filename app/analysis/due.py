"""When something said in a sentence falls due: 今天18:00前, 半小时内, 3个工作日, 周五, 下午三点."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

# Every pattern first looks for the characters it may begin with: most places of a text have none.
_DIGIT = r"(?=[\d零一二两俩三四五六七八九十百半])"
_N = r"(?:\d+(?:\.\d+)?|[零一二两俩三四五六七八九十百半]+)"
_DURATION = re.compile(
    rf"{_DIGIT}(?<![第年月:.\d])(?:{_N}个?(?:小时|天|工作日)?[-~到至或]{{1,2}})?({_N})个?(半)?"
    r"(小时|钟头|分钟|刻钟|个?工作日|自然日|天(?!前|之前|以前|无理由)|日(?=之?内|以内)|周(?=之?内|以内|后)|星期(?=之?内|以内|后))"
)
_PAST = re.compile(r"(?:了|过|已经?|超过?|晚|拖|等[我您]?|用|质保|保修|延保|不到|[近多满这前几每约]|顺延|延[长期后])$")
_EVERY = ("每", "每天", "每日", "每个")
_UNTIL = re.compile(r"之?内|以内|里|之?后|以后|就|给|出(?!货|门)|答|回(?!弹)|见")  # not 三天没动, 30天的最低价
_ATTRIBUTE = re.compile(r"(?:的(?!时候|车|班|航班|那|快递|顺丰|件|飞机|货车|专车)|值班|当班|在岗)")  # 今天的问题
_TERM = re.compile(r"(?:之前|以前|前|之?内|以内)")
_SIGNS = "天日号点:晚早午夜晨周期拜班底月时钟刻"  # every time has one of them
_CLOCK = re.compile(
    rf"{_DIGIT}(?<![\d:.])"
    r"(?!(?<![午晨上])一点(?!前|之前|以前|半|整|[一三]刻|[零一二三四五]?十))"  # 松一点
    r"(?:(\d{1,2}):(\d{2})(?![\d:])|(\d{1,2}|[零一二两三四五六七八九十]{1,3})点"
    r"(?!击|赞|评|开|进|好|选|单|头|名|东西|差)(?:(半)|([一三]刻)|(\d{1,2}|[零一二三四五六七八九十]{1,3})分?)?)"
)
_DAY = re.compile(
    r"(?=[大后明次隔第今当下月年本这周星礼\d一二三四五六七八九十])"
    r"(?:(大后天|后天|明(?:天|日|早|晚|儿)|次日|隔天|第二天|今(?:天|日|早|晚|儿|夜)"
    r"|当(?:天|日|晚)|下班(?=之?前|以前)|[月年]底|(?:本|这个?)[月周](?=之?内|以内))"
    r"|(下下?|本|这)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天末])"
    r"|(\d{1,2})月(\d{1,2})[日号]?|(?<![\d月第])(\d{1,2}|[一二三四五六七八九十]{1,3})[号日](?!线|楼|店|柜|仓|内|以内|之内))"
)
_AHEAD = {"大后": 3, "后": 2, "明": 1, "次": 1, "隔": 1, "第二": 1}
_OF_EVENT = ("当", "次", "隔", "第二")  # 签收当天: the day of an event, not one of the calendar
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 6}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2}
_HOURS = {"小时": 1.0, "钟头": 1.0, "分钟": 1 / 60, "刻钟": 0.25}
LAST_MINUTE = time(23, 59)
MAX_HOURS = 24 * 400
EVENING = time(21)
GAP = 2  # characters between words of one time: 明天下班18:00, 9点到12点
NEAR = 20  # characters before a duration that say what it counts from


@dataclass(frozen=True, slots=True)
class Due:
    """A time expression at start–end of a text; `at` None when it cannot be placed on the calendar.

    `day` is the one it names, at any hour.
    """

    start: int
    end: int
    at: datetime | None
    day: datetime | None = None


class Calendar:
    """Reads time expressions. `parts` gives the clock a part of the day stands for, e.g. 下午 → 18:00."""

    def __init__(self, parts: Mapping[str, time], events: str) -> None:
        self._parts = parts
        self._part = re.compile("|".join(sorted(parts, key=len, reverse=True)))
        self._some = re.compile(f"[{_SIGNS}{''.join(sorted({c for word in parts for c in word}))}]")
        self._events = re.compile(events)

    def read(self, text: str, now: datetime, before: str = "", day: datetime | None = None) -> Due | None:
        """Return the deadline the text names, else its duration from `now`; None when it names no time.

        What counts from an event of unknown date (收到后48小时, 签收当天) has no `at`; it may stand at the end of
        the words `before` the text. A clock without a day is on `day`, the last one spoken of.
        """
        if not self._some.search(text):
            return None
        marks = [*_DAY.finditer(text), *_CLOCK.finditer(text), *self._part.finditer(text)]
        if marks and (said := _deadline(text, sorted(marks, key=re.Match.start))):
            return Due(said[0].start(), max(m.end() for m in said), *self._absolute(text, said, now, day))
        for match in _DURATION.finditer(text):
            lead = text[max(match.start() - NEAR, 0) : match.start()]
            if not _PAST.search(lead) and (_UNTIL.match(text, match.end()) or lead.endswith("给我")):
                event = self._events.search(lead) or self._ends_with_event(before)
                return Due(match.start(), match.end(), None if event else _after(match, now))
        return None

    def _ends_with_event(self, text: str) -> bool:
        return any(m.end() == len(text) for m in self._events.finditer(text))

    def _absolute(
        self, text: str, said: Sequence[re.Match[str]], now: datetime, spoken_of: datetime | None
    ) -> tuple[datetime | None, datetime | None]:
        """Return the moment and the day that is named."""
        day = next((m for m in reversed(said) if m.re is _DAY and m.group() != "下班"), None)
        clock, part = (next((m for m in reversed(said) if m.re is p), None) for p in (_CLOCK, self._part))
        meant = self._parts[part.group()] if part else None
        try:
            if day and day.group().startswith(_OF_EVENT):
                if self._events.search(text[: day.end()]):
                    return None, None
                if day.group().startswith("当") and spoken_of is None:
                    return None, None
                date: datetime | None = spoken_of or _date(day, now)
            else:
                date = _date(day, now) if day else spoken_of
            moment = _clocked(clock, meant, date, now) if clock else _at(date or now, meant or LAST_MINUTE)
        except ValueError:
            return None, None  # 2月30日, 25:00
        if moment <= now and (date is None or (day and day.group(3) and not day.group(2))):
            moment += timedelta(days=7 if day else 1)  # 周一上午 said on Monday evening, 上午 said at night
        return moment, date


def _deadline(text: str, marks: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Return the words of the deadline: of the groups of time words, one with 前, else with a clock, else the last.

    A day said before a clock belongs to it (今天随下午4点的车).
    """
    groups: list[list[re.Match[str]]] = []
    reached = 0
    for mark in marks:
        if groups and mark.start() - reached <= GAP:
            groups[-1].append(mark)
        else:
            groups.append([mark])
        reached = max(reached, mark.end())
    ranks: list[tuple[bool, bool, int]] = []
    for i, group in enumerate(groups):
        start, end = group[0].start(), max(m.end() for m in group)
        if not (_ATTRIBUTE.match(text, end) or text.endswith(_EVERY, 0, start)):
            ranks.append((bool(_TERM.match(text, end)), any(m.re is not _DAY for m in group), i))
    if not ranks:
        return []
    best = max(ranks)[2]
    chosen = groups[best]
    days = [m for group in groups[:best] for m in group if m.re is _DAY]
    return chosen if any(m.re is _DAY for m in chosen) else [*days[-1:], *chosen]


def _clocked(clock: re.Match[str], meant: time | None, date: datetime | None, now: datetime) -> datetime:
    hour, minute = _hour_minute(clock)
    if meant is None and re.search(r"(?<!最)晚$", clock.string[: clock.start()]):
        meant = EVENING
    if hour > 24 or minute > 59:
        raise ValueError("no such clock")
    evening = meant is not None and meant >= EVENING
    if evening and (hour < 5 or hour == 12):
        hour = hour % 12 + 24  # 今晚12点, 今晚1点 are past midnight
    elif meant is not None and meant.hour >= 14 and hour < 12:
        hour += 12
    moment = _at(date or now, time(0)) + timedelta(hours=hour, minutes=minute)
    if moment <= now and (date is None or date.date() == now.date()):
        # 3点 said at 14:00 is this afternoon; 9点 said at 22:00 is tomorrow morning.
        later, spoken = moment + timedelta(hours=12), clock.group(3)
        if spoken and meant is None and 0 < hour < 12 and now < later and later.date() == now.date():
            return later
        if date is None:
            return moment + timedelta(days=1)
    small = hour == 0 or (meant is not None and meant.hour <= 6)
    return moment + timedelta(days=1) if small and moment <= now else moment  # 今天0点前 is the coming midnight


def _hour_minute(clock: re.Match[str]) -> tuple[int, int]:
    hour, minute, spoken, half, quarter, minutes = clock.groups()
    if hour:
        return int(hour), int(minute)
    extra = 30 if half else {"一": 15, "三": 45}[quarter[0]] if quarter else int(number(minutes)) if minutes else 0
    return int(number(spoken)), extra


def _date(day: re.Match[str], now: datetime) -> datetime:
    word, week, weekday, month, month_day, alone = day.groups()
    if word:
        if word in ("月底", "本月", "这月", "这个月"):
            return (now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        if word == "年底":
            return now.replace(month=12, day=31)
        if word.endswith("周"):
            return now + timedelta(days=6 - now.weekday())
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
