"""A day of schedule in a moment: no drift, no overlap, nothing forgotten, nothing that grows."""

from __future__ import annotations

import asyncio
import gc
import threading
import tracemalloc
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import pytest
from cronsim import CronSim
from prometheus_client import generate_latest

from harvester.model import Job
from harvester.schedule.child import Child, Ended
from harvester.schedule.clock import SystemClock
from harvester.schedule.figures import Figures
from harvester.schedule.scheduler import Scheduler
from harvester.schedule.timetable import Planned, Timetable
from tests.schedule.days import START, Leaping, Loops, Seen, echo, plan, summary
from tests.unit import clock

DAY = timedelta(days=1)
JITTER = 20.0
FAILED = Ended(4, summary("", status="failed"))


class Nobody:
    """Watches nothing."""

    def ended(self, plan: Planned, ended: Ended, began: datetime, moment: datetime) -> None:
        del plan, ended, began, moment


def simulate(
    plans: Iterable[Planned],
    seen: Seen,
    *,
    parallel: int = 8,
    jitter: float = JITTER,
    length: timedelta = DAY,
) -> Seen:
    """Runs a schedule for so long by a clock that jumps."""

    async def work() -> None:
        timetable = Timetable(plans, jitter, Random(7))
        timetable.open(Loops().now())
        scheduler = Scheduler(timetable, seen, Nobody(), Loops(), parallel)
        asyncio.get_running_loop().call_later(length.total_seconds(), scheduler.stop)
        await scheduler.work()

    clock.run(work())
    return seen


def times(schedule: str, after: datetime, until: datetime) -> list[datetime]:
    """The times that cron names after a moment and up to another."""
    found: list[datetime] = []
    for moment in CronSim(schedule, after):
        if moment > until:
            return found
        found.append(moment)
    return found


def test_each_time_is_met_at_that_time_all_day_long() -> None:
    seen = simulate([plan("often", "* * * * *")], Seen({"often": 7.0}))
    due = times("* * * * *", START, START + DAY - timedelta(seconds=JITTER + 1))
    late = [(run - time).total_seconds() for run, time in zip(seen.of("often"), due, strict=False)]
    assert len(seen.of("often")) in (1439, 1440)
    assert 0 <= min(late) < 2 < JITTER - 2 < max(late) <= JITTER + 0.1
    early, evening = late[:60], late[-60:]
    assert abs(sum(early) - sum(evening)) / 60 < JITTER / 2, "it drifts"


BUSY = {
    "often": ("*/15 * * * *", "one", 300.0),
    "long": ("7 * * * *", "one", 1800.0),
    "longer": ("0 */6 * * *", "two", 4 * 3600.0),
    "failing": ("0,30 * * * *", "two", 60.0),
    "breaking": ("20 * * * *", "three", 1.0),
}


@pytest.fixture(scope="module")
def busy() -> Seen:
    """A day of five jobs that want three lakes, of which two are in use most of the time."""
    plans = [plan(name, schedule, lake) for name, (schedule, lake, _) in BUSY.items()]
    seconds = {name: took for name, (_, _, took) in BUSY.items()}
    return simulate(plans, Seen(seconds, {"failing": [FAILED], "breaking": [Ended(1)]}))


def meet(one: tuple[Job, datetime, datetime], other: tuple[Job, datetime, datetime]) -> bool:
    return one[1] < other[2] and other[1] < one[2]


def test_runs_of_one_lake_never_overlap_and_those_of_others_may(busy: Seen) -> None:
    meeting = [(a[0].lake, b[0].lake) for a, b in combinations(busy.spans, 2) if meet(a, b)]
    assert ("one", "two") in meeting or ("two", "one") in meeting
    assert all(one != other for one, other in meeting)


@pytest.mark.parametrize("name", BUSY)
def test_what_is_missed_while_a_lake_is_busy_is_made_up_for_once(name: str, busy: Seen) -> None:
    schedule = BUSY[name][0]
    runs = busy.of(name)
    for before, run in pairwise([START, *runs]):
        assert times(schedule, before, run), f"{run} serves no time"
    last_end = max(end for _, _, end in busy.spans)
    left = times(schedule, runs[-1], last_end - timedelta(hours=4, seconds=JITTER))
    assert not left, "forgotten"


def test_a_job_that_fails_or_breaks_is_run_again_at_its_next_time(busy: Seen) -> None:
    assert len(busy.of("breaking")) == 24
    assert len(busy.of("failing")) > 10


