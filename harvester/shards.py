"""Cuts a large chain into disjoint shards that are walked at once. Pure.

Along `release_date` at days between which equally many records lie, by the histogram of an earlier
run where there is one, else by how NCBI has grown. Along `type` by groups of values, along
`location` by whole sequences, along `subtree` by the taxa directly below.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from math import ceil, log2

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import PAGE_SIZE, RESOURCES, Split
from harvester.model import Chain, Filters

__all__ = [
    "PAGE_SECONDS",
    "SAMPLED",
    "Histogram",
    "axes_of",
    "by_date",
    "by_group",
    "by_location",
    "by_subtree",
    "full_pieces",
    "lanes_ahead",
    "pays",
    "pieces_ahead",
    "pieces_for",
    "share_of",
    "today",
]

#: Records by the day of their release, in order of the days.
Histogram = Sequence[tuple[date, int]]

_DAY = timedelta(days=1)
#: Before this day NCBI released no assembly.
_DAWN = date(1990, 1, 1)
#: NCBI's holdings double in about so many days.
_DOUBLING = 900.0
#: A shard of fewer pages is not worth its own: each adds half a page of requests.
_LEAST_PAGES = 2
_KNOWN_PAGES = 3
#: What a page takes at NCBI, where none has come yet that would tell.
PAGE_SECONDS = 1.0
#: A cut is to save the time of so many pages; of fewer lanes one walk uses nearly all.
_GAIN = 2
_LEAST_LANES = 1.05
#: Shards for each lane that they are to fill: many where their sizes can only be guessed; where
#: they are known, few more than lanes, so that all are walked at once and end together.
_FINE = 3
_KNOWN_FINE = 1.2
#: What of its pages a shard fills: room for what was added since it was counted, and where only
#: a sample was, for that.
_FULL = 0.97
SAMPLED = 0.9
#: An address has room for so many names of sequences.
_NAMES = 60


class _Window(Struct, frozen=True):
    """Days from the first to the last, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def bounds(self, at: date) -> tuple[date, date]:
        """The days between which the records lie, however far the window is open."""
        last = at if self.last is None else self.last
        return self.first or min(_DAWN, last), last


def today() -> date:
    """The day by which windows are cut."""
    return datetime.now(UTC).date()


def axes_of(chain: Chain, at: date) -> tuple[Split, ...]:
    """The axes along which the chain may be cut, those left out that were used up."""
    if len(chain.values) != 1:
        return ()
    return tuple(axis for axis in RESOURCES[chain.resource].split if _suits(axis, chain, at))


def _suits(axis: Split, chain: Chain, at: date) -> bool:
    if chain.selector != axis.selector:
        return False
    asked = dict(chain.filters) | dict(chain.shard)
    if axis.needs and not asked.get(axis.needs):
        return False
    if axis.axis == "release_date":
        first, last = _window(chain, axis).bounds(at)
        return first < last
    return axis.axis == "subtree" or not any(name in asked for name in axis.filters)


def lanes_ahead(rate: float, workers: int) -> float:
    """How many chains walked at once use the rate, before a page has told how long one takes."""
    return min(workers, max(1.0, rate * PAGE_SECONDS))


def pays(left: int, walked: int, rest: int, lanes: float) -> bool:
    """Whether a chain would still be walked when all else is done, and a cut would mend that.

    `left` are its pages left, `rest` those of all chains, `lanes` the chains that can be walked at
    once. What was walked of it is asked for again, and each shard ends with a page half full.
    """
    if lanes < _LEAST_LANES:
        return False
    again = walked + pieces_for(left, rest, lanes) / 2
    return left > (rest + again) / lanes + _GAIN


