"""The plots of a run: requests and records over time, what was asked again, latencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from harvester.course import Course, Span, edge, joined
from harvester.ledger import Traffic
from harvester.runpage.draw import Bar, Drawing, Mark, Steps, columns, share
from harvester.runpage.words import Cell, Grid, lasting, number, seconds_of

__all__ = ["Pace", "pace_of", "reasons_of"]

_SHARES = (("half of them", 0.5), ("nine of ten", 0.9), ("99 of 100", 0.99))


class Pace:
    """How all attempts of a run went over time, one after the other, pauses left out."""

    def __init__(self, courses: Sequence[Course]) -> None:
        self.course, begins = joined(courses)
        while self.course.spans and self.course.limit * self.course.width < 1:
            self.course.fold()
            begins = [place // 2 for place in begins]
        self._marks = [Mark(place, "resumed") for place in begins[1:]]
        self._ends = ("0 s", lasting(len(self.course.spans) * self.course.width))

    def plots(self) -> Iterator[Drawing]:
        """Those that have something to show."""
        yield self._requests()
        if any(span.records for span in self.course.spans):
            yield self._records()
        if any(span.again for span in self.course.spans):
            yield self._again()

    def latencies(self) -> Drawing:
        """How many answers took how long."""
        steps = sorted(self.course.latencies)
        first, last = steps[0], steps[-1]
        counts = [self.course.latencies.get(step, 0) for step in range(first, last + 1)]
        bars = [
            Bar(count, f"{lasting(edge(step))} to {lasting(edge(step + 1))}: {count:,} answers")
            for step, count in enumerate(counts, first)
        ]
        told = "; ".join(f"{who} within {lasting(taken)}" for who, taken in self.percentiles())
        ends = (lasting(edge(first)), lasting(edge(last + 1)))
        title = "How long answers took"
        return columns(
            "latency", title, f"Of the answers came {told}.", bars, unit="answers", ends=ends
        )

    def percentiles(self) -> list[tuple[str, float]]:
        """Within how many seconds how many of the answers came."""
        return [(who, self.course.percentile(part)) for who, part in _SHARES]

    def waits(self) -> Grid:
        """The percentiles as a table."""
        rows: list[list[Cell]] = [[who, seconds_of(taken)] for who, taken in self.percentiles()]
        rows.append(["the slowest", seconds_of(self.course.slowest)])
        heads = ("Answers", "came within")
        return Grid(f"Latency of {self.course.latencies.total():,} answers", heads, rows)

    def _requests(self) -> Drawing:
        limit = self.course.limit
        rates = [span.rate for span in self.course.spans]
        paces = list(accumulate(rates, _last_known))
        slowest = min((rate for rate in rates if rate), default=limit)
        lines = [Steps("the limit", [limit] * len(rates))]
        sent = sum(span.requests for span in self.course.spans)
        told = f"{sent:,} requests; the limit is {limit:g} a second (dashed)"
        if slowest < limit:
            pace = [rate or None for rate in paces]
            lines.append(Steps("the pace that the run kept to", pace))
            told += f", and the run kept to {slowest:.3g} at the slowest (the line)"
        return self._over_time("requests", "Requests a second", told, lambda s: s.requests, lines)

    def _records(self) -> Drawing:
        records = sum(span.records for span in self.course.spans)
        told = f"{records:,} records arrived, those of pages walked again included"
        return self._over_time("records", "Records a second", told, lambda s: s.records)

    def _again(self) -> Drawing:
        told = f"{sum(span.again for span in self.course.spans):,} times something was asked again"
        return self._over_time("again", "Asked again, a second", told, lambda s: s.again)

    def _over_time(
        self,
        name: str,
        title: str,
        told: str,
        what: Callable[[Span], int],
        lines: Sequence[Steps] = (),
    ) -> Drawing:
        width = self.course.width
        bars = [
            Bar(what(span) / width, f"from {lasting(place * width)}: {what(span):,}")
            for place, span in enumerate(self.course.spans)
        ]
        told = f"{told}. Each column is {lasting(width)}."
        return columns(
            f"over-time-{name}", title, told, bars,
            unit="a second", ends=self._ends, lines=lines, marks=self._marks,
        )  # fmt: skip


def _last_known(last: float, new: float) -> float:
    """The pace goes on where no request tells of it."""
    return new or last


def pace_of(attempts: Sequence[Traffic]) -> Pace | None:
    """None where nobody measured anything, as in an ingest."""
    courses = [one.course for one in attempts if one.course and one.course.spans]
    return Pace(courses) if courses else None


def reasons_of(attempts: Sequence[Traffic]) -> Grid | None:
    """Why requests were repeated, the most frequent reason first."""
    reasons = sum((Counter(one.reasons) for one in attempts), Counter[str]())
    if not reasons:
        return None
    most = max(reasons.values())
    rows: list[list[Cell]] = [
        [reason, number(count, f"retries.{reason}"), share(count / most)]
        for reason, count in reasons.most_common()
    ]
    return Grid("Asked again, by reason", ("Reason", "Times", ""), rows)