def test_so_many_runs_at_once_and_no_more() -> None:
    plans = [plan(name, "*/10 * * * *", name) for name in "abcd"]
    seen = simulate(plans, Seen(dict.fromkeys("abcd", 200.0)), parallel=2)
    assert {len(seen.of(name)) for name in "abcd"} <= {143, 144}
    for one, other, third in combinations(seen.spans[-40:], 3):
        assert not (meet(one, other) and meet(other, third) and meet(one, third))
    alone = simulate(plans, Seen(dict.fromkeys("abcd", 200.0)), parallel=1, jitter=0)
    assert not any(meet(a, b) for a, b in combinations(alone.spans[:100], 2))
    assert {len(alone.of(name)) for name in "abcd"} <= {106, 107, 108}, "each has its turn"


def test_a_lake_that_somebody_else_holds_is_tried_again_each_minute() -> None:
    ends = [Ended(5)] * 9 + [Ended(0, summary("a"))]
    length = timedelta(hours=2, minutes=30)
    seen = simulate([plan("a", "0 * * * *")], Seen({"a": 1.0}, {"a": ends}), length=length)
    first, second = seen.of("a")[:10], seen.of("a")[10:]
    assert [(b - a).total_seconds() for a, b in pairwise(first)] == pytest.approx([61.0] * 9)
    assert second[0].hour == 2, "the next one is at its own time again"


@pytest.mark.parametrize(
    "cut", [Ended(-9), Ended(143), Ended(130, summary("a", status="interrupted"))]
)
def test_what_is_cut_short_goes_on_a_minute_later_but_not_for_ever(cut: Ended) -> None:
    good = Ended(0, summary("a"))
    ends = [cut, good, cut, cut, good, cut, Ended(5), good, good]
    seen = simulate(
        [plan("a", "0 * * * *")],
        Seen({"a": 1.0}, {"a": ends}),
        jitter=0,
        length=timedelta(hours=5, minutes=30),
    )
    minutes = [(run.hour, run.minute) for run in seen.of("a")]
    assert minutes == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (4, 0), (4, 1), (4, 2), (5, 0)]


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


class Counted:
    """A real process a run, and what this process holds at the end of each simulated hour."""

    def __init__(self) -> None:
        self.timetable = Timetable(
            [plan("five", "*/5 * * * *"), plan("hourly", "3 * * * *", "other")], JITTER, Random(7)
        )
        self.clock = Leaping(self.timetable, START + DAY, self.stop)
        self.timetable.open(START)
        self.figures = Figures(self.timetable.plans, self.clock)
        self._child = Child(echo)
        self.scheduler = Scheduler(self.timetable, self.run, self.figures, self.clock)
        self.held: list[tuple[int, int, int, int]] = []
        self.runs = 0

    def stop(self) -> None:
        self.scheduler.stop()

    async def run(self, job: Job) -> Ended:
        ended = await self._child(job)
        self.runs += 1
        self.clock.moment += timedelta(minutes=2)
        if job.name == "hourly":
            page = len(generate_latest(self.figures.registry))
            gc.collect()
            memory, _ = tracemalloc.get_traced_memory()
            self.held.append((open_files(), threading.active_count(), page // 256, memory))
        return ended


def test_a_day_of_real_processes_leaves_nothing_behind() -> None:
    tracemalloc.start()
    try:
        counted = asyncio.run(_counting())
    finally:
        tracemalloc.stop()
    files, threads, pages, memory = zip(*counted.held[4:], strict=True)
    assert len(counted.held) == 24
    assert counted.runs > 280
    assert max(files) - min(files) <= 2, files
    assert max(threads) - min(threads) <= 1, threads
    assert max(pages) - min(pages) <= 1, pages
    assert max(memory) - memory[0] < 50_000, memory
    runs = 'harvester_runs_total{job="five",status="complete"}'
    assert counted.figures.registry.get_sample_value("harvester_requests_total", {"job": "five"})
    assert (
        f"{runs} {float(counted.runs - 24)}" in generate_latest(counted.figures.registry).decode()
    )


async def _counting() -> Counted:
    counted = Counted()
    await counted.scheduler.work()
    return counted


def test_the_machine_clock_rests_no_longer_than_told_and_wakes_when_told() -> None:
    async def rest() -> float:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        await SystemClock().rest(3600, woken)
        loop.call_later(60, woken.set)
        await SystemClock().rest(3600, woken)
        return loop.time()

    assert clock.run(rest()) == pytest.approx(3660, abs=1)
