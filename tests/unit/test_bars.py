"""The display of a run: it fits, it tells what limits the run, and how long it will take."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from harvester.bottleneck import Bottleneck, Remaining
from harvester.channel import Channel
from harvester.cli.bars import Row, View, lines, span
from harvester.cli.progress import LogLines
from harvester.engine import Live
from harvester.fetch import Standing, Traffic

COUNTS = st.integers(0, 10**9)
ROWS = st.builds(
    Row, st.text(st.characters(categories=["L"]), max_size=60), COUNTS, st.none() | COUNTS
)
VIEWS = st.builds(
    View,
    st.text("abcdefghij-", min_size=1, max_size=63),
    st.lists(ROWS, max_size=40),
    st.floats(0, 10),
    st.floats(0, 10),
    st.sampled_from(["the rate limit", "NCBI's throttling", ""]),
    st.integers(0, 10**6),
    st.none() | st.floats(0, 10**7),
    st.booleans(),
)


@given(VIEWS, st.integers(1, 200), st.integers(4, 60))
def test_it_fits_whatever_the_terminal(view: View, width: int, height: int) -> None:
    shown = lines(view, width, height)
    assert len(shown) < height
    assert all(line.cell_len <= width for line in shown)
    plain = lines(view, width, height, ascii_only=True)
    names = "".join([view.name, *(row.label for row in view.rows)])
    assert all(sign.isascii() or sign in names for line in plain for sign in line.plain)


PRIMATES = View(
    "primates",
    (
        Row("genome taxa primates", 45_000, 90_000),
        Row("gene symbols BRCA1 in human", 1, 1),
        Row("virus taxa 2697049", 0, None),
    ),
    speed=4.8,
    rate=5.0,
    limited_by="the rate limit",
    again=2,
    left=130.0,
)


def test_eighty_columns_tell_all() -> None:
    head, state, *rows = (line.plain for line in lines(PRIMATES, 80, 24))
    assert head == f"primates{' ' * 35}{'━' * 11}{'─' * 11} 45,001/90,001+"
    assert state == (
        "over 2 min left, limited by the rate limit, 4.8 of 5.0 requests/s, 2 asked again"
    )
    assert [row.split()[-1] for row in rows] == ["45,000/90,000", "1/1", "0/?"]


@pytest.mark.parametrize(
    ("width", "state"),
    [
        (70, "over 2 min left, limited by the rate limit, 4.8 of 5.0 requests/s"),
        (44, "over 2 min left, limited by the rate limit"),
        (32, "over 2 min left, the rate limit"),
        (16, "over 2 min left"),
    ],
)
def test_what_matters_most_stays_longest(width: int, state: str) -> None:
    assert lines(PRIMATES, width, 24)[1].plain == state


def test_before_anything_is_known_nothing_is_claimed() -> None:
    head, state = (line.plain for line in lines(View("primates"), 80, 24))
    assert (head.split()[-1], state) == ("0/?", "getting ready")
    done = View("primates", [Row("q", 9, 9)], rate=5.0, left=0.0, limited_by="the rate limit")
    assert lines(done, 80, 24)[1].plain == "limited by the rate limit, 0.0 of 5.0 requests/s"
    assert lines(done, 80, 24)[0].plain.endswith("━ 9/9")


def test_of_many_queries_those_under_way_are_shown() -> None:
    rows = [Row(f"q{number}", 5, 5 if number < 8 else 10) for number in range(10)]
    shown = [line.plain for line in lines(View("many", rows), 60, 6)]
    assert [line.split()[0] for line in shown[2:]] == ["q8", "q9", "and"]
    assert shown[-1] == "and 8 more queries, 8 of them done"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(8.4, "8 s"), (130, "2 min"), (4_900, "1 h 21 min"), (180_000, "2 days 2 h")],
)
def test_times_are_said_as_people_do(seconds: float, said: str) -> None:
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("live", "limit"),
    [
        (Live(Traffic(), standing=Standing(waiting=3)), "the rate limit"),
        (Live(Traffic()), "NCBI's answers"),
        (Live(Traffic(), standing=Standing(3, slowed=True)), "NCBI's throttling"),
        (Live(Traffic(), standing=Standing(3, slowed=True, away=True)), "an outage of NCBI"),
        (Live(Traffic(), standing=Standing(3), behind=2), "decoding"),
        (Live(Traffic(), standing=Standing(3), behind=2, storing=True), "the disk"),
    ],
)
def test_what_stands_in_the_way_is_named(live: Live, limit: str) -> None:
    assert Bottleneck().note(live) == limit


def test_one_odd_moment_does_not_count() -> None:
    bottleneck, busy = Bottleneck(), Live(Traffic(), standing=Standing(waiting=1))
    for _ in range(5):
        bottleneck.note(busy)
    assert bottleneck.note(Live(Traffic())) == "the rate limit"


def test_the_time_left_follows_the_speed_of_the_last_moments() -> None:
    now = 0.0
    remaining, live = Remaining(lambda: now), Live(Traffic())
    live.expected["q"] = 10_000
    assert remaining.note(live) is None
    for second in range(1, 41):
        now = float(second)
        live.received["q"] = 100 * second
        told = remaining.note(live)
    assert told == pytest.approx(60.0)
    live.expected["q"] = 3_000
    assert remaining.note(live) is None


def test_where_nobody_watches_a_line_a_minute_says_the_same() -> None:
    now = 0.0
    watch, live = LogLines(lambda: now), Live(Traffic())
    live.expected["q"] = 20_000
    with capture_logs() as told:
        for second in range(1, 131):
            now = float(second)
            live.received["q"] = 100 * second
            live.traffic.requests = 5 * second
            watch.tick(live)
    assert [one["records"] for one in told] == [6_000, 12_000]
    assert told[1] == {
        "event": "progress", "log_level": "info", "records": 12_000, "expected": 20_000,
        "requests": 600, "requests_per_second": 5.0, "retries": 0,
        "limited_by": "NCBI's answers", "seconds_left": 80,
    }  # fmt: skip


def test_a_channel_knows_who_waits_for_room() -> None:
    async def work() -> list[int]:
        channel: Channel[int] = Channel(10)
        await channel.reserve(10)
        waited = [channel.waiting]
        writer = asyncio.create_task(channel.reserve(5))
        await asyncio.sleep(0)
        waited.append(channel.waiting)
        writer.cancel()
        await asyncio.wait([writer])
        return [*waited, channel.waiting]

    assert asyncio.run(work()) == [0, 1, 0]
