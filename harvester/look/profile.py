"""What the values of columns are like, by DuckDB's own aggregates, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from harvester.look.catalog import Column
from harvester.look.histogram import Histogram, histogram, measure_of
from harvester.look.values import plain_text
from harvester.publish.sql import text
from harvester.publish.workbench import Connection

__all__ = ["QUANTILES", "Profile", "profile"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Columns that are measured in one reading.
_TOGETHER = 16
_TOP = 8
#: With more different values than that the frequent ones are found by approximation.
_FEW = 10_000
_LONGEST = 200


class Profile(Struct, frozen=True):
    """One column; of lists and bytes `least`, `most` and what lies between tell the length.

    `distinct` is an estimate. `top` are frequent values with their exact number of rows; which
    ones is found by approximation where there are many.
    """

    column: Column
    rows: int
    filled: int
    distinct: int
    least: str | None = None
    most: str | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[str, ...] = ()
    top: tuple[tuple[str, int], ...] = ()
    histogram: Histogram | None = None

    @property
    def share(self) -> float | None:
        """The share of rows with a value."""
        return self.filled / self.rows if self.rows else None


def profile(
    connection: Connection,
    columns: Sequence[Column],
    source: str,
    where: str = "",
    *,
    log: bool = False,
) -> Iterator[Profile]:
    """The columns one by one; `source` and `where` say of which rows."""
    for start in range(0, len(columns), _TOGETHER):
        for one in _figures(connection, columns[start : start + _TOGETHER], source, where):
            told = replace(one, top=_top(connection, one, source, where)) if one.filled else one
            yield replace(told, histogram=histogram(connection, one.column, source, where, log=log))


def _figures(
    connection: Connection, columns: Sequence[Column], source: str, where: str
) -> Iterator[Profile]:
    told = ", ".join(f"struct_pack({_aggregates(column)})" for column in columns)
    condition = f" WHERE {where}" if where else ""
    found = connection.execute(f"SELECT count(*), {told} FROM {source}{condition}").fetchall()
    ((rows, *figures),) = found
    for column, one in zip(columns, figures, strict=True):
        yield _read(column, rows, one)


def _aggregates(column: Column) -> str:
    value, ordered = column.sql, _ordered(column)
    told = [
        f"filled := count(*) FILTER (WHERE {_filled(column)})",
        f"apart := approx_count_distinct({value})",
        f"least := {_cut(f'min({ordered})')}",
        f"most := {_cut(f'max({ordered})')}",
    ]
    if column.form in ("number", "list", "bytes"):
        finite = f"CASE WHEN isfinite({measure_of(column)}) THEN {ordered} END"
        told += [f"mean := avg({finite})", f"deviation := stddev_samp({finite})"]
    if column.form in ("number", "moment", "list", "bytes"):
        told.append(f"quantiles := approx_quantile({ordered}, {list(QUANTILES)})")
    return ", ".join(told)


def _ordered(column: Column) -> str:
    """What has a least and a most."""
    if column.form == "list":
        return f"len({column.sql})"
    if column.form == "bytes":
        return f"octet_length({column.sql})"
    return f"CAST({column.sql} AS VARCHAR)" if column.form == "json" else column.sql


def _filled(column: Column) -> str:
    return f"len({column.sql}) > 0" if column.form == "list" else f"{column.sql} IS NOT NULL"


def _cut(value: str) -> str:
    return f"left(CAST({value} AS VARCHAR), {_LONGEST})"


def _read(column: Column, rows: int, found: dict[str, Any]) -> Profile:
    return Profile(
        column,
        rows,
        found["filled"],
        min(found["apart"], found["filled"]),
        found["least"],
        found["most"],
        found.get("mean"),
        found.get("deviation"),
        tuple(map(plain_text, found.get("quantiles") or ())),
    )


def _top(
    connection: Connection, one: Profile, source: str, where: str
) -> tuple[tuple[str, int], ...]:
    """The most frequent values; none where hardly any comes twice."""
    if one.column.form in ("list", "json", "bytes") or one.distinct > one.filled / 2:
        return ()
    value = f"CAST({one.column.sql} AS VARCHAR)"
    given = f"{one.column.sql} IS NOT NULL{f' AND ({where})' if where else ''}"
    if one.distinct > _FEW:
        asked = f"SELECT approx_top_k({value}, {_TOP}) FROM {source} WHERE {given}"
        ((candidates,),) = connection.execute(asked).fetchall()
        given += f" AND {value} IN ({', '.join(map(text, candidates))})"
    found = connection.execute(
        f"SELECT left({value}, {_LONGEST}), count(*) FROM {source} WHERE {given} "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_TOP}"
    )
    return tuple(found.fetchall())
