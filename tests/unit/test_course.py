"""A run over time, in memory that does not grow: nothing is lost, nothing is moved far."""

from __future__ import annotations

import json
import math
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.course import MOST, Course, edge, joined
from harvester.ledger import Ledger

BEGAN = 1000.0


class Clock:
    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> float:
        return self.now


def _course(events: list[tuple[float, int]], limit: float = 5.0) -> tuple[Course, list[float]]:
    """A course of events: how long after the last one, and what; and when each of them was."""
    clock = Clock()
    course = Course(limit, clock)
    moments = list(accumulate(pause for pause, _ in events))
    for moment, (_, kind) in zip(moments, events, strict=True):
        clock.now = BEGAN + moment
        if kind == 0:
            course.sent(limit)
        elif kind == 1:
            course.again()
        else:
            course.came(kind)
    return course, moments


def _passed(moment: float) -> float:
    """As the clock has it."""
    return (BEGAN + moment) - BEGAN


PAUSES = st.floats(0, 1) | st.floats(0, 10_000)
EVENTS = st.lists(st.tuples(PAUSES, st.integers(0, 1000)), max_size=80)


@given(EVENTS)
def test_everything_is_counted_in_the_span_that_it_fell_in(events: list[tuple[float, int]]) -> None:
    course, moments = _course(events)
    assert len(course.spans) <= MOST
    found: dict[tuple[int, int], int] = {}
    for moment, (_, kind) in zip(moments, events, strict=True):
        place = int(_passed(moment) / course.width)
        found[place, min(kind, 2)] = found.get((place, min(kind, 2)), 0) + max(1, kind)
    for place, span in enumerate(course.spans):
        told = (span.requests, span.again, span.records)
        assert told == tuple(found.get((place, kind), 0) for kind in range(3))
    last = max((place for place, _ in found), default=-1)
    assert len(course.spans) == last + 1


@given(EVENTS)
def test_a_course_comes_back_from_json_as_it_was(events: list[tuple[float, int]]) -> None:
    course, _ = _course(events)
    course.took(0.3)
    course.took(700.0)
    again = Course.of(json.loads(json.dumps(course.document())))
    assert again.document() == course.document()
    assert (again.spans, again.latencies) == (course.spans, course.latencies)


@given(st.lists(EVENTS, max_size=5))
def test_attempts_stand_side_by_side(attempts: list[list[tuple[float, int]]]) -> None:
    courses = [_course(events)[0] for events in attempts]
    before = [one.document() for one in courses]
    whole, begins = joined(courses)
    assert len(whole.spans) <= MOST
    for name in ("requests", "again", "records"):
        parts = [sum(getattr(span, name) for span in one.spans) for one in courses]
        ends = [*begins[1:], len(whole.spans)]
        told = [
            sum(getattr(span, name) for span in whole.spans[first:last])
            for first, last in zip(begins, ends, strict=False)
        ]
        assert told == parts
    assert [one.document() for one in courses] == before


def test_very_many_attempts_have_a_span_each() -> None:
    courses = [_course([(0.0, 0), (700.0, 0)])[0] for _ in range(MOST + 10)]
    whole, begins = joined(courses)
    assert begins == list(range(MOST + 10))
    assert [span.requests for span in whole.spans] == [2] * (MOST + 10)


def test_the_slowest_pace_of_a_span_is_told() -> None:
    clock = Clock()
    course = Course(10.0, clock)
    for moment, rate in ((0.0, 10.0), (0.5, 5.0), (1.5, 2.5), (2.5, 10.0)):
        clock.now = BEGAN + moment
        course.sent(rate)
    assert [span.rate for span in course.spans] == [5.0, 2.5, 10.0]
    course.fold()
    assert [(span.rate, span.requests) for span in course.spans] == [(2.5, 3), (10.0, 1)]


@given(st.lists(st.floats(0.0, 900.0), min_size=1), st.sampled_from((0.5, 0.9, 0.99)))
def test_a_percentile_is_right_but_for_a_step(seconds: list[float], share: float) -> None:
    course = Course()
    for taken in seconds:
        course.took(taken)
    exact = sorted(seconds)[math.ceil(share * len(seconds) - 1e-9) - 1]
    found = course.percentile(share)
    assert found <= max(seconds)
    assert exact / 1.2 - 0.002 <= found <= exact * 1.2 + 0.002


def test_steps_of_latency_grow_by_a_fifth() -> None:
    assert edge(0) == pytest.approx(0.001)
    assert edge(5) / edge(4) == pytest.approx(1.19, abs=0.01)
    assert Course().percentile(0.5) == 0.0


def test_a_journal_tells_the_course_of_each_attempt_and_older_ones_need_not() -> None:
    course, _ = _course([(0.0, 0), (0.1, 500), (3.0, 1)])
    counts = {"requests": 1, "retries": 1, "throttled": 0, "bytes_received": 9, "seconds": 3.1}
    told = {"is": "traffic", "counts": counts}
    later = {**told, "reasons": {"timeout": 1}, "course": course.document()}
    attempt = {"is": "attempt", "at": "2026-11-21T02:00:00Z"}
    ledger = Ledger.replay([attempt, told, attempt, attempt, json.loads(json.dumps(later))])
    assert sorted(ledger.traffic) == [1, 3]
    assert ledger.traffic[1].course is None
    assert ledger.traffic[3].course is not None
    assert ledger.traffic[3].course.spans == course.spans
    assert ledger.total_traffic().retries == 2
    assert ledger.traffic[3].reasons == {"timeout": 1}
