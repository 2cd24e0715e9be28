"""The straight line a customer message goes through. The only file that knows the order."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import perf_counter
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from app.analysis.analyst import Analyst
from app.assist.compose import compose
from app.assist.drafts import EPOCH, DraftChecker
from app.assist.knowledge import Knowledge
from app.assist.slots import SlotValues
from app.assist.technique import TechniqueTable
from app.library.files import Library
from app.records import Analysis, Assist, Check, Message, NormalText, Plan, Turn, Words
from app.retrieval.scale import Need
from app.retrieval.search import ScriptSearch
from app.retrieval.segment import Query
from app.settings import Settings
from app.text.encoder import Encoder
from app.text.normalise import normalise
from app.text.privacy import mask
from app.text.tokens import Tokens

CANDIDATES = 14
HISTORY_READ = 1_000  # characters of an earlier turn that are read; more adds time and no meaning
EARLIER_TURNS = 4  # of the customer that are searched with the message
EARLIER_SHARE = 0.5  # how much they count; both chosen on judged replies to 60 conversations (docs/decisions/0009)
ANALYSES = 128  # of conversations that are being answered
REMEMBERED = 2_048  # cleaned texts: a conversation sends its turns again with every message
log = logging.getLogger(__name__)


@lru_cache(maxsize=REMEMBERED)
def _clean(text: str) -> NormalText:
    return normalise(mask(text))


class Timer:
    """Milliseconds per stage."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time the block takes to `name`."""
        start = perf_counter()
        yield
        self.ms[name] = round(self.ms.get(name, 0.0) + (perf_counter() - start) * 1000, 3)


class Pipeline:
    """Message → Assist. Holds immutable parts; `search` is replaced as a whole when scripts change."""

    def __init__(
        self,
        library: Library,
        tokens: Tokens,
        encoder: Encoder | None,
        analyst: Analyst,
        techniques: TechniqueTable,
        search: ScriptSearch,
        knowledge: Knowledge,
        checker: DraftChecker,
        settings: Settings,
        degraded: str | None = None,
    ) -> None:
        self._library = library
        self._tokens = tokens
        self._encoder = encoder
        self._analyst = analyst
        self._techniques = techniques
        self.search = search
        self._knowledge = knowledge
        self._checker = checker
        self._settings = settings
        self._degraded = degraded
        self._kept = lru_cache(maxsize=ANALYSES)(self._analysis)

    def assist(self, message: Message) -> Assist:
        """Return analysis, technique, suggestions, the wrong answer to avoid and cards for one customer message."""
        timer = Timer()
        search = self.search
        with timer.stage("total"):
            with timer.stage("analysis"):
                words = self.words(message)
                analysis = self._analyst.analyse(words)
                plan = self._techniques.plan(analysis)
            with timer.stage("retrieval"):
                query = self.query(words)
                passages = search.search(query, Need(analysis, plan, message.context), CANDIDATES)
            with timer.stage("compose"):
                values = SlotValues(self._settings, message.context, message.now, analysis.severity.level)

                def check(text: str) -> Check:
                    with timer.stage("check"):
                        return self._checked(text, message, analysis)

                suggestions = compose(
                    plan, passages, search.scripts, values, check, self._library.sources_of, message.limit
                )
                cards = self._knowledge.cards(query.vector, analysis)
                avoid = self._knowledge.avoid(
                    query.vector, analysis, (search.scripts[s.script_id] for s in suggestions)
                )
        timer.ms["compose"] = round(timer.ms["compose"] - timer.ms.get("check", 0.0), 3)
        return Assist(uuid4().hex, analysis, plan, suggestions, avoid, cards, self._degraded, timer.ms)

    def words(self, message: Message) -> Words:
        """Return the message and its history cleaned, personal data masked."""
        normal = _clean(message.text)
        history = tuple((turn.role, _clean(turn.text[:HISTORY_READ])) for turn in message.history)
        return Words(normal, history)

    def query(self, words: Words) -> Query:
        """Return what to search for: the message, and more softly what the customer said in the last turns before."""
        earlier = [normal.text for role, normal in words.history if role == "customer"][-EARLIER_TURNS:]
        texts = [words.normal.text, *earlier]
        terms = [self._tokens.terms(text) for text in texts]
        weights = np.full(sum(map(len, terms)), EARLIER_SHARE, dtype=np.float32)
        weights[: len(terms[0])] = 1
        return Query(np.concatenate(terms), self._vector(texts), weights if earlier else None)

    def _vector(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        if self._encoder is None:
            return None
        now, *earlier = self._encoder.encode(texts)
        whole = now + EARLIER_SHARE * np.mean(earlier, axis=0) if earlier else now
        length = float(np.linalg.norm(whole))
        return np.asarray(whole / length if length else whole)

    def analyse(self, message: Message) -> Analysis:
        """Return the analysis alone; kept, because the same message is asked about with every pause in typing."""
        return self._kept(message.text, message.history)

    def _analysis(self, text: str, history: tuple[Turn, ...]) -> Analysis:
        return self._analyst.analyse(self.words(Message(text, EPOCH, history)))

    def plan(self, analysis: Analysis) -> Plan:
        """Return the technique for an analysis."""
        return self._techniques.plan(analysis)

    def _checked(self, text: str, message: Message, analysis: Analysis) -> Check:
        """A suggestion that could not be checked is not shown."""
        try:
            return self._checker.suggestion(text, message.history, message.context, analysis.is_complaint)
        except Exception:
            log.exception("the check of a suggestion failed")
            return Check("block", (), checked=False)
