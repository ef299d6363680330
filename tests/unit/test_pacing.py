from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain, pairwise
from math import ceil, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.fetch.pacing import Pacer
from harvester.fetch.window import MARGIN, Window, window_of
from tests.unit import clock


async def _moments(pacer: Pacer, count: int, workers: int = 8) -> list[float]:
    """When each of `count` requests may leave, with several workers asking at once."""
    loop = asyncio.get_running_loop()
    moments: list[float] = []

    async def work() -> None:
        while len(moments) < count:
            await pacer.turn()
            moments.append(loop.time())

    await asyncio.gather(*(work() for _ in range(workers)))
    return moments[:count]


def _most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= other < start + 1 for other in moments) for start in moments)


@pytest.mark.parametrize("rate", [0.5, 1.9, 2.5, 5, 9.9, 10, 33])
def test_never_more_than_the_limit_in_any_second_and_nearly_all_of_it(rate: float) -> None:
    moments = clock.run(_moments(Pacer(rate), 400))
    assert _most_in_a_second(moments) <= ceil(rate)
    used = (len(moments) - 1) / (moments[-1] - moments[0]) / rate
    assert 0.95 <= used <= 1


def test_jitter_up_to_the_margin_keeps_the_limit_at_the_server() -> None:
    moments = clock.run(_moments(Pacer(10), 200))
    late = MARGIN * 0.99
    arrived = sorted(m + (late if n % 7 == 0 else 0.0) for n, m in enumerate(moments))
    assert _most_in_a_second(arrived) <= 10


def test_requests_that_all_leave_a_moment_late_use_the_budget_all_the_same() -> None:
    """A loop wakes up late by a millisecond or so: that is not lost each time."""
    moments = clock.run(_moments(Pacer(10), 400), late=0.0012)
    assert 399 / (moments[-1] - moments[0]) / 10 > 0.968
    assert _most_in_a_second(moments) <= 10


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=50), st.data())
@settings(max_examples=30)
def test_what_is_kept_back_after_its_turn_makes_no_second_too_full(
    lags: list[float], data: st.DataObject
) -> None:
    """A busy process sends late, and the way takes up to the margin: the limit counts arrivals."""

    async def work() -> list[float]:
        pacer, sent = Pacer(10), list[float]()

        async def ask(lag: float) -> None:
            departure = await pacer.turn()
            await asyncio.sleep(lag)
            departure.sent()
            sent.append(asyncio.get_running_loop().time())

        await asyncio.gather(*(ask(lag) for lag in lags * 2))
        return sent

    sent = clock.run(work())
    ways = data.draw(st.lists(st.floats(0, MARGIN * 0.99), min_size=len(sent), max_size=len(sent)))
    assert _most_in_a_second([at + way for at, way in zip(sent, ways, strict=True)]) <= 10


@pytest.mark.parametrize(("idle", "waits"), [(0.0, 0.2), (0.19, 0.2), (0.21, 0.0)])
def test_the_first_request_waits_unless_nobody_has_asked_for_long(
    idle: float, waits: float
) -> None:
    moments = clock.run(_moments(Pacer(5, idle), 30))
    assert moments[0] == pytest.approx(waits, rel=0.1, abs=0.001)
    assert _most_in_a_second([*moments, -idle]) <= 5


def test_an_idle_time_brings_no_burst() -> None:
    async def work() -> list[float]:
        pacer = Pacer(10)
        before = await _moments(pacer, 5)
        await asyncio.sleep(30)
        return before + await _moments(pacer, 30)

    assert _most_in_a_second(clock.run(work())) <= 10


def test_a_429_holds_everybody_and_halves_the_rate() -> None:
    async def work() -> tuple[list[float], float, float]:
        pacer = Pacer(10)
        waiting = [asyncio.create_task(pacer.turn()) for _ in range(5)]
        await asyncio.sleep(0.05)
        pacer.slow_down(7.0)
        held = asyncio.get_running_loop().time() + 7.0
        await asyncio.gather(*waiting)
        return await _moments(pacer, 20), held, pacer.rate

    moments, held, rate = clock.run(work())
    assert rate == 5
    assert min(moments) >= held
    assert _most_in_a_second(moments) <= 5


def test_the_first_request_waits_a_spacing_so_that_runs_in_a_row_keep_the_limit() -> None:
    async def work() -> list[float]:
        moments = []
        for _ in range(4):
            moments += await _moments(Pacer(10), 7)
        return moments

    moments = clock.run(work())
    assert _most_in_a_second(moments) <= 10
    assert moments[0] >= 0.1


