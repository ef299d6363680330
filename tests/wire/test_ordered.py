"""A page tells how others lie in time only where the order of records has nothing to do with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from harvester.model import Query
from tests.wire.dated import genomes
from tests.wire.hostile import serve
from tests.wire.runs import harvest

PAGES = 25
QUERY = Query("g", "genome", "taxa", ("562",))


def _shuffled(numbers: Iterable[int]) -> list[int]:
    found = list(numbers)
    Random(7).shuffle(found)
    return found


def _by_day(numbers: Iterable[int]) -> list[int]:
    return sorted(numbers, key=lambda number: number % 4000)


def _newest_first(numbers: Iterable[int]) -> list[int]:
    return _by_day(numbers)[::-1]


def _early_ones_first(numbers: Iterable[int]) -> list[int]:
    """In no order, but the first page holds records of the first days only."""
    found = _by_day(numbers)
    return [*_shuffled(found[:1000]), *_shuffled(found[1000:])]


def _page_by_page(numbers: Iterable[int]) -> list[int]:
    """In no order on any page, but each page holds the earliest of those that are left."""
    found = _by_day(numbers)
    pages = (found[start : start + 1000] for start in range(0, len(found), 1000))
    return [number for page in pages for number in _shuffled(page)]


@pytest.mark.parametrize(
    "order", [_shuffled, _by_day, _newest_first, _early_ones_first, _page_by_page]
)
def test_however_records_are_ordered_few_requests_are_lost(
    order: Callable[[Iterable[int]], Iterable[int]], tmp_path: Path
) -> None:
    answer = genomes(1000 * PAGES, order=order, on_page=lambda: time.sleep(0.08))
    with serve(answer) as server:
        summary = harvest(tmp_path, server.url, QUERY, concurrency=16, most_pages=100)
    assert (summary.status, summary.records) == ("complete", 1000 * PAGES)
    assert summary.tables["genome"].rows == 1000 * PAGES
    assert summary.requests <= 2.4 * PAGES
