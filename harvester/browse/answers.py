"""What the page is told: documents of plain texts and numbers, made of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from harvester.browse.documents import MOST_ROWS, Document, about, cells, number_of, table_of
from harvester.browse.examples import EXAMPLES
from harvester.browse.first import first_columns
from harvester.browse.snapshot import Snapshot
from harvester.look import (
    OPERATORS,
    Fill,
    Sample,
    Table,
    ask,
    fills,
    leaves_of,
    reader,
    sample_of,
    selection,
)
from harvester.publish import published_runs
from harvester.publish.workbench import Connection, one

__all__ = ["count", "filled", "overview", "rows", "sql", "table"]

#: Rows that tell how well columns are filled, and which ones to show at first.
_SAMPLE, _GLANCE = 40_000, 2_000


def overview(snapshot: Snapshot, connection: Connection) -> Document:
    """The database and its tables."""
    runs = published_runs(connection)
    return {
        "bytes": snapshot.size,
        "runs": len(runs),
        "last_run": f"{runs[-1].began:%Y-%m-%d %H:%M}" if runs else None,
        "tables": [
            {
                "name": table.name,
                "title": table.title,
                "doc": table.doc,
                "columns": len(table.columns),
                "rows": one(connection, f"SELECT count(*) FROM {table.relation}"),
            }
            for table in snapshot.tables.values()
        ],
        "operators": list(OPERATORS),
        "examples": [{"title": title, "sql": query} for title, query in EXAMPLES.items()],
    }


def table(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """One table, its columns, and those that are worth a first look."""
    found = table_of(snapshot, asked)
    sample = sample_of(connection, found, _GLANCE)
    return {
        "name": found.name,
        "doc": found.doc,
        "rows": sample.rows,
        "shown": first_columns(connection, found, sample, _filled(connection, found, sample)),
        "columns": [about(column) for column in found.columns],
    }


def filled(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """How well the columns of a table are filled, and an example of each."""
    found = table_of(snapshot, asked)
    sample = sample_of(connection, found, _SAMPLE)
    told = _filled(connection, found, sample)
    return {
        "measured_on": sample.told,
        "columns": {
            name: {"filled": fill.share, "example": fill.example} for name, fill in told.items()
        },
    }


def _filled(connection: Connection, table: Table, sample: Sample) -> dict[str, Fill]:
    by_value = {leaf.value: leaf for leaf in leaves_of(table.fields)}
    told = fills(connection, sample, [by_value[column.sql] for column in table.columns])
    return {column.name: fill for column, fill in zip(table.columns, told, strict=True)}


def rows(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """A page of a table's rows."""
    chosen = selection(table_of(snapshot, asked), asked)
    limit = number_of(asked, "limit", 50, MOST_ROWS)
    offset = number_of(asked, "offset", 0)
    found = reader(connection, chosen.rows(limit, offset, keys=True))
    told = list(cells(found, limit))
    has_key = bool(chosen.table.key)
    return {
        "columns": [about(column) for column in chosen.columns],
        "keys": [line[0] for line in told] if has_key else None,
        "rows": [line[has_key:] for line in told],
        "sql": chosen.rows(limit, offset),
    }


def count(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """How many rows of a table fit."""
    return {"rows": one(connection, selection(table_of(snapshot, asked), asked).count)}


def sql(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """The first rows that a statement of the user's finds."""
    del snapshot
    limit = number_of(asked, "limit", 200, MOST_ROWS)
    found = ask(connection, str(asked.get("sql") or ""))
    told = list(cells(found, limit + 1))
    return {
        "columns": [
            {"name": field.name, "type": str(field.type), "form": _form(field.type)}
            for field in found.schema
        ],
        "rows": told[:limit],
        "more": len(told) > limit,
    }


def _form(kind: pa.DataType) -> str:
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return "number" if numeric else "text"
