"""Watching a run: bars on a terminal, one log line a minute elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from msgspec.structs import replace
from rich.console import Group
from rich.live import Live as Display

from harvester.bottleneck import Bottleneck, Remaining
from harvester.cli.bars import Row, View, lines
from harvester.cli.screen import console
from harvester.engine import Live
from harvester.model import Job
from harvester.summary import describe
from harvester.texts import printable

__all__ = ["Bars", "LogLines", "bars"]

_log = structlog.get_logger(__name__)

#: Seconds between two lines of the log.
_OFTEN = 60.0


class _RequestRate:
    """Requests a second over the last moments."""

    def __init__(self) -> None:
        self._last = (time.monotonic(), 0)
        self.value = 0.0

    def update(self, requests: int) -> float:
        now = time.monotonic()
        then, before = self._last
        if now - then >= 1.0:
            self.value = (requests - before) / (now - then)
            self._last = (now, requests)
        return self.value


class LogLines:
    """One line a minute, for runs that nobody watches."""

    interval = 1.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._before = 0
        self._bottleneck, self._remaining = Bottleneck(), Remaining(clock)

    def tick(self, live: Live) -> None:
        """Takes a sample, and logs how far the run is where it is time to."""
        limited_by, left = self._bottleneck.note(live), self._remaining.note(live)
        now, requests = self._clock(), live.traffic.requests
        if (passed := now - self._last) < _OFTEN:
            return
        _log.info(
            "progress",
            records=live.received.total(),
            expected=live.expected.total(),
            requests=requests,
            requests_per_second=round((requests - self._before) / passed, 2),
            retries=live.traffic.retried,
            limited_by=limited_by,
            seconds_left=None if left is None else round(left),
        )
        self._last, self._before = now, requests


class Bars:
    """A bar for all, what limits the run, and a bar a query."""

    interval = 0.25

    def __init__(self, job: Job) -> None:
        self.display: Display | None = None
        self._labels = {query.id: printable(describe(query)) for query in job.queries}
        self._rate, self._bottleneck = _RequestRate(), Bottleneck()
        self._remaining = Remaining(time.monotonic)
        self.view = View(job.name, tuple(Row(label, 0, None) for label in self._labels.values()))

    def tick(self, live: Live) -> None:
        """Moves the bars."""
        self.view = View(
            self.view.name,
            tuple(
                Row(label, live.received[query], live.expected.get(query))
                for query, label in self._labels.items()
            ),
            speed=self._rate.update(live.traffic.requests),
            rate=live.rate,
            limited_by=self._bottleneck.note(live),
            again=live.traffic.retried,
            left=self._remaining.note(live),
        )
        self._show()

    def publishing(self) -> None:
        """Says that the harvest is in and the database is being built."""
        self.view = replace(self.view, publishing=True)
        self._show()

    def _show(self) -> None:
        if self.display is not None:
            self.display.refresh()


@contextmanager
def bars(job: Job) -> Iterator[Bars]:
    """Shows bars on stderr while the block runs."""
    shown, screen = Bars(job), console(stderr=True)

    def picture() -> Group:
        plain = screen.options.ascii_only
        return Group(*lines(shown.view, screen.width, screen.height, ascii_only=plain))

    # Each tick shows itself: a thread for it could outlive the run, and be cut off at the exit.
    display = Display(
        console=screen,
        get_renderable=picture,
        auto_refresh=False,
        transient=True,
        vertical_overflow="crop",
    )
    with display:
        shown.display = display
        display.refresh()
        yield shown
