from __future__ import annotations

import asyncio
from contextlib import aclosing

from hypothesis import given
from hypothesis import strategies as st

from harvester.channel import Channel


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 60))
def test_all_items_pass_in_order_and_memory_stays_bounded(weights: list[int], room: int) -> None:
    async def work() -> tuple[list[int], int]:
        channel: Channel[int] = Channel(room)
        read, most = [], 0

        async def write() -> None:
            for number, weight in enumerate(weights):
                await channel.reserve(weight)
                await channel.put(number, weight)
            await channel.close()

        writer = asyncio.create_task(write())
        async with aclosing(channel.read()) as items:
            async for item in items:
                most = max(most, channel.weight)
                read.append(item)
        await writer
        assert channel.weight == 0
        return read, most

    read, most = asyncio.run(work())
    assert read == list(range(len(weights)))
    assert most <= max(room, max(weights, default=0))


def test_a_slow_reader_stops_the_writer() -> None:
    async def work() -> bool:
        channel: Channel[str] = Channel(10)
        await channel.reserve(10)
        await channel.put("first", 10)
        second = asyncio.create_task(channel.reserve(1))
        for _ in range(5):
            await asyncio.sleep(0)
        waited = not second.done()
        await channel.close()
        async with aclosing(channel.read()) as items:
            async for _ in items:
                pass
        await second
        return waited

    assert asyncio.run(work())
