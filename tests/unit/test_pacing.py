from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from harvester.fetch.pacing import MARGIN, Pacer
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


@pytest.mark.parametrize("rate", [0.5, 5, 10, 33])
def test_never_more_than_the_limit_in_any_second_and_nearly_all_of_it(rate: float) -> None:
    moments = clock.run(_moments(Pacer(rate), 400))
    assert _most_in_a_second(moments) <= max(1, rate)
    used = (len(moments) - 1) / (moments[-1] - moments[0]) / rate
    assert 0.95 <= used <= 1


def test_jitter_up_to_the_margin_keeps_the_limit_at_the_server() -> None:
    moments = clock.run(_moments(Pacer(10), 200))
    late = 10 * MARGIN / 10 * 0.99
    arrived = sorted(m + (late if n % 10 == 0 else 0.0) for n, m in enumerate(moments))
    assert _most_in_a_second(arrived) <= 10


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


@pytest.mark.parametrize("header", ["", "0", "-1", "many", "50", "10"])
def test_other_statements_change_nothing(header: str) -> None:
    async def work() -> float:
        pacer = Pacer(10)
        pacer.heed({"X-RateLimit-Limit": header})
        return pacer.rate

    assert clock.run(work()) == 10
