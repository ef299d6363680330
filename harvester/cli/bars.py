"""A run under way as lines of text: they fit whatever width and height there is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from rich.text import Text

__all__ = ["Row", "View", "lines", "span"]

#: Widths from which on a line has room for a bar, and the longest one.
_ROOM_FOR_BAR, _LONGEST_BAR = 44, 24
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
#: Characters that any terminal has, for those that have no others.
_PLAIN = str.maketrans({"━": "=", "─": "-", "…": "~"})


class Row(Struct, frozen=True):
    """A query: the records that came, of how many, or of how many at least."""

    label: str
    received: int
    expected: int | None
    at_least: bool = False

    @property
    def done(self) -> bool:
        """Whether all has come."""
        return self.expected is not None and self.received >= self.expected


class View(Struct, frozen=True):
    """What is to be shown of a run; `sure` where all queries have said how much there is."""

    name: str
    rows: Sequence[Row] = ()
    speed: float = 0.0
    rate: float = 0.0
    limited_by: str = ""
    again: int = 0
    left: float | None = None
    publishing: bool = False

    @property
    def whole(self) -> Row:
        """All queries together."""
        known = [row.expected for row in self.rows if row.expected is not None]
        received = sum(row.received for row in self.rows)
        return Row(self.name, received, sum(known) if known else None, not self.sure)

    @property
    def sure(self) -> bool:
        """Whether every query has said how much there is."""
        return all(row.expected is not None for row in self.rows)


def lines(view: View, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """The lines, none wider than the terminal, and no more of them than it has."""
    found = list(_lines(view, width, max(1, height - 3)))
    for line in found:
        line.truncate(width, overflow="crop")
        if ascii_only:
            line.plain = line.plain.translate(_PLAIN)
    return found


def _lines(view: View, width: int, room: int) -> Iterator[Text]:
    whole = view.whole
    numbers = max((len(_numbers(row)) for row in (*view.rows, whole)), default=0)
    yield _line(whole, width, numbers, style="bold")
    yield Text(_state(view, width), style="dim")
    shown, hidden = _chosen(view.rows, room)
    yield from (_line(row, width, numbers) for row in shown)
    if hidden:
        done = sum(row.done for row in hidden)
        yield Text(_short(f"and {len(hidden)} more queries, {done} of them done", width))


def _chosen(rows: Sequence[Row], room: int) -> tuple[Sequence[Row], Sequence[Row]]:
    """Where not all fit, those that are under way; what is done or waits is counted."""
    if len(rows) <= room:
        return rows, ()
    order = sorted(range(len(rows)), key=lambda n: (rows[n].done, rows[n].expected is None, n))
    first = set(order[: room - 1])
    chosen = [row for number, row in enumerate(rows) if number in first]
    return chosen, [row for number, row in enumerate(rows) if number not in first]


def _line(row: Row, width: int, numbers: int, style: str = "") -> Text:
    """Label, bar, numbers: the bar goes first where the room is short, then the label."""
    bar = min(_LONGEST_BAR, (width - numbers) // 3) if width >= _ROOM_FOR_BAR else 0
    label = width - numbers - bar - 1 - bool(bar)
    if label < 1:
        return Text(_short(_numbers(row), width), style=style)
    line = Text(_short(row.label, label).ljust(label), style=style)
    if bar:
        line.append(" ").append_text(_bar(row, bar))
    return line.append(" ").append(_numbers(row).rjust(numbers), style="cyan")


def _bar(row: Row, width: int) -> Text:
    share = min(1.0, row.received / row.expected) if row.expected else float(row.done)
    full = int(share * width)
    return Text.assemble(("━" * full, "green"), ("─" * (width - full), "dim"))


def _numbers(row: Row) -> str:
    if row.expected is None:
        return f"{row.received:,}/?"
    return f"{row.received:,}/{row.expected:,}{'+' if row.at_least else ''}"


def _state(view: View, width: int) -> str:
    """As much of it as fits, what matters most first."""
    if view.publishing:
        return _short("publishing: the tables and the database are being made", width)
    if not view.rate:
        return _short("getting ready", width)
    tells = view.left is not None and view.left >= 1
    left = [f"{'' if view.sure else 'over '}{span(view.left or 0.0)} left"] if tells else []
    limit = [f"limited by {view.limited_by}"] if view.limited_by else []
    rate = f"{view.speed:.1f} of {view.rate:.1f} requests/s"
    again = [f"{view.again:,} asked again"] if view.again else []
    ways = (
        [*left, *limit, rate, *again],
        [*left, *limit, rate],
        [*left, *limit],
        [*left, view.limited_by],
        left or limit,
    )
    told = [", ".join(way) for way in ways]
    return next((text for text in told if len(text) <= width), _short(told[-1], width))


def span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:.0f} min"
    return f"{seconds // _DAY:.0f} days {seconds % _DAY // _HOUR:.0f} h"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
