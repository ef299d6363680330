"""Lines over time as plain SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Line", "draw"]

_WIDE, _HIGH = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 24, 68, 52
_COLOURS = ("#0b6e4f", "#b3541e")
_STYLE = "font-family='sans-serif' font-size='13' fill='#333'"


@dataclass(frozen=True, slots=True)
class Line:
    """Records by seconds since the process started, and when it had ended."""

    title: str
    points: list[tuple[float, int]]
    end: float


@dataclass(frozen=True, slots=True)
class _Frame:
    """From seconds and records to places on the page."""

    seconds: float
    records: int

    def at(self, seconds: float, records: float) -> tuple[float, float]:
        across = _LEFT + seconds / self.seconds * (_WIDE - _LEFT - _RIGHT)
        down = _HIGH - _BOTTOM - records / self.records * (_HIGH - _TOP - _BOTTOM)
        return round(across, 1), round(down, 1)


def draw(lines: Sequence[Line], heading: str) -> str:
    """A picture of these lines: steps as pages come, a dot where the database is ready."""
    most = max(count for line in lines for _, count in line.points)
    step = _step(max(line.end for line in lines))
    frame = _Frame(-(-max(line.end for line in lines) // step) * step, most)
    parts = [_text(_LEFT, 26, heading, "font-weight='bold'"), *_grid(frame, step)]
    for colour, line in zip(_COLOURS, lines, strict=True):
        parts.extend(_line(frame, line, colour))
    size = f"viewBox='0 0 {_WIDE} {_HIGH}' width='{_WIDE}' height='{_HIGH}'"
    ground = f"<rect width='{_WIDE}' height='{_HIGH}' fill='#fff'/>"
    body = "\n".join([ground, *parts])
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size}>\n{body}\n</svg>\n"


def _step(seconds: float) -> int:
    return next((step for step in (1, 2, 5, 10, 20, 60) if seconds / step <= 8), 300)


def _grid(frame: _Frame, step: int) -> Iterator[str]:
    for seconds in range(0, round(frame.seconds) + 1, step):
        across, down = frame.at(seconds, 0)
        yield _rule(frame.at(seconds, 0), frame.at(seconds, frame.records))
        yield _text(across, down + 18, f"{seconds}", "text-anchor='middle'")
    for quarter in range(5):
        records = frame.records * quarter // 4
        across, down = frame.at(0, records)
        yield _rule(frame.at(0, records), frame.at(frame.seconds, records))
        yield _text(across - 8, down + 4, f"{records:,}", "text-anchor='end'")
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    label = "seconds since the start; the dot: all in the database"
    yield _text(middle, _HIGH - 12, label, "text-anchor='middle'")


def _line(frame: _Frame, line: Line, colour: str) -> Iterator[str]:
    steps = [(0.0, 0), *line.points, (line.end, line.points[-1][1])]
    places = [frame.at(0, 0)]
    for (_, before), (at, count) in pairwise(steps):
        places += [frame.at(at, before), frame.at(at, count)]
    path = " ".join(f"{across},{down}" for across, down in places)
    yield f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>"
    across, down = frame.at(*steps[-1])
    yield f"<circle cx='{across}' cy='{down}' r='5' fill='{colour}'/>"
    label = f"{line.title}: {line.end:.1f} s"
    yield _text(across, down - 10, label, f"text-anchor='end' style='fill:{colour}'")


def _rule(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    return f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='#ddd'/>"


def _text(across: float, down: float, text: str, more: str = "") -> str:
    return f"<text x='{across}' y='{down}' {_STYLE} {more}>{text}</text>"
