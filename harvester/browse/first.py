"""Which columns of a wide table are worth a first look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harvester.look import Column, Fill, Sample, Table
from harvester.publish.workbench import Connection

__all__ = ["first_columns"]

#: So many columns of words, and of numbers and moments.
_WORDS, _FIGURES = 4, 5
#: The share of rows that have a value in such a column.
_FILLED = 0.2
#: Words that sort rows into groups recur so often, as a rule.
_RECURRING = 4


def first_columns(
    connection: Connection, table: Table, sample: Sample, fills: Mapping[str, Fill]
) -> Sequence[str]:
    """The key and the name, then figures, then words: those first that sort rows into groups."""
    first = [*table.key, *([table.called] if table.called in fills else [])]
    there = [
        column
        for column in table.columns
        if not column.name.startswith("_")
        and column.name not in first
        and (fills[column.name].share or 0) >= _FILLED
    ]
    figures = [column.name for column in there if column.form in ("number", "moment")]
    words = _words(connection, sample, [column for column in there if column.form == "text"])
    return [*first, *figures[:_FIGURES], *words[:_WORDS]] or [
        column.name for column in table.columns[: _WORDS + _FIGURES]
    ]


def _words(connection: Connection, sample: Sample, columns: Sequence[Column]) -> list[str]:
    if not columns:
        return []
    told = ", ".join(f"approx_count_distinct({column.sql})" for column in columns)
    ((rows, *found),) = connection.execute(
        f"SELECT count(*), {told} FROM {sample.source}"
    ).fetchall()
    distinct = {column.name: number for column, number in zip(columns, found, strict=True)}
    return sorted(distinct, key=lambda name: not 1 < distinct[name] <= rows / _RECURRING)
