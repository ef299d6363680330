"""Many workers at one gate, in a loop whose clock jumps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from harvester.errors import OutOfServiceError, RefusedError, TransientError
from harvester.fetch.breaker import TRIP, Breaker
from harvester.fetch.gate import Gate
from tests.unit import clock


@dataclass
class Ncbi:
    """A service that is away for a while, and what was asked of it."""

    away_until: float
    version_until: float = 0.0
    asked: list[float] = field(default_factory=list)
    questions: int = 0

    async def answer(self) -> None:
        now = asyncio.get_running_loop().time()
        self.asked.append(now)
        await asyncio.sleep(0.1)
        if now < self.away_until:
            raise TransientError("http 503")

    async def lives(self) -> bool:
        self.questions += 1
        await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time() >= self.version_until


def _gate(ncbi: Ncbi, patience: float) -> Gate:
    time = asyncio.get_running_loop().time
    return Gate(Breaker(patience, time, lambda: 1.0), ncbi.lives)


async def _insist(gate: Gate, ncbi: Ncbi) -> int:
    """Asks until it is answered; how many of its failures were no probes."""
    failures = 0
    while True:
        try:
            async with gate.passage() as probe:
                await ncbi.answer()
        except TransientError:
            failures += not probe
        else:
            return failures


def test_an_outage_is_waited_out_with_few_requests_and_then_all_pass() -> None:
    async def work() -> tuple[Ncbi, list[int], float]:
        ncbi = Ncbi(away_until=3600)
        gate = _gate(ncbi, 7200)
        failures = await asyncio.gather(*(_insist(gate, ncbi) for _ in range(16)))
        return ncbi, failures, asyncio.get_running_loop().time()

    ncbi, failures, ended = clock.run(work())
    assert sum(failures) <= 16 + TRIP
    assert len(ncbi.asked) < 16 + TRIP + 70 + 16
    assert ended < 3600 + 61
    assert ncbi.questions == 0


def test_one_probe_at_a_time() -> None:
    async def work() -> list[float]:
        ncbi = Ncbi(away_until=300)
        gate = _gate(ncbi, 600)
        await asyncio.gather(*(_insist(gate, ncbi) for _ in range(8)))
        return ncbi.asked

    asked = clock.run(work())
    probes = [moment for moment in asked if 1 < moment < 300]
    assert len(probes) > 5
    assert all(later - before > 1.5 for before, later in pairwise(probes))


def test_a_dead_ncbi_ends_all_workers_after_the_patience_with_one_question() -> None:
    async def work() -> tuple[Ncbi, list[object], float]:
        ncbi = Ncbi(away_until=1e9, version_until=1e9)
        gate = _gate(ncbi, 600)
        ends = await asyncio.gather(
            *(_insist(gate, ncbi) for _ in range(16)), return_exceptions=True
        )
        return ncbi, list(ends), asyncio.get_running_loop().time()

    ncbi, ends, ended = clock.run(work())
    assert all(isinstance(end, OutOfServiceError) for end in ends)
    assert ncbi.questions == 1
    assert 600 <= ended < 602


def test_requests_that_fail_while_ncbi_lives_are_let_go() -> None:
    async def work() -> tuple[int, float]:
        ncbi = Ncbi(away_until=1e9)
        gate = _gate(ncbi, 60)
        failures = 0
        while failures < TRIP + 4:
            with pytest.raises(TransientError):
                async with gate.passage() as probe:
                    await ncbi.answer()
            failures += not probe
        return ncbi.questions, asyncio.get_running_loop().time()

    questions, ended = clock.run(work())
    assert questions == 1
    assert 60 <= ended < 64


def test_a_refusal_is_an_answer() -> None:
    async def work() -> bool:
        ncbi = Ncbi(away_until=0)
        gate = _gate(ncbi, 60)
        for _ in range(TRIP - 1):
            with pytest.raises(TransientError):
                async with gate.passage():
                    raise TransientError("timeout")
        with pytest.raises(RefusedError):
            async with gate.passage():
                raise RefusedError(404, "no such thing")
        with pytest.raises(TransientError):
            async with gate.passage():
                raise TransientError("timeout")
        return gate.shut

    assert clock.run(work()) is False


def test_a_cancelled_probe_leaves_its_place_to_the_next() -> None:
    async def work() -> float:
        ncbi = Ncbi(away_until=100)
        gate = _gate(ncbi, 600)

        async def hang() -> None:
            async with gate.passage():
                await asyncio.Event().wait()

        for _ in range(TRIP):
            with pytest.raises(TransientError):
                async with gate.passage():
                    await ncbi.answer()
        first = asyncio.create_task(hang())
        await asyncio.sleep(10)
        others = [asyncio.create_task(_insist(gate, ncbi)) for _ in range(3)]
        await asyncio.sleep(10)
        assert len(ncbi.asked) == TRIP
        first.cancel()
        await asyncio.gather(*others)
        return asyncio.get_running_loop().time()

    assert 100 <= clock.run(work()) < 162


def test_a_late_answer_to_an_old_request_opens_the_gate_at_once() -> None:
    async def work() -> float:
        ncbi = Ncbi(away_until=1.5)
        gate = _gate(ncbi, 600)
        late = asyncio.Event()

        async def slow() -> None:
            async with gate.passage():
                await late.wait()

        under_way = asyncio.create_task(slow())
        await asyncio.sleep(0)
        for _ in range(TRIP):
            with pytest.raises(TransientError):
                async with gate.passage():
                    await ncbi.answer()
        waiting = asyncio.create_task(_insist(gate, ncbi))
        await asyncio.sleep(0.9)
        late.set()
        await asyncio.gather(under_way, waiting)
        return asyncio.get_running_loop().time()

    assert clock.run(work()) < 2