def pieces_for(left: int, rest: int, lanes: float) -> int:
    """Into how many shards a chain is cut; their sizes can only be guessed, so they are small."""
    share = max(1.0, rest / lanes)
    return max(2, min(ceil(_FINE * left / share), left // _LEAST_PAGES))


def pieces_ahead(sizes: Sequence[int], lanes: float) -> list[int]:
    """Into how many shards each of some chains is cut before anything is asked; 1 is not cut."""
    pages = [ceil(size / PAGE_SIZE) for size in sizes]
    rest = sum(pages)
    return [
        full_pieces(size, share_of(left, rest, lanes)) if pays(left, 0, rest, lanes) else 1
        for size, left in zip(sizes, pages, strict=True)
    ]


def share_of(left: int, rest: int, lanes: float) -> float:
    """How many of the lanes are a chain's, by its part of all pages; two make a difference."""
    return max(2.0, lanes * left / rest)


def full_pieces(total: int, lanes: float, full: float = _FULL) -> int:
    """The same where it is known how the records lie: shards whose pages are nearly all full."""
    pages = ceil(total / (PAGE_SIZE * full))
    each = max(_KNOWN_PAGES, ceil(pages / ceil(_KNOWN_FINE * lanes)))
    return ceil(total / (each * PAGE_SIZE * full))


def by_date(
    chain: Chain, axis: Split, pieces: int, at: date, histogram: Histogram = ()
) -> tuple[Chain, ...]:
    """At most so many windows of days, of about equal size as far as can be foreseen."""
    window = _window(chain, axis)
    cuts = _cuts(window, pieces, at, histogram)
    starts = [window.first, *cuts]
    ends = [*(cut - _DAY for cut in cuts), window.last]
    windows = (_Window(start, end) for start, end in zip(starts, ends, strict=True))
    return _shards(chain, (_days(axis, one) for one in windows))


def by_group(chain: Chain, axis: Split) -> tuple[Chain, ...]:
    """One shard for each group of values that the catalogue names."""
    (name,) = axis.filters
    return _shards(chain, (((name, group),) for group in axis.groups))


def by_location(
    chain: Chain, axis: Split, pieces: int, lengths: Sequence[tuple[str, int]], most: int
) -> tuple[Chain, ...]:
    """So many groups of whole sequences, of about equal length; more where it takes more to name.

    A draft may be in a hundred thousand pieces: nothing where that makes more than the `most`.
    """
    number = max(min(pieces, len(lengths)), ceil(len(lengths) / _NAMES))
    if number > most:
        return ()
    (name,) = axis.filters
    groups: list[tuple[int, list[str]]] = [(0, []) for _ in range(number)]
    for sequence, length in sorted(lengths, key=lambda one: (-one[1], one[0])):
        place = min(range(number), key=lambda one: (len(groups[one][1]) >= _NAMES, groups[one][0]))
        groups[place][1].append(sequence)
        groups[place] = (groups[place][0] + max(length, 1), groups[place][1])
    return _shards(chain, (((name, tuple(names)),) for _, names in groups))


def by_subtree(chain: Chain, children: Sequence[int], most: int) -> tuple[Chain, ...]:
    """One shard for each taxon directly below; records of the taxon itself are in none of them."""
    if len(children) > most:
        return ()
    return tuple(
        replace(chain, id=f"{chain.id}.{number}", sent=(str(child),))
        for number, child in enumerate(children)
    )


def _shards(chain: Chain, filters: Iterable[Filters]) -> tuple[Chain, ...]:
    return tuple(
        replace(chain, id=f"{chain.id}.{number}", shard=_with(chain.shard, more))
        for number, more in enumerate(filters)
    )


def _with(shard: Filters, more: Filters) -> Filters:
    return tuple((dict(shard) | dict(more)).items())


def _cuts(window: _Window, pieces: int, at: date, histogram: Histogram) -> list[date]:
    """The first days of all shards but the first."""
    first, last = window.bounds(at)
    inside = [(day, count) for day, count in histogram if first <= day <= last]
    wanted = (step / pieces for step in range(1, pieces))
    if inside:
        found = _quantiles(inside, list(wanted))
    elif window.first is None:
        found = [_grown(share, first, last) for share in wanted]
    else:
        span = (last - first).days + 1
        found = [first + timedelta(days=round(span * share)) for share in wanted]
    return sorted({day for day in found if first < day <= last})


def _quantiles(histogram: Histogram, wanted: Sequence[float]) -> list[date]:
    """The first days of what is left when so great a share is taken, as nearly as days allow.

    Now and then NCBI releases thousands of records in one day: it belongs to one side or the other.
    """
    sums = [0, *accumulate(count for _, count in histogram)]
    found = []
    for share in wanted:
        target = share * sums[-1]
        place = bisect_left(sums, target, 1, len(sums) - 1)
        day, _ = histogram[place - 1]
        found.append(day if target - sums[place - 1] < sums[place] - target else day + _DAY)
    return found


def _grown(share: float, first: date, last: date) -> date:
    """The day on which NCBI held this share of what it holds on the last day."""
    days = (last - first).days
    start: float = 2.0 ** (-days / _DOUBLING)
    held = start + share * (1.0 - start)
    return last + timedelta(days=round(_DOUBLING * log2(held)))


def _window(chain: Chain, axis: Split) -> _Window:
    asked = dict(chain.filters) | dict(chain.shard)
    first, last = (asked.get(name) for name in axis.filters)
    return _Window(_day(first), _day(last))


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None


def _days(axis: Split, window: _Window) -> Filters:
    days = zip(axis.filters, (window.first, window.last), strict=True)
    return tuple((name, day.isoformat()) for name, day in days if day is not None)
