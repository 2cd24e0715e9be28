"""Platforms and industries, whichever way people spell them; search and compliance compare them by the same table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


def spelled(name: str | None) -> str:
    """Return a platform or an industry without what never matters, case and white space around it; "" for none."""
    return (name or "").strip().casefold()


class Names:
    """Which spellings mean the same: those of one group do, and its first stands for all."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        self._meant: dict[str, str] = {}
        for group in groups:
            for name in group:
                self._meant.setdefault(spelled(name), spelled(group[0]))

    def of(self, name: str | None) -> str:
        """Return the spelling that stands for all of a name's; an unknown name stands for itself, "" for none."""
        plain = spelled(name)
        return self._meant.get(plain, plain)

    def among(self, name: str | None, wanted: Iterable[str]) -> bool:
        """Tell whether a name is given and means one of those wanted."""
        meant = self.of(name)
        return bool(meant) and any(self.of(one) == meant for one in wanted)


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """The spellings of the platforms and of the industries."""

    platforms: Names = field(default_factory=Names)
    industries: Names = field(default_factory=Names)
