"""Watching a run: bars on a terminal, one log line a minute elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from harvester.engine import Live
from harvester.model import Job
from harvester.summary import describe

__all__ = ["Bars", "LogLines", "bars"]

_log = structlog.get_logger(__name__)


#: What a query may take of a line of 80 characters, beside its bar and its numbers.
_WIDTH = 36


class _Records(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Records so far, of how many, and how fast."""
        total = f"{int(task.total):,}" if task.total else "?"
        speed = f" {task.speed:,.0f}/s" if task.speed else ""
        return Text(f"{int(task.completed):,}/{total}{speed}", style="cyan")


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

    interval = 60.0

    def __init__(self) -> None:
        self._rate = _RequestRate()
        self._started = False

    def tick(self, live: Live) -> None:
        """Logs how far the run is."""
        if self._started:
            _log.info(
                "progress",
                records=live.received.total(),
                expected=live.expected.total(),
                requests=live.traffic.requests,
                requests_per_second=round(self._rate.update(live.traffic.requests), 2),
                retries=live.traffic.retried,
            )
        self._started = True


class Bars:
    """A bar a query."""

    interval = 0.25

    def __init__(self, progress: Progress, job: Job) -> None:
        self._progress = progress
        self._rate = _RequestRate()
        self._name = escape(_short(job.name, 16))
        self._head = progress.add_task(f"[bold]{self._name}", total=None)
        self._tasks: dict[str, TaskID] = {
            query.id: progress.add_task(escape(_short(describe(query))), total=None)
            for query in job.queries
        }

    def tick(self, live: Live) -> None:
        """Moves the bars."""
        rate = self._rate.update(live.traffic.requests)
        requests = f"{rate:.1f} of {live.rate:.1f} requests/s"
        self._progress.update(
            self._head,
            completed=live.received.total(),
            total=live.expected.total() or None,
            description=f"[bold]{self._name}[/] {requests}",
        )
        for query, task in self._tasks.items():
            expected = live.expected.get(query)
            self._progress.update(task, completed=live.received[query], total=expected)

    def publishing(self) -> None:
        """Says that the harvest is in and the database is being built."""
        self._progress.update(self._head, description=f"[bold]{self._name}[/] publishing")


def _short(text: str, width: int = _WIDTH) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


@contextmanager
def bars(job: Job) -> Iterator[Bars]:
    """Shows bars on stderr while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        _Records(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bars(progress, job)
