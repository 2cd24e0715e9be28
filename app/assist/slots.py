"""Values for the placeholders of a script, from context, settings and the clock (table in docs/content-format.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.library.schema import SLOT
from app.records import SEVERITIES, Context, Slot
from app.settings import Settings

FALLBACKS: Mapping[str, str] = {
    "name": "",
    "order_id": "您这笔订单",
    "product": "这件商品",
    "carrier": "承运快递",
}
MAX_VALUE = 60  # a longer context value is not put into a reply
ROUND_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns "within n hours" into a time a customer can check, inside the hours the shop answers."""

    opens: int
    closes: int

    def within(self, now: datetime, hours: int) -> str:
        """Return e.g. 今天18:00; past closing time the next morning, one hour after opening."""
        due = _rounded(now + timedelta(hours=hours))
        if due.date() == now.date() and self.opens <= due.hour and due.time() <= self._closing():
            return f"今天{due:%H:%M}"
        if now.hour < self.opens:
            return f"今天{self._morning(now):%H:%M}"
        return f"明天{self._morning(now):%H:%M}"

    def second_contact(self, now: datetime, hours: int) -> str:
        """Return the latest time within `hours` that lies in opening hours, e.g. 明天15:30."""
        due = _rounded(now + timedelta(hours=hours) - timedelta(minutes=ROUND_MINUTES - 1))
        first = min(self.opens + 1, 23)
        last = max(self.closes - 1, first)
        if due.hour < first:  # before anyone is there: the evening before, or the promise would be broken
            due = (due - timedelta(days=1)).replace(hour=last, minute=0)
        elif due.hour > last or (due.hour == last and due.minute):
            due = due.replace(hour=last, minute=0)
        word = {0: "今天", 1: "明天"}.get((due.date() - now.date()).days, f"{due.month}月{due.day}日")
        return f"{word}{due:%H:%M}"

    def _closing(self) -> time:
        return time(23, 59) if self.closes == 24 else time(self.closes)

    def _morning(self, now: datetime) -> datetime:
        return now.replace(hour=min(self.opens + 1, 23), minute=0, second=0, microsecond=0)


def _rounded(moment: datetime) -> datetime:
    """Round up to the next half hour: 15:07 → 15:30, so a promise never falls short of its hours."""
    base = moment.replace(second=0, microsecond=0)
    return base + timedelta(minutes=-base.minute % ROUND_MINUTES)


class SlotValues:
    """The values for one reply; `missing` in a text names slots that have neither value nor fallback."""

    def __init__(self, settings: Settings, context: Context, now: datetime, severity: str) -> None:
        clock = Clock(settings.shop_opens, settings.shop_closes)
        serious = SEVERITIES.index(severity) >= SEVERITIES.index("major")
        self._values: dict[str, str] = {
            "deadline": clock.within(now, settings.answer_hours),
            "callback": clock.within(now, settings.callback_hours),
            "followup": clock.second_contact(now, 24),
            "owner": "值班主管" if serious else "我",
            "refund_period": settings.refund_period,
        }
        known = {
            "name": f"{context.customer_name}，" if _fits(context.customer_name) else None,
            "order_id": f"订单{context.order_id}" if _fits(context.order_id) else None,
            "product": context.product if _fits(context.product) else None,
            "carrier": context.carrier if _fits(context.carrier) else None,
            "compensation": (context.compensation if _fits(context.compensation) else None) or settings.compensation,
        }
        self._values |= {name: value for name, value in known.items() if value}

    def fill(self, text: str) -> tuple[str, tuple[Slot, ...]] | None:
        """Return the text with every slot replaced, and the slots; None when one has neither value nor fallback."""
        names = list(dict.fromkeys(SLOT.findall(text)))
        slots = [self._slot(name) for name in names]
        if any(slot is None for slot in slots):
            return None
        table = {slot.name: slot.value for slot in slots if slot}
        return SLOT.sub(lambda m: table[m[1]], text), tuple(s for s in slots if s)

    def value(self, name: str) -> str:
        """Return the value of a slot that is always known, such as deadline or owner."""
        return self._values[name]

    def _slot(self, name: str) -> Slot | None:
        if name in self._values:
            return Slot(name, self._values[name], True)
        return Slot(name, FALLBACKS[name], False) if name in FALLBACKS else None


def _fits(value: str | None) -> bool:
    """Braces would read as a slot, line breaks would break the reply, and a long value is not a name."""
    return bool(value) and len(str(value)) <= MAX_VALUE and not set(str(value)) & set("{}\n\r")
