"""What columns are like, for people: a line each, or all that is known of some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
from rich import box
from rich.table import Table as Grid
from rich.text import Text

from harvester.cli.screen import console
from harvester.look import QUANTILES, Column, Histogram, Profile, Sample
from harvester.texts import printable

__all__ = ["share_text", "tell"]

_MARKS = "▁▂▃▄▅▆▇█"
#: Characters of a value, frequent values on a line, and bars of a spread.
_VALUE, _FREQUENT, _BARS = 24, 3, 15


def share_text(share: float | None) -> str:
    """A share of rows; all and none are said of all and none only."""
    if share is None:
        return ""
    return f"{share:.0%}" if share in (0, 1) else f"{min(max(share, 0.001), 0.999):.1%}"


def tell(table: str, sample: Sample, measured: Sequence[Profile], *, whole: bool) -> None:
    """For people: a line a column, the empty ones together; of chosen columns all that is known."""
    click.echo(f"{table}, by {sample.told}\n")
    filled = [one for one in measured if one.filled]
    if whole:
        for one in filled:
            click.echo("\n".join(_card(one)) + "\n")
    elif filled:
        _lines(filled)
    if empty := [one.column.name for one in measured if not one.filled]:
        click.echo(f"\nno value in these rows: {', '.join(empty)}")


def _lines(measured: Sequence[Profile]) -> None:
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    grid.add_column("column", overflow="fold", min_width=24)
    for head in ("filled", "distinct"):
        grid.add_column(head, justify="right", no_wrap=True)
    grid.add_column("values", overflow="fold")
    for one in measured:
        cells = (one.column.name, share_text(one.share), f"{one.distinct:,}", _values(one))
        grid.add_row(*map(Text, cells))
    console(width=160).print(grid)


def _values(one: Profile) -> str:
    """How a column's numbers lie; of words the frequent ones, or the first and the last."""
    lengths = "length " if _of_lengths(one.column) else ""
    if one.least == one.most:
        return f"{lengths}{_short(one.least)}" + ("" if lengths else f" ({one.filled:,})")
    if one.histogram:
        return f"{_bars(one.histogram)}  {lengths}{_range(one)}, median {_median(one)}"
    if one.top:
        return ", ".join(f"{_short(value)} ({rows:,})" for value, rows in one.top[:_FREQUENT])
    return _range(one)


def _range(one: Profile) -> str:
    return f"{_short(one.least)} … {_short(one.most)}"


def _card(one: Profile) -> Iterator[str]:
    """All that is known of a column."""
    column = one.column
    yield f"{column.name}  {column.type}{_of_lengths(column)}"
    yield f"  {printable(column.doc)}"
    yield f"  filled    {share_text(one.share)}, {one.filled:,} of {one.rows:,} rows"
    yield f"  distinct  about {one.distinct:,}"
    yield f"  from      {printable(one.least or '')}"
    yield f"  to        {printable(one.most or '')}"
    if one.mean is not None:
        yield f"  mean      {one.mean:,.6g}, standard deviation {one.deviation or 0:,.6g}"
    if one.quantiles:
        told = zip(QUANTILES, one.quantiles, strict=True)
        yield "  quantiles " + ", ".join(f"{100 * q:.0f} %: {value}" for q, value in told)
    for number, (value, rows) in enumerate(one.top):
        yield f"  {'' if number else 'frequent':9} {rows:>12,} x {printable(value)}"
    if one.histogram:
        edges = one.histogram.edges
        yield f"  spread    {_bars(one.histogram)}  {edges[0]} to {edges[-1]}"


def _of_lengths(column: Column) -> str:
    return ", by length" if column.form in ("list", "bytes") else ""


def _median(one: Profile) -> str | None:
    return one.quantiles[len(QUANTILES) // 2] if one.quantiles else None


def _bars(spread: Histogram) -> str:
    together = -(-len(spread.rows) // _BARS)
    heights = [
        sum(spread.rows[start : start + together]) for start in range(0, len(spread.rows), together)
    ]
    steps = len(_MARKS) - 1
    return "".join(_MARKS[-(-rows * steps // max(heights))] if rows else " " for rows in heights)


def _short(value: str | None) -> str:
    text = printable(value or "")
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}…"
