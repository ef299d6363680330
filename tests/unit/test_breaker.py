"""When all requests pause, how long that is borne, and what is said at the end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import TransientError
from harvester.fetch.breaker import TRIP, Breaker
from harvester.fetch.diagnosis import diagnose, span


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def _breaker(patience: float = 600.0, chance: float = 1.0) -> tuple[Breaker, Clock]:
    clock = Clock()
    return Breaker(patience, clock, lambda: chance), clock


def _fail(breaker: Breaker, times: int = 1, reason: str = "http 503", **more: float) -> None:
    for _ in range(times):
        breaker.failed(TransientError(reason, "busy", more.get("wait")))


def _opens(breaker: Breaker) -> bool:
    _fail(breaker)
    return breaker.open


def _probe(breaker: Breaker, clock: Clock) -> float:
    """Lets a probe fail at its time; the seconds waited for it."""
    pause = breaker.pause
    clock.now += pause
    breaker.failed(TransientError("http 503"), probe=True)
    return pause


def test_it_opens_after_so_many_failures_in_a_row_and_not_before() -> None:
    breaker, _ = _breaker()
    assert [_opens(breaker) for _ in range(TRIP)] == [False] * (TRIP - 1) + [True]
    assert breaker.failures == TRIP


def test_a_good_answer_ends_the_row() -> None:
    breaker, _ = _breaker()
    for _ in range(5):
        _fail(breaker, TRIP - 1)
        breaker.answered()
    assert not breaker.open


def test_the_pauses_between_probes_grow_up_to_a_minute() -> None:
    breaker, clock = _breaker(patience=3600)
    _fail(breaker, TRIP)
    assert [_probe(breaker, clock) for _ in range(8)] == [2, 4, 8, 16, 32, 60, 60, 60]


@given(st.floats(0, 1, exclude_max=True))
def test_the_pauses_are_never_in_step_and_never_nothing(chance: float) -> None:
    breaker, clock = _breaker(3600, chance)
    _fail(breaker, TRIP)
    for step in (2, 4, 8, 16, 32, 60):
        assert step / 2 <= _probe(breaker, clock) <= step


def test_failures_of_requests_that_were_under_way_do_not_move_the_probe() -> None:
    breaker, _ = _breaker()
    _fail(breaker, TRIP)
    before = breaker.pause
    _fail(breaker, 5)
    assert breaker.pause == before


def test_a_small_patience_makes_small_pauses() -> None:
    breaker, _ = _breaker(patience=2)
    _fail(breaker, TRIP)
    assert breaker.pause == pytest.approx(0.2)


def test_retry_after_is_heeded_within_the_patience() -> None:
    breaker, _ = _breaker(patience=100)
    _fail(breaker, TRIP, wait=30)
    assert breaker.pause == 30
    breaker, _ = _breaker(patience=20)
    _fail(breaker, TRIP, wait=30)
    assert breaker.pause == 20


def test_an_answer_closes_it_for_all() -> None:
    breaker, clock = _breaker()
    _fail(breaker, TRIP)
    clock.now += breaker.pause
    breaker.answered()
    assert not breaker.open
    assert breaker.failures == 0


def test_the_patience_counts_from_the_first_failure() -> None:
    breaker, clock = _breaker(patience=60)
    _fail(breaker)
    clock.now += 50
    _fail(breaker, TRIP)
    assert not breaker.overdue
    clock.now += breaker.pause
    clock.now += 10
    assert breaker.overdue


def test_failures_that_take_the_whole_patience_open_it_though_they_are_few() -> None:
    breaker, clock = _breaker(patience=100)
    assert not _opens(breaker)
    clock.now += 99
    assert not _opens(breaker)
    clock.now += 60
    assert _opens(breaker)
    assert breaker.overdue


def test_a_dead_ncbi_ends_the_run() -> None:
    breaker, clock = _breaker(patience=60)
    _fail(breaker, TRIP)
    clock.now += 61
    breaker.judge(alive=False)
    assert breaker.open
    assert "out of service" in breaker.verdict
    assert "61s" in breaker.verdict
    assert "http 503: busy" in breaker.verdict
    assert "`patience: 1m`" in breaker.verdict


def test_a_living_ncbi_is_asked_at_once_the_next_time() -> None:
    breaker, clock = _breaker(patience=60)
    _fail(breaker, TRIP)
    clock.now += 61
    breaker.judge(alive=True)
    assert [_opens(breaker) for _ in range(TRIP)] == [False] * (TRIP - 1) + [True]
    assert breaker.overdue
    breaker.judge(alive=True)
    for _ in range(500):
        breaker.answered()
    _fail(breaker, TRIP)
    assert breaker.overdue


def test_an_outage_after_a_bad_request_has_the_whole_patience() -> None:
    breaker, clock = _breaker(patience=60)
    _fail(breaker, TRIP)
    clock.now += 61
    breaker.judge(alive=True)
    _fail(breaker, TRIP)
    breaker.judge(alive=False)
    assert breaker.open
    assert breaker.verdict == ""
    assert breaker.pause == 2
    clock.now += 61
    assert breaker.overdue
    breaker.judge(alive=False)
    assert "out of service" in breaker.verdict


def test_patience_is_one_for_a_run_and_comes_back_with_good_answers() -> None:
    breaker, clock = _breaker(patience=60)
    _fail(breaker, TRIP)
    clock.now += 40
    breaker.answered()
    _fail(breaker, TRIP)
    clock.now += 21
    assert breaker.overdue
    breaker.answered()
    for _ in range(100):
        breaker.answered()
    _fail(breaker, TRIP)
    clock.now += 59
    assert not breaker.overdue


STEPS = st.lists(
    st.tuples(st.sampled_from(["fail", "probe", "answer", "wait"]), st.floats(0, 50)), max_size=80
)


@given(STEPS, st.floats(1, 500))
def test_whatever_happens_it_never_waits_beyond_the_patience(
    steps: list[tuple[str, float]], patience: float
) -> None:
    breaker, clock = _breaker(patience)
    for what, seconds in steps:
        if what == "answer":
            breaker.answered()
        elif what == "wait":
            clock.now += seconds
        else:
            breaker.failed(TransientError("timeout", wait=seconds), probe=what == "probe")
        assert breaker.open or not breaker.overdue
        assert not breaker.open or breaker.failures
        if breaker.open:
            assert breaker.pause <= max(0.0, patience - breaker.waited) + 1e-6


@pytest.mark.parametrize(
    ("faults", "looks"),
    [
        ({"blocked": 9, "http 503": 2}, "blocked"),
        ({"connect timeout": 8}, "blocked"),
        ({"http 429": 8, "timeout": 3}, "blocked"),
        ({"http 503": 8}, "out of service"),
        ({"connect": 8}, "out of service"),
        ({"connection": 4, "blocked": 4}, "out of service"),
        ({"name resolution": 8}, "out of service"),
    ],
)
def test_it_says_which_of_the_two_it_looks_like(faults: dict[str, int], looks: str) -> None:
    told = diagnose(faults, "the last one", 7200.0, 7200.0)
    assert looks in told
    assert "for 2h" in told
    assert "the last one" in told
    assert "goes on where it stopped" in told


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.25, "0.2s"), (2.0, "2s"), (90, "90s"), (120, "2m"), (14400, "4h"), (86400, "1d"),
     (7300, "7300s")],
)  # fmt: skip
def test_times_in_the_words_of_a_job(seconds: float, words: str) -> None:
    assert span(seconds) == words
