"""Shards cover every day once, and are of about equal size where that can be foreseen."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate, pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harvester.catalogue.filters import GENE
from harvester.fetch import build
from harvester.model import Chain
from harvester.plan import endpoint_of
from harvester.shards import (
    Histogram,
    axes_of,
    by_date,
    by_group,
    by_location,
    by_subtree,
    full_pieces,
    lanes_ahead,
    pays,
    pieces_ahead,
    pieces_for,
)

TODAY = date(2026, 11, 21)
COLI = Chain("q.0", "q", "genome", "taxa", ("562",))
(DATES,) = axes_of(COLI, TODAY)
DAYS = st.dates(date(1995, 1, 1), TODAY)
HISTOGRAMS = st.dictionaries(DAYS, st.integers(1, 5000), max_size=30).map(
    lambda found: sorted(found.items())
)


def _cut(chain: Chain, pieces: int, histogram: Histogram = ()) -> tuple[Chain, ...]:
    return by_date(chain, DATES, pieces, TODAY, histogram)


def _groups(shards: tuple[Chain, ...]) -> list[tuple[str, ...]]:
    """The values by which each shard is told apart."""
    groups = []
    for shard in shards:
        ((_, values),) = shard.shard
        assert isinstance(values, tuple)
        groups.append(tuple(map(str, values)))
    return groups


def _window(chain: Chain) -> tuple[date | None, date | None]:
    told = dict(chain.filters) | dict(chain.shard)
    first, last = told.get("first_release_date"), told.get("last_release_date")
    return (
        date.fromisoformat(str(first)) if first else None,
        date.fromisoformat(str(last)) if last else None,
    )


def _holds(chain: Chain, day: date) -> bool:
    first, last = _window(chain)
    return (first is None or first <= day) and (last is None or day <= last)


@given(histogram=HISTOGRAMS, pieces=st.integers(2, 60), days=st.lists(DAYS, min_size=1))
def test_every_day_lies_in_one_shard(
    histogram: list[tuple[date, int]], pieces: int, days: list[date]
) -> None:
    shards = _cut(COLI, pieces, histogram)
    assert len(shards) <= pieces
    assert len({shard.id for shard in shards}) == len(shards)
    for day in [*days, date(1900, 1, 1), date(2100, 1, 1)]:
        assert sum(_holds(shard, day) for shard in shards) == 1


@given(first=DAYS, last=DAYS, pieces=st.integers(2, 9), histogram=HISTOGRAMS)
def test_shards_stay_within_the_window_that_was_asked_for(
    first: date, last: date, pieces: int, histogram: list[tuple[date, int]]
) -> None:
    filters = (
        ("first_release_date", min(first, last).isoformat()),
        ("last_release_date", max(first, last).isoformat()),
    )
    chain = replace(COLI, filters=filters)
    shards = _cut(chain, pieces, histogram)
    for day in {first - timedelta(1), first, last, max(first, last) + timedelta(1)}:
        assert sum(_holds(shard, day) for shard in shards) == _holds(chain, day)
    assert bool(axes_of(chain, TODAY)) == (first != last)
    for shard in shards:
        for piece in _cut(shard, 2, histogram):
            start, end = _window(piece)
            assert start is not None
            assert end is not None
            assert min(first, last) <= start <= end <= max(first, last)


def test_a_histogram_makes_shards_of_equal_size() -> None:
    histogram = [(date(2020, 1, 1) + timedelta(days=n), 10) for n in range(1000)]
    shards = _cut(COLI, 8, histogram)
    sizes = [sum(count for day, count in histogram if _holds(one, day)) for one in shards]
    assert len(sizes) == 8
    assert max(sizes) - min(sizes) <= 10


@given(histogram=HISTOGRAMS.filter(bool), pieces=st.integers(2, 9))
def test_no_cut_is_further_off_than_half_the_fullest_day(
    histogram: list[tuple[date, int]], pieces: int
) -> None:
    shards = _cut(COLI, pieces, histogram)
    sizes = [sum(count for day, count in histogram if _holds(one, day)) for one in shards]
    cuts = [0, *accumulate(sizes)]
    fullest = max(count for _, count in histogram)
    for wanted in (sum(sizes) * step / pieces for step in range(1, pieces)):
        assert min(abs(cut - wanted) for cut in cuts) <= fullest / 2 + 1e-6


def test_without_a_histogram_the_windows_narrow_towards_today() -> None:
    windows = [_window(shard) for shard in _cut(COLI, 6)]
    assert windows[0][0] is None
    assert windows[-1][1] is None
    starts = [first for first, _ in windows if first]
    widths = [(after - before).days for before, after in pairwise(starts)]
    assert widths == sorted(widths, reverse=True)


def test_a_single_day_cannot_be_cut() -> None:
    day = (("first_release_date", "2020-01-01"), ("last_release_date", "2020-01-01"))
    chain = replace(COLI, shard=day)
    assert axes_of(chain, TODAY) == ()
    assert [one.shard for one in _cut(chain, 4)] == [day]


def test_only_what_has_an_axis_is_cut() -> None:
    assert axes_of(COLI, TODAY) != ()
    lists = Chain("q.0", "q", "genome", "accessions", ("GCF_1", "GCF_2"))
    assert axes_of(lists, TODAY) == ()
    assert axes_of(replace(lists, values=("GCF_1",)), TODAY) == ()
    genes = Chain("q.0", "q", "gene", "taxa", ("9606",))
    assert [axis.axis for axis in axes_of(genes, TODAY)] == ["type"]
    typed = replace(genes, filters=(("types", ("PSEUDO",)),))
    assert axes_of(typed, TODAY) == ()
    below = replace(genes, filters=(("tax_search_subtree", True),))
    assert [axis.axis for axis in axes_of(below, TODAY)] == ["subtree", "type"]


def test_groups_of_a_filter_make_a_shard_each() -> None:
    genes = Chain("q.0", "q", "gene", "taxa", ("9606",))
    (axis,) = axes_of(genes, TODAY)
    shards = by_group(genes, axis)
    groups = _groups(shards)
    assert groups == list(axis.groups)
    (types,) = [param for param in GENE if param.name == "types"]
    assert sorted(value for group in groups for value in group) == sorted(types.choices)


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=40), st.integers(2, 12))
def test_sequences_fall_into_groups_of_about_equal_length(lengths: list[int], pieces: int) -> None:
    chain = Chain("q.0", "q", "annotation", "accessions", ("GCF_1",))
    (axis,) = axes_of(chain, TODAY)
    named = {f"NC_{number}": length for number, length in enumerate(lengths)}
    shards = by_location(chain, axis, pieces, list(named.items()), 30)
    groups = _groups(shards)
    assert sorted(name for group in groups for name in group) == sorted(named)
    sums = [sum(named[name] + 1 for name in group) for group in groups]
    assert max(sums) - min(sums) <= max(lengths) + len(lengths)


def test_an_assembly_of_hundreds_of_sequences_is_cut_and_each_address_is_short() -> None:
    """As GRCh38.p14: chromosomes, and some 680 scaffolds and patches."""
    chain = Chain("q.0", "q", "annotation", "accessions", ("GCF_000001405.40",))
    (axis,) = axes_of(chain, TODAY)
    named = {f"NC_{n:06}.11": 248_000_000 - n * 8_000_000 for n in range(25)}
    named |= {f"NW_{n:09}.1": 250_000 for n in range(680)}
    shards = by_location(chain, axis, 20, list(named.items()), 60)
    groups = _groups(shards)
    assert len(groups) == 20
    assert sorted(name for group in groups for name in group) == sorted(named)
    assert max(len(group) for group in groups) <= 60
    sums = [sum(named[name] for name in group) for group in groups]
    assert max(sums) < 1.7 * min(sums)
    (_, endpoint) = endpoint_of(chain)
    assert all(len(build(shard, endpoint).path) < 2000 for shard in shards)


def test_a_draft_in_thousands_of_pieces_is_not_cut_by_naming_them() -> None:
    chain = Chain("q.0", "q", "annotation", "accessions", ("GCF_1",))
    (axis,) = axes_of(chain, TODAY)
    named = [(f"NW_{n:09}.1", 1000) for n in range(1000)]
    assert len(by_location(chain, axis, 4, named, 17)) == 17
    assert by_location(chain, axis, 4, named, 16) == ()


def test_taxa_below_make_a_shard_each() -> None:
    chain = Chain("q.0", "q", "virus", "taxa", ("10239",))
    shards = by_subtree(chain, (1, 2), 2)
    assert [(shard.values, shard.sent) for shard in shards] == [
        (("10239",), ("1",)),
        (("10239",), ("2",)),
    ]
    assert by_subtree(chain, (1, 2, 3), 2) == ()


@given(st.integers(2, 5000), st.integers(0, 5000), st.floats(2, 32))
def test_shards_are_neither_too_few_nor_too_small(left: int, others: int, lanes: float) -> None:
    pieces = pieces_for(left, left + others, lanes)
    assert 2 <= pieces <= max(2, left // 2)
    assert pieces <= 3 * lanes + 1


def test_so_many_shards_as_the_lanes_can_use() -> None:
    assert [pieces_for(n, n, 7.5) for n in (3, 6, 40, 490)] == [2, 3, 20, 23]
    assert pieces_for(8, 35, 7.0) == 4


@given(st.integers(6000, 3_000_000), st.integers(2, 32))
def test_shards_of_known_size_leave_little_room_on_their_last_pages(
    total: int, workers: int
) -> None:
    pieces = full_pieces(total, workers)
    pages = max(3, ceil(ceil(total / 970) / ceil(1.2 * workers)))
    assert total / pieces <= 970 * pages
    assert total / (pieces - 1) > 970 * pages


def test_shards_of_known_size_take_few_requests() -> None:
    assert [full_pieces(n, 16) for n in (40_000, 490_000)] == [14, 20]


def test_before_anything_is_asked_only_what_would_be_the_last_is_cut() -> None:
    assert pieces_ahead([40_000], 10) == [11]
    assert pieces_ahead([490_000], 10) == [12]
    assert pieces_ahead([40_000] * 12, 10) == [1] * 12
    assert pieces_ahead([40_000, 900, 0], 10) == [11, 1, 1]
    assert pieces_ahead([40_000, 20_000], 10) == [7, 4]
    assert pieces_ahead([40_000], 1) == [1]
    assert pieces_ahead([], 10) == []


@given(st.lists(st.integers(0, 3_000_000), max_size=20), st.floats(1, 32))
def test_what_is_cut_ahead_is_as_fine_as_its_share_of_the_lanes(
    sizes: list[int], lanes: float
) -> None:
    pieces = pieces_ahead(sizes, lanes)
    assert len(pieces) == len(sizes)
    assert all(number >= 1 for number in pieces)
    assert sum(number for number in pieces if number > 1) <= 3 * lanes + 4 * len(sizes)
    if pieces and max(pieces) > 1:
        assert pieces[sizes.index(max(sizes))] > 1  # the longest, before all others


@pytest.mark.parametrize(
    ("rate", "workers", "lanes"), [(10, 16, 10), (5, 16, 5), (0.5, 16, 1), (10, 4, 4)]
)
def test_before_a_page_has_come_it_is_taken_to_last_a_second(
    rate: float, workers: int, lanes: float
) -> None:
    assert lanes_ahead(rate, workers) == lanes


def test_a_walk_is_cut_only_where_it_would_be_the_last() -> None:
    assert pays(39, 1, 39, 7.5)
    assert not pays(39, 1, 400, 7.5)
    assert not pays(4, 36, 4, 7.5)
    assert not pays(2, 1, 2, 16)
    assert not pays(39, 1, 39, 1.04)
    assert not pays(5, 1, 5, 1.5)
    assert pays(39, 1, 39, 1.5)
    assert pays(39, 1, 39, 3)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 5000), st.floats(0, 32))
def test_a_cut_walk_ends_earlier(left: int, walked: int, others: int, lanes: float) -> None:
    if pays(left, walked, left + others, lanes):
        cut = (left + others + walked) / lanes
        assert left >= cut + 2
