"""What the process tells of itself: lakes, late jobs, and figures that add up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from harvester.errors import SpecError
from harvester.schedule.child import Ended
from harvester.schedule.clock import SystemClock
from harvester.schedule.figures import Figures
from harvester.schedule.readiness import Readiness
from harvester.schedule.timetable import Planned, Timetable
from harvester.schedule.web import serve
from tests.schedule.days import START, plan, summary


class Stopped(SystemClock):
    """Says what it is told to say."""

    moment = START

    def now(self) -> Any:
        return self.moment


@pytest.fixture
def watched(tmp_path: Path) -> tuple[Planned, Figures, Stopped]:
    clock = Stopped()
    planned = plan("job", "0 2 * * *", str(tmp_path / "new" / "lake"))
    Timetable([planned]).open(START)
    return planned, Figures([planned], clock), clock


def faults(planned: Planned, figures: Figures, clock: Stopped) -> list[str]:
    return asyncio.run(Readiness([planned], figures, clock).faults())


def ended(figures: Figures, planned: Planned, end: Ended, seconds: float = 60) -> None:
    now = figures._clock.now()  # noqa: SLF001 - the clock of this test
    figures.ended(planned, end, now - timedelta(seconds=seconds), now)


def test_two_times_without_success_are_too_many(watched: tuple[Planned, Figures, Stopped]) -> None:
    planned, figures, clock = watched
    ended(figures, planned, Ended(0, summary("job")))
    clock.moment = START + timedelta(days=1, hours=3)
    ended(figures, planned, Ended(4, summary("job", status="failed")))
    assert faults(*watched) == []
    clock.moment += timedelta(seconds=1)
    assert faults(*watched) == ["job job has had no success since 2026-03-01T00:00:00Z"]
    ended(figures, planned, Ended(0, summary("job")))
    assert faults(*watched) == []


def test_a_lake_that_cannot_be_written_is_told(
    watched: tuple[Planned, Figures, Stopped], tmp_path: Path
) -> None:
    (tmp_path / "new").write_text("no folder")
    (fault,) = faults(*watched)
    assert str(tmp_path / "new" / "lake") in fault


def test_a_run_that_goes_on_is_not_counted_twice(watched: tuple[Planned, Figures, Stopped]) -> None:
    planned, figures, _ = watched
    sample = figures.registry.get_sample_value
    cut = summary("job", "r1", "interrupted", requests=10)
    ended(figures, planned, Ended(143, cut))
    ended(figures, planned, Ended(0, summary("job", "r1", requests=25)))
    assert sample("harvester_requests_total", {"job": "job"}) == 25
    ended(figures, planned, Ended(0, summary("job", "r2", requests=4)))
    assert sample("harvester_requests_total", {"job": "job"}) == 29
    assert sample("harvester_run_seconds_total", {"job": "job"}) == 180
    ended(figures, planned, Ended(5))
    ended(figures, planned, Ended(-11))
    statuses = ("complete", "partial", "failed", "interrupted", "locked", "error")
    runs = [sample("harvester_runs_total", {"job": "job", "status": status}) for status in statuses]
    assert runs == [2, 0, 0, 1, 1, 1]


def test_lag_counts_from_the_last_success_else_from_the_beginning(
    watched: tuple[Planned, Figures, Stopped],
) -> None:
    planned, figures, clock = watched
    name, labels = "harvester_seconds_since_success", {"job": "job"}
    clock.moment = START + timedelta(hours=5)
    assert figures.registry.get_sample_value(name, labels) == 5 * 3600
    known = replace(planned, past=replace(planned.past, succeeded=START - timedelta(hours=1)))
    assert Figures([known], clock).registry.get_sample_value(name, labels) == 6 * 3600
    ended(figures, planned, Ended(0, summary("job")))
    assert figures.registry.get_sample_value(name, labels) == 0


def test_a_port_that_is_taken_is_told(watched: tuple[Planned, Figures, Stopped]) -> None:
    planned, figures, clock = watched

    async def twice() -> None:
        readiness = Readiness([planned], figures, clock)
        async with serve("127.0.0.1", 0, figures.registry, readiness) as url:
            port = int(url.rpartition(":")[2])
            async with serve("127.0.0.1", port, figures.registry, readiness):
                pass

    with pytest.raises(SpecError, match=r"cannot listen on 127\.0\.0\.1:\d+: .* \(choose another"):
        asyncio.run(twice())
