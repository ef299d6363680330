"""How a run went over time: so many spans as fit into a picture, however long it takes."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct

__all__ = ["MOST", "Course", "Span", "edge", "joined"]

#: More spans than this are folded in pairs, each then twice as long.
MOST = 240
#: The limit counts requests within a second: a shorter span could seem to exceed it.
_SHORTEST = 1.0
#: Latencies are counted in steps that grow by a fifth, from a millisecond to a quarter of an hour.
_FASTEST = 0.001
_STEPS_A_DOUBLING = 4
_LAST_STEP = 80
#: What may be wrong with a sum of shares.
_HAIR = 1e-9


class Span(Struct):
    """What happened in a span of time; `rate` is the slowest pace that requests kept to, if any."""

    requests: int = 0
    records: int = 0
    again: int = 0
    rate: float = 0.0

    def __add__(self, other: Span) -> Span:
        rates = [rate for rate in (self.rate, other.rate) if rate]
        return Span(
            self.requests + other.requests,
            self.records + other.records,
            self.again + other.again,
            min(rates, default=0.0),
        )


class Course:
    """Takes note of events as they happen, in memory that does not grow; `limit` is a second's."""

    def __init__(self, limit: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self.width = _SHORTEST
        self.spans: list[Span] = []
        self.latencies: Counter[int] = Counter()
        self.slowest = 0.0
        self._clock = clock
        self._began = clock()

    def sent(self, rate: float) -> None:
        """A request leaves, at a time when so many a second may."""
        span = self._span()
        span.requests += 1
        span.rate = min(span.rate, rate) if span.rate else rate

    def again(self) -> None:
        """Something has to be asked again."""
        self._span().again += 1

    def came(self, records: int) -> None:
        """So many records have arrived."""
        self._span().records += records

    def took(self, seconds: float) -> None:
        """An answer has come, so long after its request left."""
        self.latencies[_step(seconds)] += 1
        self.slowest = max(self.slowest, seconds)

    def fold(self) -> None:
        """Each two spans become one."""
        pairs = zip_longest(self.spans[::2], self.spans[1::2], fillvalue=Span())
        self.spans = [first + second for first, second in pairs]
        self.width *= 2

    def percentile(self, share: float) -> float:
        """The seconds within which this share of the answers came, to about a tenth of them."""
        wanted = share * self.latencies.total()
        for step, count in sorted(self.latencies.items()):
            wanted -= count
            if wanted <= _HAIR:
                return min(self.slowest, edge(step + 0.5))
        return self.slowest

    def document(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        spans = [[s.requests, s.records, s.again, round(s.rate, 3)] for s in self.spans]
        return {
            "limit": self.limit,
            "width": self.width,
            "slowest": round(self.slowest, 4),
            "spans": spans,
            "latencies": sorted(self.latencies.items()),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Course:
        """What a document tells."""
        course = cls(document["limit"])
        course.width, course.slowest = document["width"], document["slowest"]
        course.spans = [Span(*numbers) for numbers in document["spans"]]
        course.latencies = Counter(dict(document["latencies"]))
        return course

    def _span(self) -> Span:
        """The one that is now."""
        passed = max(0.0, self._clock() - self._began)
        while passed >= MOST * self.width:
            self.fold()
        number = int(passed / self.width)
        self.spans += (Span() for _ in range(number + 1 - len(self.spans)))
        return self.spans[number]


def joined(courses: Sequence[Course]) -> tuple[Course, list[int]]:
    """Several courses one after the other, and with which span each of them begins."""
    whole = Course(max((one.limit for one in courses), default=0.0))
    width = max((one.width for one in courses), default=_SHORTEST)
    while _length(courses, width) > max(MOST, len(courses)):
        width *= 2
    whole.width = width
    begins = []
    for one in courses:
        begins.append(len(whole.spans))
        whole.spans += _folded(one, width)
        whole.latencies += one.latencies
        whole.slowest = max(whole.slowest, one.slowest)
    return whole, begins


def _length(courses: Iterable[Course], width: float) -> int:
    return sum(math.ceil(len(one.spans) * one.width / width) for one in courses)


def _folded(course: Course, width: float) -> list[Span]:
    copy = Course.of(course.document())
    while copy.width < width:
        copy.fold()
    return copy.spans


def edge(step: float) -> float:
    """The seconds with which a step of latency begins."""
    return float(_FASTEST * 2 ** (step / _STEPS_A_DOUBLING))


def _step(seconds: float) -> int:
    if seconds <= _FASTEST:
        return 0
    return min(_LAST_STEP, int(math.log2(seconds / _FASTEST) * _STEPS_A_DOUBLING))
