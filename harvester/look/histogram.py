"""How the numbers, days or lengths of a column are spread, in bins of equal width."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from harvester.look.catalog import Column
from harvester.publish.workbench import Connection

__all__ = ["Histogram", "histogram", "measure_of"]

BINS = 30
_DAY = 86_400.0
_YEAR = 365.2425 * _DAY
#: From here on an edge is told without a fraction.
_LARGE = 100_000.0


class Histogram(Struct, frozen=True):
    """Bin n holds `rows[n]` rows from `edges[n]` up to, and not including, the edge after it.

    `left_out` are rows whose value has no place: none above zero on a logarithmic scale.
    """

    edges: tuple[str, ...]
    rows: tuple[int, ...]
    left_out: int = 0


def measure_of(column: Column) -> str:
    """The number in a column: of lists and bytes their length, of moments their second."""
    if column.form == "number":
        return f"CAST({column.sql} AS DOUBLE)"
    if column.form == "moment":
        return f"CAST(epoch({column.sql}) AS DOUBLE)"
    if column.form == "list":
        return f"CAST(len({column.sql}) AS DOUBLE)"
    return f"CAST(octet_length({column.sql}) AS DOUBLE)" if column.form == "bytes" else ""


def histogram(
    connection: Connection, column: Column, source: str, where: str = "", *, log: bool = False
) -> Histogram | None:
    """The spread of a column; None where it holds no numbers, or there are no rows."""
    if not (measure := measure_of(column)):
        return None
    value = f"CASE WHEN {measure} > 0 THEN ln({measure}) END" if log else measure
    condition = f" WHERE {where}" if where else ""
    values = f"SELECT {value} AS x, {measure} AS m FROM {source}{condition}"
    ((low, high, whole, left_out),) = connection.execute(
        "SELECT min(x), max(x), bool_and(m = floor(m)), count(*) FILTER (WHERE x IS NULL) "
        f"FROM ({values}) WHERE isfinite(m)"
    ).fetchall()
    if low is None:
        return None
    step = _step(low, high, _unit(column, log=log, whole=bool(whole)))
    counted = connection.execute(
        f"SELECT CAST(greatest(0, least({BINS - 1}, floor((x - ?) / ?))) AS INTEGER) AS bin, "
        f"count(*) FROM ({values}) WHERE isfinite(m) AND x IS NOT NULL GROUP BY bin",
        [low, step],
    ).fetchall()
    by_bin = dict(counted)
    rows = tuple(by_bin.get(number, 0) for number in range(max(by_bin) + 1))
    shown = _shown(column, log=log)
    edges = tuple(shown(low + step * number) for number in range(len(rows) + 1))
    return Histogram(edges, rows, left_out)


def _unit(column: Column, *, log: bool, whole: bool) -> float:
    """What an edge should be a multiple of; 0 where any number will do."""
    if log:
        return 0.0
    if column.type == "DATE":
        return _DAY
    return 1.0 if whole else 0.0


def _step(low: float, high: float, unit: float) -> float:
    if unit:
        return max(1, math.ceil((high - low + unit) / unit / BINS)) * unit
    return (high - low) / BINS or 1.0


def _shown(column: Column, *, log: bool) -> Callable[[float], str]:
    """How an edge is told."""
    if column.form == "moment":
        return lambda edge: _moment(edge, " " if column.type == "TIMESTAMP" else "")
    return lambda edge: _number(math.exp(edge) if log else edge)


def _moment(edge: float, before_time: str) -> str:
    try:
        moment = datetime.fromtimestamp(edge, UTC)
    except (OverflowError, ValueError):  # beyond the years that Python counts
        return f"year {1970 + edge / _YEAR:.0f}"
    return f"{moment.date()}{before_time}{moment:%H:%M}" if before_time else str(moment.date())


def _number(edge: float) -> str:
    return f"{edge:.0f}" if edge == round(edge) or abs(edge) >= _LARGE else f"{edge:.6g}"
