"""Settings → one Copilot that holds every part; web, command line and tests all start here."""

import ctypes
import gc
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from app import parts as loading
from app.assist.slots import SlotValues
from app.feedback.corrections import Correction, Corrections, Labels
from app.feedback.overrides import Overrides
from app.feedback.supervisor import Supervisor
from app.library import files
from app.library.files import Library
from app.library.finder import Finder
from app.library.review import Remark
from app.library.schema import Script
from app.library.similar import Similarity
from app.library.store import ScriptStore
from app.library.stored import StoredScript
from app.parts import Parts
from app.records import Analysis, Assist, Check, Context, Draft, Message
from app.retrieval.search import ScriptSearch
from app.settings import Settings
from app.storage.database import Database
from app.storage.idempotency import IdempotencyKeys

TRY_OUT_DEPTH = 50
WARM_REPLIES = 200  # they meet half the patterns that all shipped replies meet
WARM_PAUSE_S = 0.005  # between two of them, so that requests go first
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TryOut:
    """Where a script would rank for one customer message, and which script leads there."""

    message: str
    rank: int | None
    score: float
    leader_id: str | None
    leader_title: str | None


def _give_back() -> None:
    """Return the memory that loading left free to the system; only glibc keeps it, and only glibc has the call."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Load without the cycle collector, which would walk everything again and again: a fifth of the start.

    What was loaded stays, so afterwards the collector need not walk it during a request either.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        _give_back()
        gc.freeze()
        if collecting:
            gc.enable()


class Copilot:
    """Every part of the product, ready to answer. One per process; thread-safe."""

    def __init__(
        self, settings: Settings, library: Library, store: ScriptStore, database: Database, parts: Parts
    ) -> None:
        self.settings = settings
        self.library = library
        self.store = store
        self.keys = IdempotencyKeys(database)
        self._supervisor = Supervisor(settings.supervisor_code)
        self.overrides = Overrides(database, self._supervisor)
        self._corrections = Corrections(database, library.taxonomy)
        self._database = database
        self._parts = parts
        self._pipeline = parts.pipeline
        self._similar: Similarity | None = None  # built when the first trainer asks
        self._finder = Finder((), library.taxonomy)
        self._finder_state: tuple[tuple[str, int, str], ...] = ()
        self._seen = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.refresh()
        self._fold()
        self._poller = threading.Thread(target=self._poll, name="kefu-changes", daemon=True)
        self._poller.start()

    @classmethod
    def open(cls, settings: Settings) -> "Copilot":
        """Load content, models and index, and open the database. Raises KefuError with a plain sentence."""
        with _uncollected(), loading.recollection(settings.data_dir):
            library = files.load(settings.content_dir)
            database = Database.open(settings.database, settings.data_dir)
            try:
                parts = loading.load(settings, library)
                store = ScriptStore(database, library.scripts, lambda script: files.check_script(script, library))
                return cls(settings, library, store, database, parts)
            except BaseException:
                database.close()
                raise

    def now(self) -> datetime:
        """Return the shop's time."""
        return datetime.now(self.settings.zone)

    def assist(self, message: Message) -> Assist:
        """Return everything the agent needs for one customer message."""
        return self._pipeline.assist(message)

    def check(self, draft: Draft) -> Check:
        """Return the check of an agent's draft in its conversation."""
        analysis = self._last_customer(draft)
        if analysis is None:
            return self._parts.checker.check(draft)
        return self._parts.checker.check(draft, analysis.severity.level != "none", analysis.severity.level)

    def correct(self, message: Message, said: Labels) -> Correction:
        """Keep what a person says we read wrong in a message. Raises InvalidInput for unknown labels."""
        return self._corrections.record(message.text, said, self._pipeline.analyse(message))

    def _last_customer(self, draft: Draft) -> Analysis | None:
        """Return the analysis of the customer's last message before the draft, if there is one."""
        for at in range(len(draft.history) - 1, -1, -1):
            turn = draft.history[at]
            if turn.role == "customer":
                return self._pipeline.analyse(Message(turn.text, draft.now, draft.history[:at], draft.context))
        return None

    @property
    def supervised(self) -> bool:
        """Whether a supervisor's code was set, so that a blocked draft can be released."""
        return self._supervisor.exists

    def problems(self) -> list[str]:
        """Return why the service is not ready; empty when it is."""
        return [] if self._poller.is_alive() else ["看不到其他进程发布的话术：轮询线程已停止"]

    @property
    def degraded(self) -> str | None:
        """What does not work fully, as a sentence for people; None when all does."""
        return self._parts.degraded

    @property
    def entries(self) -> int:
        """Number of scripts that can be found."""
        return self._pipeline.search.size

    def review(self, script: Script) -> list[Remark]:
        """Return what a trainer should know before saving a script."""
        return self._parts.reviewer(self._likeness()).review(script)

    def review_fields(self, fields: Mapping[str, object]) -> list[Remark]:
        """Return the same for a script that may still be incomplete."""
        return self._parts.reviewer(self._likeness()).review_fields(fields)

    def _likeness(self) -> Similarity:
        scripts = self._pipeline.search.scripts
        with self._lock:
            self._similar = self._similar.updated(scripts) if self._similar else Similarity(scripts)
            return self._similar

    def find(
        self,
        query: str,
        *,
        type: str | None = None,
        technique: str | None = None,
        state: str | None = None,
        limit: int = 50,
    ) -> list[StoredScript]:
        """Return the library entries that match words or pinyin initials, best first."""
        return self._found().find(query, type=type, technique=technique, state=state, limit=limit)

    def _found(self) -> Finder:
        """Return the finder over the scripts as they are now; kept, with its pronunciations, while nothing changes."""
        items = tuple(self.store.all())
        state = tuple((item.id, item.revision, item.state) for item in items)
        with self._lock:
            if state != self._finder_state:
                self._finder, self._finder_state = Finder(items, self.library.taxonomy), state
            return self._finder

    def try_out(self, script: Script, messages: Sequence[str]) -> list[TryOut]:
        """Return, for each message, where the script would rank if it were published now."""
        trial = self._pipeline.search.with_changes({script.id: script})
        return [self._tried(trial, script, text) for text in messages]

    def _tried(self, trial: ScriptSearch, script: Script, text: str) -> TryOut:
        rank, score, leader = self._parts.rank(trial, script.id, Message(text, self.now()), TRY_OUT_DEPTH)
        return TryOut(text, rank, score, leader, trial.scripts[leader].title if leader else None)

    def refresh(self) -> bool:
        """Take in scripts published since the last look, here or in another process. Returns whether any were."""
        with self._lock:
            seen, changed = self.store.changes_since(self._seen)
            if changed:
                overrides = self.store.published_overrides(changed if self._seen else None)
                self._pipeline.search = self._pipeline.search.with_changes(overrides)
            self._seen = seen
            return bool(changed)

    def close(self) -> None:
        """Stop the poller and close the database."""
        self._stop.set()
        self._poller.join(timeout=5)
        self._database.close()

    def warm(self) -> None:
        """Check some replies in the background: their checks are remembered, and the rules they meet are compiled."""
        threading.Thread(target=self._read_replies, name="kefu-warm", daemon=True).start()

    def _read_replies(self) -> None:
        scripts = list(self.library.scripts.values())
        values = SlotValues(self.settings, Context(), self.now(), "general")
        for script in scripts[:: len(scripts) // WARM_REPLIES + 1]:
            if self._stop.wait(WARM_PAUSE_S):
                return
            if filled := values.fill(script.reply):
                self._parts.checker.suggestion(filled[0], (), Context(), script.intensity[0] > 0)

    def _fold(self) -> None:
        """Fold a grown tail away; requests go on with the view they hold."""
        if self._pipeline.search.grown:
            with self._lock:
                self._pipeline.search = self._pipeline.search.compacted()

    def _poll(self) -> None:
        while not self._stop.wait(self.settings.poll_seconds):
            try:
                self.refresh()
                self._fold()
            except Exception:  # a passing database fault must not end the polling
                log.exception("looking for published scripts failed")
