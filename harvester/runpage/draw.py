"""Small plots as SVG: they fill the width that they get, and their letters keep their size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from msgspec import Struct

__all__ = ["Bar", "Drawing", "Mark", "Steps", "columns", "rounded", "share"]

_HEIGHT = 180
#: Room for a line of letters above and below what is drawn.
_TOP, _FOOT = 18, 22
_GRID = 2


class Drawing(Struct, frozen=True):
    """An SVG element that a template takes as it is."""

    svg: str
    title: str = ""
    told: str = ""

    def __html__(self) -> str:
        return self.svg


class Bar(Struct, frozen=True):
    """One column, and what is said of it to whom points at it."""

    height: float
    told: str = ""


class Steps(Struct, frozen=True):
    """A line of as many levels as there are columns; where one is None there is no line."""

    name: str
    levels: Sequence[float | None]


class Mark(Struct, frozen=True):
    """An upright line where a column begins; `place` counts columns and may lie within one."""

    place: float
    name: str


def columns(  # noqa: PLR0913 - what is drawn, and what is said of it
    name: str,
    title: str,
    told: str,
    bars: Sequence[Bar],
    *,
    unit: str,
    ends: tuple[str, str],
    lines: Sequence[Steps] = (),
    marks: Sequence[Mark] = (),
) -> Drawing:
    """Columns side by side; `ends` are the words below the first and the last.

    `name` tells the drawing's elements from those of others on the page.
    """
    levels = [level for line in lines for level in line.levels if level is not None]
    top = rounded(max([bar.height for bar in bars] + levels, default=0.0))
    inside = [
        *_grid(top),
        *_bars(bars, top),
        *(part for number, line in enumerate(lines) for part in _steps(line, number, top)),
        *(part for mark in marks for part in _mark(mark, len(bars))),
        *_scale(top, unit),
        _text("0", _HEIGHT - 6, ends[0], "axis"),
        _text("100%", _HEIGHT - 6, ends[1], "axis end"),
    ]
    return Drawing(
        f'<svg class="plot" width="100%" height="{_HEIGHT}" role="img" '
        f'aria-labelledby="{escape(name)}-title {escape(name)}-desc">'
        f'<title id="{escape(name)}-title">{escape(title)}</title>'
        f'<desc id="{escape(name)}-desc">{escape(told)}</desc>'
        f"{''.join(inside)}</svg>",
        title,
        told,
    )


def rounded(highest: float) -> float:
    """A round number that is no smaller, for the top of a scale: 1, 1.5, 2, 3, 5 or 8 times ten."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    for step in (1, 1.5, 2, 3, 5, 8, 10):
        if highest <= step * power:
            return step * power
    return 20 * power


def _grid(top: float) -> Iterator[str]:
    for line in range(_GRID + 1):
        y = _y(top * line / _GRID, top)
        yield f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'


def _scale(top: float, unit: str) -> Iterator[str]:
    """What the lines of the grid stand for; the highest one also tells of what."""
    for line in range(1, _GRID + 1):
        level = top * line / _GRID
        words = f"{level:,.3g}" if level < 1000 else f"{level:,.0f}"  # noqa: PLR2004
        told = f"{words} {unit}" if line == _GRID else words
        yield _text("0", _y(level, top) - 4, told, "scale")


def _bars(bars: Sequence[Bar], top: float) -> Iterator[str]:
    wide = 100 / max(1, len(bars))
    for number, bar in enumerate(bars):
        if bar.height <= 0:
            continue
        y = _y(bar.height, top)
        yield (
            f'<rect class="bar" x="{number * wide:.3f}%" y="{y:.1f}" width="{wide * 0.9:.3f}%" '
            f'height="{_y(0, top) - y:.1f}"><title>{escape(bar.told)}</title></rect>'
        )


def _steps(line: Steps, number: int, top: float) -> Iterator[str]:
    """Level stretches, each as one line however many columns it spans."""
    wide = 100 / max(1, len(line.levels))
    for first, last, level in _stretches(line.levels):
        y = _y(level, top)
        yield (
            f'<line class="line{number}" x1="{first * wide:.3f}%" x2="{last * wide:.3f}%" '
            f'y1="{y:.1f}" y2="{y:.1f}"><title>{escape(line.name)}: {level:,.4g}</title></line>'
        )


def _stretches(levels: Iterable[float | None]) -> Iterator[tuple[int, int, float]]:
    begin, current, place = 0, None, 0
    for place, level in enumerate(levels):
        if level != current:
            if current is not None:
                yield begin, place, current
            begin, current = place, level
    if current is not None:
        yield begin, place + 1, current


def _mark(mark: Mark, count: int) -> Iterator[str]:
    x = f"{100 * mark.place / max(1, count):.3f}%"
    yield f'<line class="mark" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _FOOT}"/>'
    kind = "note end" if mark.place > count / 2 else "note"
    yield _text(x, _HEIGHT - _FOOT - 6, f" {mark.name} ", kind)


def _y(level: float, top: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * min(1.0, level / top)


def _text(x: str, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y:.1f}">{escape(words)}</text>'


def share(part: float) -> Drawing:
    """A bar that takes this part of its place; the number beside it says the same."""
    wide = 100 * min(1.0, max(0.0, part))
    return Drawing(
        '<svg class="share" width="100%" height="10" aria-hidden="true">'
        f'<rect class="bar" width="{wide:.1f}%" height="10"/></svg>'
    )
