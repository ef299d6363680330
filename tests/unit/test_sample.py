"""What one page tells of all that a chain has: its days, from records of any kind."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.catalogue import RESOURCES
from harvester.decode import days_in
from harvester.model import Chain
from harvester.shards import SAMPLED, by_date, full_pieces

COLUMN = ("assembly_info", "release_date")
TODAY = date(2026, 11, 21)


def _lines(days: list[date], outer: str = "assembly_info", inner: str = "release_date") -> bytes:
    return b"\n".join(json.dumps({"x": 1, outer: {inner: str(day)}}).encode() for day in days)


@given(st.lists(st.dates(date(1990, 1, 1), TODAY), max_size=99))
def test_each_record_is_counted_on_its_day(days: list[date]) -> None:
    found = days_in(_lines(days), COLUMN)
    assert dict(found) == {day: days.count(day) for day in days}
    assert list(found) == sorted(found)
    assert found == days_in(_lines(days, "assemblyInfo", "releaseDate"), COLUMN)


@pytest.mark.parametrize("step", [1, -1])
def test_records_in_the_order_of_their_days_tell_nothing_of_others(step: int) -> None:
    draw = Random(3).randint
    start = date(2010, 1, 1)
    later = [start + timedelta(days=n // 3 + draw(0, 90)) for n in range(1000)][::step]
    assert days_in(_lines(later), COLUMN) == ()
    Random(3).shuffle(later)
    assert len(days_in(_lines(later), COLUMN)) > 100
    assert days_in(_lines([start] * 1000), COLUMN) == ((start, 1000),)


def test_what_tells_no_day_is_left_out() -> None:
    told = [
        b'{"assembly_info": {"release_date": "2020-02-29T00:00:00Z"}}',
        b'{"assembly_info": {"release_date": "soon"}}',
        b'{"assembly_info": {"release_date": 7}}',
        b'{"assembly_info": null}',
        b'{"annotation_info": {"release_date": "2021-01-01"}}',
        b'{"assembly_info": {"release_date": "2022',
        b"[]",
        b"",
    ]
    assert days_in(b"\n".join(told), COLUMN) == ((date(2020, 2, 29), 1),)


@given(st.integers(0, 2**32), st.integers(6, 40))
@settings(max_examples=10)
def test_shards_by_a_sample_are_of_about_equal_size(seed: int, pages: int) -> None:
    """A thousand records of many tell so well where the others lie that no shard is the last."""
    draw = Random(seed).randint
    days = [date.fromordinal(TODAY.toordinal() - draw(0, 100) ** 2) for _ in range(pages * 500)]
    chain = Chain("q.0", "q", "genome", "taxa", ("562",))
    (axis,) = RESOURCES["genome"].split
    pieces = full_pieces(len(days), 6.5, SAMPLED)
    shards = by_date(chain, axis, pieces, TODAY, days_in(_lines(days[:1000]), COLUMN))
    sizes = [_count(days, dict(shard.shard)) for shard in shards]
    assert sum(sizes) == len(days)
    assert max(sizes) < 2 * len(days) / len(shards)


def _count(days: list[date], window: dict[str, object]) -> int:
    first = str(window.get("first_release_date", "0001-01-01"))
    last = str(window.get("last_release_date", "9999-12-31"))
    return sum(first <= str(day) <= last for day in days)
