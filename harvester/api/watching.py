"""Watching a run from a program: a line that is written over, or a function that is called."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TextIO, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from harvester.engine import Live

__all__ = ["Progress", "Watch", "Watcher", "watch"]

#: How much the last moment weighs against those before it.
_SMOOTH = 0.3
_MINUTE = 60


class Progress(Struct, frozen=True):
    """How far a run is; `expected` grows as NCBI tells more of its counts, and is None before."""

    job: str
    stage: str
    """`harvesting`, then `publishing`."""
    seconds: float
    records: int = 0
    expected: int | None = None
    requests: int = 0
    retries: int = 0
    requests_per_second: float = 0.0
    limit: float = 0.0
    """Requests a second that are allowed now."""
    seconds_left: float | None = None

    def line(self) -> str:
        """The same in one line of less than 80 characters."""
        if self.stage == "publishing":
            return f"{self.job[:20]}: {self.records:,} records, publishing"
        left = "" if self.seconds_left is None else f", {_clock(self.seconds_left)} left"
        of = "" if self.expected is None else f" of {self.expected:,}"
        rate = f"{self.requests_per_second:.1f} of {self.limit:.1f} requests/s"
        return f"{self.job[:20]}: {self.records:,}{of} records, {rate}{left}"


Watcher: TypeAlias = Callable[[Progress], None]


class Watch:
    """Turns what the engine shows into `Progress`, and hands it on."""

    interval = 0.5

    def __init__(self, job: str, tell: Watcher) -> None:
        self._tell = tell
        self._began = time.monotonic()
        self._last = Progress(job, "harvesting", 0.0)
        self._speed = self._rate = 0.0

    def tick(self, live: Live) -> None:
        """Called by the engine at each interval."""
        last, seconds = self._last, time.monotonic() - self._began
        passed = max(seconds - last.seconds, 1e-3)
        records, requests = live.received.total(), live.traffic.requests
        self._speed += _SMOOTH * ((records - last.records) / passed - self._speed)
        self._rate += _SMOOTH * ((requests - last.requests) / passed - self._rate)
        expected = live.expected.total() or None
        self._last = Progress(
            last.job,
            "harvesting",
            seconds,
            records,
            expected,
            requests,
            live.traffic.retried,
            requests_per_second=self._rate,
            limit=live.rate,
            seconds_left=_left(expected, records, self._speed),
        )
        self._tell(self._last)

    def publishing(self) -> None:
        """The harvest is in, the database is being built."""
        seconds = time.monotonic() - self._began
        self._last = replace(self._last, stage="publishing", seconds=seconds, seconds_left=None)
        self._tell(self._last)


class _Line:
    """One line that is written over, on a terminal and under a notebook's cell alike."""

    def __init__(self, target: TextIO) -> None:
        self._target = target
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        line = progress.line()
        self._target.write("\r" + line.ljust(self._width))
        self._target.flush()
        self._width = len(line)

    def close(self) -> None:
        """Leaves nothing behind: what came of it is in the summary."""
        if self._width:
            self._target.write("\r" + " " * self._width + "\r")
            self._target.flush()


@contextmanager
def watch(job: str, *, progress: bool | Watcher | None) -> Iterator[Watch]:
    """Who watches: a function, a line where somebody looks (`None`), always, or nobody."""
    if callable(progress):
        yield Watch(job, progress)
        return
    target = _target() if progress is None else sys.stderr if progress else None
    if target is None:
        yield Watch(job, lambda _: None)
        return
    with closing(_Line(target)) as line:
        yield Watch(job, line)


def _target() -> TextIO | None:
    """Where somebody looks at: a notebook's cell, a terminal."""
    if _in_notebook():
        return sys.stdout
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None


def _in_notebook() -> bool:
    """Whether this process is a notebook's kernel; if so, IPython is loaded already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def _left(expected: int | None, records: int, speed: float) -> float | None:
    if expected is None or speed <= 0:
        return None
    return max(0, expected - records) / speed


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
