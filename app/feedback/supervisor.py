"""The supervisor's word, until there are accounts: one code, compared in constant time, guessed at most a few times.

See docs/decisions/0010-one-supervisor-code-until-accounts.md.
"""

import hmac
import threading
from collections import deque
from collections.abc import Callable
from math import ceil
from time import monotonic

from pydantic import SecretStr

from app.errors import SupervisorRequired, TooManyAttempts, WrongCode

WRONG_CODES = 5
WINDOW_S = 15 * 60


class Supervisor:
    """Says whether a code is the supervisor's. One per process; thread-safe."""

    def __init__(self, code: SecretStr, clock: Callable[[], float] = monotonic) -> None:
        self._code = code.get_secret_value().encode()
        self._clock = clock
        self._wrong: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether a code was set: without one nobody is the supervisor."""
        return bool(self._code)

    def confirm(self, code: str | None) -> None:
        """Return when `code` is right. Raises SupervisorRequired, WrongCode, or TooManyAttempts however right it is."""
        if not self.exists:
            raise SupervisorRequired(
                "这条草稿不得发送。没有设置主管码（KEFU_SUPERVISOR_CODE），谁也不能放行，请修改草稿"
            )
        if code is None:
            raise SupervisorRequired("这条草稿不得发送，只有主管可以放行")
        mine = self._counted()
        if not hmac.compare_digest(self._code, code.encode("utf-8", "replace")):
            raise WrongCode("主管码不对")
        with self._lock:
            self._wrong.remove(mine)

    def _counted(self) -> float:
        """Count an attempt as wrong before it is looked at: many at once must not all get through."""
        with self._lock:
            now = self._clock()
            while self._wrong and now - self._wrong[0] >= WINDOW_S:
                self._wrong.popleft()
            if len(self._wrong) >= WRONG_CODES:
                wait = ceil(WINDOW_S - (now - self._wrong[0]))
                raise TooManyAttempts(f"主管码错得太多，请 {ceil(wait / 60)} 分钟后再试", wait)
            self._wrong.append(now)
            return now
