"""What is known of the jobs, as Prometheus asks for it: a registry of its own, and few names.

A run that was interrupted and goes on tells in its summary what all of its attempts did: only what
is new since the last summary of the same run is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from harvester import __version__
from harvester.schedule.child import Ended
from harvester.schedule.clock import Clock
from harvester.schedule.timetable import NEVER, Planned

__all__ = ["Figures"]

_COUNTED = {
    "requests": "Requests sent to NCBI, repeated ones included.",
    "retries": "Requests that repeated an earlier one after a passing fault.",
    "throttled": "Answers by which NCBI asked to slow down (429).",
    "records": "Records received, duplicates included.",
    "bytes_received": "Bytes of answers as they travelled.",
    "quarantined": "Pieces of answers that could not be decoded.",
}
_CHANGES = ("added", "changed", "removed")
_STATUSES = ("complete", "partial", "failed", "interrupted", "locked", "error")


class _Told(Struct):
    """What the runs of one job have told so far."""

    plan: Planned
    succeeded: datetime | None
    since: datetime
    runs: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    last_seconds: float | None = None
    last_run: str = ""
    last: dict[str, int] = field(default_factory=dict)


class Figures(Collector):
    """Watches the scheduler and answers Prometheus."""

    def __init__(self, plans: Iterable[Planned], clock: Clock) -> None:
        self._clock = clock
        now = clock.now()
        self._jobs = {plan.job.name: _Told(plan, plan.past.succeeded, now) for plan in plans}
        self._rows: dict[tuple[str, str], int] = {
            (told.plan.job.lake, table): rows
            for told in self._jobs.values()
            for table, rows in told.plan.past.tables.items()
        }
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def ended(self, plan: Planned, ended: Ended, began: datetime, moment: datetime) -> None:
        """Takes in how a run ended."""
        told = self._jobs[plan.job.name]
        told.runs[ended.status] += 1
        if ended.status == "locked":
            return
        told.last_seconds = (moment - began).total_seconds()
        told.seconds += told.last_seconds
        if ended.good:
            told.succeeded = moment
        if ended.summary is not None:
            self._count(told, ended.summary)

    def _count(self, told: _Told, summary: Mapping[str, Any]) -> None:
        before = told.last if summary["run_id"] == told.last_run else {}
        told.last_run = str(summary["run_id"])
        told.last = {name: int(summary.get(name, 0)) for name in _COUNTED}
        for name, figure in told.last.items():
            told.totals[name] += max(0, figure - before.get(name, 0))
        for table, figures in summary["tables"].items():
            self._rows[told.plan.job.lake, table] = figures["rows"]
            for what in _CHANGES:
                told.changes[table, what] += figures[what]

    def watched_since(self, plan: Planned) -> datetime:
        """The job's last success, or when we began to watch where there is none."""
        told = self._jobs[plan.job.name]
        return told.succeeded or told.since

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now."""
        yield _gauge("build_info", "The release that runs.", ["version"], [((__version__,), 1)])
        yield self._runs()
        for name, doc in _COUNTED.items():
            rows = [((job,), told.totals[name]) for job, told in self._jobs.items()]
            yield _counter(name, doc, ["job"], rows)
        seconds = [((job,), told.seconds) for job, told in self._jobs.items()]
        yield _counter("run_seconds", "Seconds that runs took, all together.", ["job"], seconds)
        yield self._changes()
        yield from self._moments()
        yield _gauge("table_rows", "Rows of a table.", ["lake", "table"], self._rows.items())

    def _runs(self) -> Metric:
        rows = [
            ((job, status), told.runs[status])
            for job, told in self._jobs.items()
            for status in _STATUSES
        ]
        return _counter("runs", "Runs that ended, by how.", ["job", "status"], rows)

    def _changes(self) -> Metric:
        rows = [
            ((job, *which), count)
            for job, told in self._jobs.items()
            for which, count in told.changes.items()
        ]
        doc = "Rows that runs added, changed or removed."
        return _counter("changed_rows", doc, ["job", "table", "change"], rows)

    def _moments(self) -> Iterator[Metric]:
        now = self._clock.now()
        yield self._of_jobs(
            "last_success_timestamp_seconds",
            "When a run of the job was last complete.",
            lambda told: told.succeeded.timestamp() if told.succeeded else None,
        )
        yield self._of_jobs(
            "seconds_since_success",
            "Lag: seconds since the last success, or since this process began where there is none.",
            lambda told: (now - (told.succeeded or told.since)).total_seconds(),
        )
        yield self._of_jobs(
            "next_run_timestamp_seconds",
            "When the job runs next; in the past while it waits for its lake.",
            lambda told: None if told.plan.starts == NEVER else told.plan.starts.timestamp(),
        )
        yield self._of_jobs(
            "run_in_progress", "1 while a run is under way.", lambda told: told.plan.running
        )
        yield self._of_jobs(
            "last_run_seconds", "Seconds that the last run took.", lambda told: told.last_seconds
        )

    def _of_jobs(self, name: str, doc: str, figure: Callable[[_Told], float | None]) -> Metric:
        found = [((job,), figure(told)) for job, told in self._jobs.items()]
        known = [(labels, value) for labels, value in found if value is not None]
        return _gauge(name, doc, ["job"], known)


_Rows = Iterable[tuple[tuple[str, ...], float]]


def _gauge(name: str, doc: str, labels: list[str], rows: _Rows) -> Metric:
    return _filled(GaugeMetricFamily(f"harvester_{name}", doc, labels=labels), rows)


def _counter(name: str, doc: str, labels: list[str], rows: _Rows) -> Metric:
    return _filled(CounterMetricFamily(f"harvester_{name}", doc, labels=labels), rows)


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, rows: _Rows
) -> GaugeMetricFamily | CounterMetricFamily:
    for labels, value in rows:
        family.add_metric(labels, float(value))
    return family
