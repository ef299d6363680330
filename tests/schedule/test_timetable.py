"""When a job is due, by what its lake says of its past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from harvester.errors import SpecError
from harvester.model import Job
from harvester.schedule import address, plans_of
from harvester.schedule.past import Past
from harvester.schedule.timetable import NEVER, Planned, Timetable
from harvester.settings import Settings
from tests.schedule.days import START, job, plan

NIGHTLY = "0 2 * * *"
NOON = START + timedelta(hours=12)


def opened(*plans: Planned, now: datetime = NOON, catch_up: bool = True) -> Timetable:
    timetable = Timetable(plans)
    timetable.open(now, catch_up=catch_up)
    return timetable


@pytest.mark.parametrize(
    ("began", "starts"),
    [
        (None, NOON),
        (START - timedelta(days=9), START - timedelta(days=9) + timedelta(hours=2)),
        (START + timedelta(hours=1, minutes=59), START + timedelta(hours=2)),
        (START + timedelta(hours=2), START + timedelta(days=1, hours=2)),
        (START + timedelta(hours=2, seconds=0.5), START + timedelta(days=1, hours=2)),
        (NOON + timedelta(days=40), START + timedelta(days=1, hours=2)),
    ],
    ids=["never", "days ago", "just before", "at that time", "just after", "in the future"],
)
def test_when_it_starts(began: datetime | None, starts: datetime) -> None:
    (planned,) = opened(plan("a", NIGHTLY, began=began)).plans
    assert planned.starts == planned.due == starts


def test_many_missed_times_are_one_run() -> None:
    timetable = opened(plan("a", NIGHTLY, began=START - timedelta(days=9)))
    (due,) = timetable.startable(NOON, 1)
    timetable.begin(due)
    assert timetable.startable(NOON, 1) == []
    timetable.end(due, NOON)
    assert timetable.startable(NOON, 1) == []
    assert timetable.next_start(NOON) == START + timedelta(days=1, hours=2)


def test_an_interrupted_run_goes_on_at_once() -> None:
    planned = plan("a", NIGHTLY)
    planned.past = replace(planned.past, began=NOON, waiting=True)
    assert opened(planned).startable(NOON, 1) == [planned]


@pytest.mark.parametrize(
    "past", [Past(), Past(START - timedelta(days=9)), Past(NOON, waiting=True)]
)
def test_without_catching_up_it_waits_for_the_next_time(past: Past) -> None:
    timetable = opened(Planned(job("a", NIGHTLY), "lake", past), catch_up=False)
    assert timetable.startable(NOON, 1) == []
    assert timetable.next_start(NOON) == START + timedelta(days=1, hours=2)


def test_who_has_waited_longest_comes_first() -> None:
    late, later = plan("late", NIGHTLY, "x"), plan("later", "0 3 * * *", "x")
    other = plan("other", "0 4 * * *", "y")
    timetable = opened(other, later, late, now=START)
    assert timetable.startable(NOON, 9) == [late, other]
    assert timetable.startable(NOON, 1) == [late]


def test_where_nothing_waits_there_is_no_next_start() -> None:
    assert opened().next_start(NOON) == NEVER


@pytest.mark.parametrize(
    "schedule", ["0 0 L * *", "0 0 * * mon#2", "0 0 1 * mon", "30 1-5/2 * * *"]
)
def test_times_are_in_utc_and_rise(schedule: str) -> None:
    timetable = opened(plan("a", schedule))
    (planned,) = timetable.plans
    for _ in range(20):
        before = planned.due
        timetable.end(planned, before)
        assert planned.due > before
        assert planned.due.tzinfo is UTC


def test_each_job_needs_a_time_and_a_name_of_its_own() -> None:
    unscheduled = Job("a", (), source="a.yaml")
    twin = replace(job("b", NIGHTLY), source="twin.yaml")
    with pytest.raises(SpecError) as caught:
        plans_of([unscheduled, job("b", NIGHTLY), twin], Settings())
    first, *others = str(caught.value).splitlines()
    assert first.startswith("a.yaml: the job has no 'schedule', so it is never due (such as sched")
    assert others == [
        "b.yaml: another of these jobs is called 'b' too",
        "twin.yaml: another of these jobs is called 'b' too",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [("127.0.0.1:9464", ("127.0.0.1", 9464)), ("[::1]:0", ("::1", 0)), ("box:1", ("box", 1))],
)
def test_an_address(text: str, found: tuple[str, int]) -> None:
    assert address(text) == found


@pytest.mark.parametrize("text", ["9464", ":9464", "box:", "box:x", "box:65536", "::1:80", "a:-1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SpecError, match=r"--listen must be HOST:PORT such as 127\.0\.0\.1:9464"):
        address(text)
