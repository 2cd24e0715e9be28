"""What customer and agent turns do: refuse, agree, press; apologise, propose, promise, ask."""

from functools import lru_cache
from pathlib import Path

from app.analysis.cues import CueFinder, CueList
from app.library.documents import Document, read

CUSTOMER_SIGNALS = (
    "rejects",
    "agrees",
    "settled",
    "overdue",
    "reports",
    "inquires",
    "presses",
    "misunderstands",
    "beyond_policy",
    "asks_choice",
)
AGENT_SIGNALS = ("apologised", "proposed", "promised", "asked", "stalled")
ELLIPTICAL_LENGTH = 8
CACHED_TURNS = 4096


class SignalReader:
    """Finds what a turn does by its own words; app/analysis/conversation.py decides what counts where it stands."""

    def __init__(self, path: Path) -> None:
        document = read(path)
        self._customer = CueFinder([_cues(document, "customer", name) for name in CUSTOMER_SIGNALS])
        self._agent = CueFinder([_cues(document, "agent", name) for name in AGENT_SIGNALS])
        self._elliptical = tuple(document.items("elliptical"))
        self.customer = lru_cache(maxsize=CACHED_TURNS)(self._read_customer)
        self.agent = lru_cache(maxsize=CACHED_TURNS)(self._read_agent)

    def _read_customer(self, text: str) -> frozenset[str]:
        """Return the signals of a customer's cleaned text."""
        return frozenset(CUSTOMER_SIGNALS[h.group] for h in self._customer.find(text))

    def _read_agent(self, text: str) -> frozenset[str]:
        """Return the signals of one agent turn's cleaned text."""
        return frozenset(AGENT_SIGNALS[h.group] for h in self._agent.find(text))

    def elliptical(self, text: str) -> bool:
        """Tell whether a text says too little to have a topic of its own ("那多久？")."""
        length = bare_length(text)
        bare = "".join(c for c in text if c.isalnum())
        return length <= 1 or (length <= ELLIPTICAL_LENGTH and bare.startswith(self._elliptical))


def bare_length(text: str) -> int:
    """Return how many letters and digits a text has."""
    return sum(c.isalnum() for c in text)


def _cues(document: Document, side: str, name: str) -> CueList:
    value = (document.data.get(side) or {}).get(name)
    return document.entry((side, name), CueList, value)