def test_a_burst_of_429_halves_the_rate_once() -> None:
    async def work() -> tuple[float, float]:
        pacer = Pacer(10)
        await pacer.turn()
        for _ in range(16):
            pacer.slow_down(1.0)
        once = pacer.rate
        await pacer.turn()
        pacer.slow_down(1.0)
        return once, pacer.rate

    assert clock.run(work()) == (5, 2.5)


def test_a_429_halves_the_rate_also_where_something_else_holds_everybody() -> None:
    async def work() -> tuple[float, float]:
        pacer = Pacer(10)
        await pacer.turn()
        pacer.hold(5.0)
        for _ in range(3):
            pacer.slow_down(1.0)
        halved = pacer.rate
        await pacer.turn()
        return halved, asyncio.get_running_loop().time()

    rate, moment = clock.run(work())
    assert (rate, moment > 5.0) == (5, True)


def test_the_rate_climbs_back_in_steps_and_never_above_the_limit() -> None:
    async def work() -> tuple[list[float], list[float]]:
        pacer = Pacer(10)
        await pacer.turn()
        pacer.slow_down(0.0)
        rates, moments = [pacer.rate], []
        for _ in range(200):
            await pacer.turn()
            moments.append(asyncio.get_running_loop().time())
            pacer.credit()
            rates.append(pacer.rate)
        return rates, moments

    rates, moments = clock.run(work())
    assert rates[0] == 5
    assert rates[-1] == 10
    assert all(later >= before for before, later in pairwise(rates))
    assert len(set(rates)) > 2
    assert _most_in_a_second(moments) <= 10


def test_the_slowest_rate_climbs_back_within_minutes() -> None:
    async def work() -> float:
        pacer = Pacer(10)
        await pacer.turn()
        for _ in range(10):
            pacer.slow_down(1.0)
            await pacer.turn()
        began = asyncio.get_running_loop().time()
        assert pacer.rate < 0.5
        while pacer.rate < 10:
            await pacer.turn()
            pacer.credit()
        return asyncio.get_running_loop().time() - began

    assert 30 < clock.run(work()) < 150


def test_a_lower_limit_that_the_server_states_is_believed() -> None:
    async def work() -> tuple[float, float]:
        pacer = Pacer(10)
        pacer.heed({"X-RateLimit-Limit": "3"})
        stated = pacer.rate
        for _ in range(1000):
            pacer.credit()
        return stated, pacer.rate

    assert clock.run(work()) == (3, 3)


def test_a_limit_that_is_stated_has_the_margin_of_any_other() -> None:
    async def work() -> list[float]:
        pacer = Pacer(10)
        before = await _moments(pacer, 12)
        pacer.heed({"X-RateLimit-Limit": "5"})
        return (before + await _moments(pacer, 60))[12:]

    moments = clock.run(work())
    arrived = [at + (MARGIN * 0.99 if n % 7 == 0 else 0.0) for n, at in enumerate(moments)]
    assert _most_in_a_second(arrived) <= 5
    assert 59 / (moments[-1] - moments[0]) / 5 > 0.968


def test_of_limits_that_contradict_one_another_the_lower_counts() -> None:
    """Until it has not been stated for a while; then the rate climbs up to the higher one."""

    async def work() -> list[float]:
        pacer, rates = Pacer(10), list[float]()
        for number in range(160):
            await pacer.turn()
            pacer.heed({"X-RateLimit-Limit": "5" if number % 2 and number < 60 else "10"})
            pacer.credit()
            rates.append(pacer.rate)
        return rates

    rates = clock.run(work())
    assert set(rates[1:80]) == {5}
    assert rates[-1] > 9


async def _walk(pacer: Pacer, headers: dict[str, str], count: int) -> list[tuple[float, float]]:
    """When each of some requests left, and the rate after its good answer."""
    seen = []
    for _ in range(count):
        await pacer.turn()
        moment = asyncio.get_running_loop().time()
        pacer.heed(headers)
        pacer.credit()
        seen.append((moment, pacer.rate))
    return seen


def test_the_rate_climbs_back_in_steps_when_a_higher_limit_is_stated() -> None:
    async def work() -> list[tuple[float, float]]:
        pacer = Pacer(10)
        for limit, count in (("3", 30), ("8", 150)):
            seen = await _walk(pacer, {"X-RateLimit-Limit": limit}, count)
        assert pacer.rate == 8
        return seen + await _walk(pacer, {"X-RateLimit-Limit": "50"}, 200)

    seen = clock.run(work())
    rates = [rate for _, rate in seen]
    assert (rates[0], rates[-1]) == (3, 10)
    assert all(before <= later <= before * 1.25 for before, later in pairwise(rates))
    assert min(at for at, rate in seen if rate > 3) > seen[0][0] + 5
    moments = [at for at, _ in seen]
    assert _most_in_a_second(moments) <= 10
    assert _most_in_a_second(moments[:150]) <= 8
    assert 49 / (moments[-1] - moments[-50]) / 10 > 0.968


