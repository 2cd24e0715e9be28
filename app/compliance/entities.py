"""Personal numbers in a draft: phones, bank cards, identity numbers. Masked ones are none."""

import re
from collections.abc import Iterable

from app.compliance.rules import Number
from app.compliance.views import View

_ALONE = r"(?<![\d*x])"
_PATTERNS: dict[Number, re.Pattern[str]] = {
    "phone": re.compile(_ALONE + r"1[3-9]\d{9}(?![\d*])"),
    "card": re.compile(_ALONE + r"[3-6]\d{15,18}(?![\d*])"),
    "identity": re.compile(
        _ALONE + r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?![\d*])"
    ),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def numbers(view: View, kinds: Iterable[Number], known: str) -> list[tuple[int, int]]:
    """Return the character intervals of `view` (see `View.digits`) that hold such a number.

    A number that is part of `known`, the order id, is no personal number.
    """
    found = []
    for kind in kinds:
        for match in _PATTERNS[kind].finditer(view.text):
            value = match.group()
            if (not known or value not in known) and _plausible(kind, value):
                found.append(match.span())
    return sorted(set(found))


def _plausible(kind: Number, value: str) -> bool:
    if kind == "card":
        return _luhn(value)
    if kind == "identity":
        total = sum(int(d) * w for d, w in zip(value, _WEIGHTS, strict=False))
        return "10x98765432"[total % 11] == value[17]
    return True


def _luhn(value: str) -> bool:
    """Check digit of ISO/IEC 7812-1."""
    total = 0
    for index, digit in enumerate(reversed(value)):
        number = int(digit) * (1 + index % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
