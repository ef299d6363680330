"""Decides when NCBI as a whole does not answer, and how long that is borne. Pure: no waiting here.

Closed, all requests pass. After many failures in a row, over all chains, it opens: one request at a
time is let through to probe. A good answer closes it. Where the patience ends, a neutral question
decides: if that is answered, the trouble lies with the requests, not with NCBI.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from harvester.errors import TransientError
from harvester.fetch.diagnosis import diagnose

__all__ = ["TRIP", "Breaker"]

#: Failures in a row after which all requests pause; by chance alone one answer in five may be
#: lost, and eight in a row still come only once in 400,000.
TRIP = 8
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0
#: After so many good answers an outage is over for good, and the next one has the whole patience.
_RECOVERED = 100


class Breaker:
    """What is known of NCBI's health, from the failures and good answers of a run."""

    def __init__(
        self, patience: float, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self._patience = patience
        self._left = patience
        self._clock = clock
        self._chance = chance
        self._faults: Counter[str] = Counter()
        self._last = TransientError("")
        self._row = 0
        self._good = 0
        self._since = 0.0
        self._step = 0.0
        self._probe_at = 0.0
        self._alive_before = False
        self.open = False
        #: Why the run ends, once that is decided.
        self.verdict = ""

    @property
    def last(self) -> str:
        """The last fault."""
        return str(self._last)

    @property
    def failures(self) -> int:
        """Failures since the last good answer."""
        return self._row

    @property
    def waited(self) -> float:
        """Seconds since the first failure of the row."""
        return self._clock() - self._since

    @property
    def pause(self) -> float:
        """Seconds until the next probe may leave."""
        return max(0.0, self._probe_at - self._clock())

    @property
    def overdue(self) -> bool:
        """Whether the patience is used up, so that the neutral question decides."""
        return self.open and self.waited >= self._left

    def failed(self, error: TransientError, *, probe: bool = False) -> None:
        """Takes a failure in; enough of them in a row open the breaker."""
        if not self._row:
            self._since = self._clock()
            self._faults.clear()
        self._row += 1
        self._faults[error.reason] += 1
        self._last = error
        if self.open:
            if probe:
                self._schedule(self._step * 2)
        elif self._row >= TRIP or self._slow():
            self.open = True
            self._schedule(min(_FIRST_PAUSE, self._patience / 10))

    def answered(self) -> None:
        """Takes a good answer in, which closes the breaker."""
        if self.open:
            self._left = max(0.0, self._left - self.waited)
            self._good = 0
        self._close()
        self._good += 1
        if self._good >= _RECOVERED and not self._alive_before:
            self._left = self._patience

    def excuse(self) -> None:
        """NCBI answers others like the request that failed: it was not away at all."""
        self._close()

    def judge(self, *, alive: bool) -> None:
        """Takes the answer to the neutral question in; a dead NCBI ends the run.

        Once NCBI was found alive while requests failed, the question is asked at once the next
        time: an outage is waited out, a bad request is not, and not once for each chain.
        """
        if alive:
            self._left, self._alive_before = 0.0, True
            self._close()
        elif self._alive_before:
            self._left, self._alive_before = self._patience, False
            self._schedule(self._step)
        else:
            self.verdict = diagnose(self._faults, self.last, self.waited, self._patience)

    def _slow(self) -> bool:
        """Few failures, but of the kind that takes as long as the patience lasts."""
        return self._row > 1 and 0 < self._left <= self.waited

    def _close(self) -> None:
        self._row = 0
        self.open = False

    def _schedule(self, step: float) -> None:
        """The next probe: later each time, never in step with others, as late as NCBI wishes."""
        self._step = min(step, _LONGEST_PAUSE)
        pause = max(self._step * (0.5 + 0.5 * self._chance()), self._last.wait or 0.0)
        left = max(0.0, self._left - self.waited)
        self._probe_at = self._clock() + min(pause, left)