@pytest.mark.parametrize("other", ["10", ""])
def test_where_limits_contradict_one_another_the_lowest_counts(other: str) -> None:
    async def work() -> set[float]:
        pacer, rates = Pacer(10), set()
        for _ in range(100):
            await _walk(pacer, {"X-RateLimit-Limit": "3"}, 1)
            rates |= {rate for _, rate in await _walk(pacer, {"X-RateLimit-Limit": other}, 4)}
        return rates

    assert clock.run(work()) == {3}


@pytest.mark.parametrize("header", ["", "0", "-1", "many", "50", "10"])
def test_other_statements_change_nothing(header: str) -> None:
    async def work() -> float:
        pacer = Pacer(10)
        pacer.heed({"X-RateLimit-Limit": header})
        return pacer.rate

    assert clock.run(work()) == 10


@pytest.mark.parametrize(
    ("limit", "remaining", "rate"), [("10", "0", 4), ("10", "1", 5), ("5", "0", 5), ("", "0", 5)]
)
def test_others_who_use_the_limit_up_slow_a_run_down(
    limit: str, remaining: str, rate: float
) -> None:
    async def work() -> tuple[float, float]:
        pacer = Pacer(5)
        await _moments(pacer, 15)
        for _ in range(3):  # answers of one second tell of one shortage
            pacer.heed({"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining})
        slowed = pacer.rate
        for _ in range(100):
            pacer.credit()
        return slowed, pacer.rate

    assert clock.run(work()) == (rate, 5)


@pytest.mark.parametrize(
    ("apart", "later", "rate"), [(0.0, 0.2, 10), (0.0, 1.8, 10), (0.0, 4.0, 8), (0.25, 0.2, 8)]
)
def test_what_the_run_itself_used_up_is_what_it_sent_and_not_what_it_might_have_sent(
    apart: float, later: float, rate: float
) -> None:
    """Answers tell of the moment when their requests came; before that, few or many had left."""

    async def work() -> float:
        pacer = Pacer(10)
        for _ in range(20):
            await pacer.turn()
            await asyncio.sleep(apart)
        await asyncio.sleep(later)
        pacer.heed({"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0"})
        return pacer.rate

    assert clock.run(work()) == rate


def test_what_many_others_can_only_follow_goes_first() -> None:
    async def work() -> list[str]:
        pacer, left = Pacer(10), []

        async def ask(name: str, behind: float) -> None:
            await pacer.turn(behind)
            left.append(name)

        asked = [("first", 0.0), ("short", 1.0), ("long", 30.0), ("look-up", inf), ("alike", 30.0)]
        async with asyncio.TaskGroup() as group:
            for name, behind in asked:
                group.create_task(ask(name, behind))
        return left

    assert clock.run(work()) == ["first", "look-up", "long", "alike", "short"]


@pytest.mark.parametrize(("behind", "longest"), [(8, 8), (1000, 10), (inf, 15)])
def test_nobody_is_overtaken_for_long(behind: float, longest: float) -> None:
    """Who waits holds a connection, which a server does not leave open for ever."""

    async def work() -> float:
        pacer, done = Pacer(10), asyncio.Event()

        async def press() -> None:
            while not done.is_set():
                await pacer.turn(behind)

        pressing = [asyncio.create_task(press()) for _ in range(20)]
        await asyncio.sleep(0.05)
        await pacer.turn(0)
        waited = asyncio.get_running_loop().time()
        done.set()
        await asyncio.gather(*pressing)
        return waited

    assert longest < clock.run(work()) < longest + 4


@pytest.mark.parametrize(("apart", "pressed"), [(0.11, False), (0.05, True)])
def test_the_rate_presses_where_requests_come_faster(apart: float, pressed: bool) -> None:  # noqa: FBT001
    async def work() -> tuple[list[bool], bool]:
        pacer, seen = Pacer(10, idle=1.0), []

        async def ask() -> None:
            await pacer.turn()
            seen.append(pacer.pressed)

        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(ask())
                await asyncio.sleep(apart)
        await asyncio.sleep(1.1)
        return seen, pacer.pressed

    assert clock.run(work()) == ([False] + [pressed] * 19, False)


def test_who_is_called_and_gone_does_not_stop_the_line() -> None:
    async def work() -> int:
        pacer = Pacer(10)
        gone = [asyncio.create_task(pacer.turn(behind)) for behind in (0, 5, 5, 5)]
        await asyncio.sleep(0.15)
        for task in gone[::2]:
            task.cancel()
        await asyncio.gather(*(pacer.turn(2) for _ in range(3)))
        return sum(task.done() for task in gone) + pacer.waiting

    assert clock.run(work()) == 4


# Several runs of one process.


async def _together(pacers: Sequence[Pacer], seconds: float) -> list[list[float]]:
    """When requests of each pacer leave, with several workers of each asking all the time."""
    loop = asyncio.get_running_loop()

    async def work(pacer: Pacer, moments: list[float]) -> None:
        while loop.time() < seconds:
            await pacer.turn()
            moments.append(loop.time())

    moments: list[list[float]] = [[] for _ in pacers]
    pairs = zip(pacers, moments, strict=True)
    await asyncio.gather(*(work(*pair) for pair in pairs for _ in range(4)))
    return moments


@pytest.mark.parametrize("rates", [(10, 10), (10, 10, 10), (5, 5), (8, 2), (10, 4)])
@pytest.mark.parametrize("late", [0.0, 0.0012])
def test_runs_of_one_process_keep_its_limit_together_and_use_it(
    rates: tuple[float, ...], late: float
) -> None:
    async def work() -> list[list[float]]:
        window = Window()
        pacers = [Pacer(rate, window=window, granted=10) for rate in rates]
        return await _together(pacers, 60)

    moments = clock.run(work(), late=late)
    assert _most_in_a_second([*chain(*moments)]) <= 10
    assert sum(map(len, moments)) / 60 / 10 > 0.95
    for rate, own in zip(rates, moments, strict=True):
        assert _most_in_a_second(own) <= rate
        share = len(own) / sum(map(len, moments))
        assert share > 0.7 * min(rate, 10 / len(rates)) / 10


@pytest.mark.parametrize(("fast", "heard"), [(10, None), (50, None), (5, "3")])
def test_no_run_starves_beside_one_that_may_do_more_or_has_heard_less(
    fast: float, heard: str | None
) -> None:
    async def work() -> list[list[float]]:
        window = Window()
        pacers = [Pacer(5, window=window), Pacer(fast, window=window)]
        if heard:
            pacers[0].heed({"X-RateLimit-Limit": heard})
        return await _together(pacers, 30)

    moments = clock.run(work())
    limit = float(heard or fast)
    assert _most_in_a_second(sorted(chain(*moments))) <= limit
    assert len(moments[0]) > 30 * min(5, limit / 2) * 0.6


@pytest.mark.parametrize("rate", [0.5, 1.9, 2.5, 9.9])
def test_runs_that_share_a_broken_rate_use_no_more_than_that(rate: float) -> None:
    async def work() -> list[list[float]]:
        window = Window()
        return await _together([Pacer(rate, window=window) for _ in range(3)], 40)

    moments = sorted(chain(*clock.run(work())))
    assert 0.9 * rate < (len(moments) - 1) / (moments[-1] - moments[0]) <= rate


def test_what_the_server_asks_of_one_run_holds_all_of_them() -> None:
    async def work() -> tuple[list[float], float]:
        window = Window()
        first, second = Pacer(10, window=window), Pacer(10, window=window)
        await first.turn()
        first.hold(5.0)
        held = asyncio.get_running_loop().time() + 5
        assert second.slowed
        return await _moments(second, 12), held

    moments, held = clock.run(work())
    assert moments[0] >= held
    assert _most_in_a_second(moments) <= 10


def test_a_stated_limit_counts_all_runs_and_slows_none_that_stays_below_it() -> None:
    async def work() -> tuple[list[list[float]], list[float]]:
        window = Window()
        pacers = [Pacer(4, window=window, granted=10) for _ in range(2)]
        for pacer in pacers:
            pacer.heed({"X-RateLimit-Limit": "6"})
        return await _together(pacers, 30), [pacer.rate for pacer in pacers]

    moments, rates = clock.run(work())
    assert rates == [4, 4]
    assert _most_in_a_second([*chain(*moments)]) == 6


@pytest.mark.parametrize("lately", [True, False])
def test_what_was_stated_long_ago_binds_no_run_that_begins_now(*, lately: bool) -> None:
    window = Window()

    async def hear() -> float:
        pacer = Pacer(10, window=window)
        pacer.heed({"X-RateLimit-Limit": "3"})
        return pacer.rate

    # The clock that jumps begins at 0, when this machine was started.
    assert (asyncio.run(hear()) if lately else clock.run(hear())) == 3
    later = Pacer(10, window=window)
    assert (window.limit, later.rate) == (3 if lately else 10, 10)


def test_a_window_belongs_to_a_server_and_a_key() -> None:
    window = window_of("window.test", "key")
    assert window is window_of("window.test", "key")
    assert window is not window_of("window.test", None)
    assert window is not window_of("other.test", "key")
    assert window.idle > 0
