"""What all answers are made of: columns, cells and numbers as the page takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from harvester.browse.snapshot import Snapshot
from harvester.look import Column, Table, named, plain_text

__all__ = ["MOST_ROWS", "WHOLE", "Document", "about", "cells", "number_of", "table_of"]

Document = dict[str, Any]

#: Rows of a page, and characters of a cell and of a value that is looked at alone.
MOST_ROWS = 1000
_CELL, WHOLE = 300, 20_000


def table_of(snapshot: Snapshot, asked: Mapping[str, Any]) -> Table:
    """The table that is asked about."""
    return snapshot.tables[named(str(asked.get("table")), tuple(snapshot.tables), "table")]


def about(column: Column) -> Document:
    """What a column is."""
    return {"name": column.name, "type": column.type, "form": column.form, "doc": column.doc}


def number_of(asked: Mapping[str, Any], what: str, usual: int, most: int | None = None) -> int:
    """A whole number out of a question, within bounds."""
    given = asked.get(what, usual)
    number = max(0, given) if isinstance(given, int) else usual
    return number if most is None else min(number, most)


def cells(found: pa.RecordBatchReader, most: int, longest: int = _CELL) -> Iterator[list[Any]]:
    """So many rows as texts."""
    left = most
    for batch in found:
        for one in batch.slice(0, left).to_pylist():
            yield [_cell(value, longest) for value in one.values()]
        left -= batch.num_rows
        if left <= 0:
            return


def _cell(value: object, longest: int) -> str | None:
    if value is None:
        return None
    told = plain_text(value)
    return told if len(told) <= longest else f"{told[:longest]}…"
