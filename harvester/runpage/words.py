"""Figures as a person reads them, each still with its exact value."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from harvester.publish import Some
from harvester.runpage.draw import Drawing
from harvester.summary import size

__all__ = [
    "Cell",
    "Figure",
    "Grid",
    "Section",
    "bytes_of",
    "filled",
    "lasting",
    "number",
    "rest",
    "seconds_of",
]

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Figure(Struct, frozen=True):
    """A number, the words for it, and the name by which a program finds it on the page."""

    value: float | None
    words: str
    name: str = ""


Cell = str | Figure | Drawing


class Grid(Struct, frozen=True):
    """A table: a caption, the heads of its columns, its rows, and what they leave out.

    One of few columns takes no more room than figures need, unless it is `wide`.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    wide: bool = False


class Section(Struct, frozen=True):
    """One heading and what stands below it."""

    name: str
    title: str
    grids: Sequence[Grid] = ()
    plots: Sequence[Drawing] = ()
    notes: Sequence[str] = ()


def number(value: float | None, name: str = "") -> Figure:
    """A count with commas between thousands; a dash where nobody knows it."""
    return Figure(value, "–" if value is None else f"{value:,.0f}", name)  # noqa: RUF001


def bytes_of(value: float | None, name: str = "") -> Figure:
    """Bytes in the unit that suits them."""
    return Figure(value, "–" if value is None else size(value), name)  # noqa: RUF001


def seconds_of(value: float, name: str = "") -> Figure:
    """A span of time."""
    return Figure(value, lasting(value), name)


def lasting(seconds: float) -> str:
    """A span of time in the units that suit it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.3g} s"
    whole = int(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY:,} d {whole % _DAY // _HOUR} h"


def rest(some: Some) -> str:
    """What a table on the page leaves out; the database has it all."""
    return f"and {some.more:,} more, in the database's schema meta" if some.more else ""


def filled(grids: Sequence[Grid]) -> list[Grid]:
    """Those that have rows."""
    return [grid for grid in grids if grid.rows]
