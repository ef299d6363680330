"""A run's staged parts as DuckDB sees them: the valid rows, each with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pyarrow as pa

from harvester.publish.sql import columns, parquet
from harvester.publish.workbench import Connection
from harvester.schema import CHAIN
from harvester.store.lake import Lake

__all__ = ["PART_OF", "place", "row_of", "take_labels", "valid_rows"]

#: A row's place among the parts, in one number: the part's, then the row's within it.
_ROOM = 2**32
PART_OF = f"place // {_ROOM}"


def place(numbers: Sequence[int] | None = None) -> str:
    """The place of a row that is being read; `numbers` say which parts are, if not all."""
    part = "CAST(file_index AS BIGINT)"
    if numbers is not None:
        part = f"CAST(list_extract({list(numbers)}, {part} + 1) AS BIGINT)"
    return f"{part} * {_ROOM} + file_row_number"


def row_of(part: int) -> str:
    """The row's number within a part, for the places that lie in it."""
    return f"place - {part * _ROOM}"


def take_labels(connection: Connection, valid: Collection[str]) -> None:
    """Tells the connection which chains count, once and before their rows are asked for."""
    labels = pa.table({"label": pa.array(sorted(valid), pa.string())})
    connection.register("valid_labels", labels)
    connection.execute("CREATE TABLE valid AS SELECT label FROM valid_labels")
    connection.unregister("valid_labels")


def valid_rows(lake: Lake, parts: Iterable[str], wanted: Iterable[str]) -> str:
    """A query for some columns, the place and the chain of the rows that count."""
    return (
        f"SELECT {columns(wanted, 'r')}, {place()} AS place, r.{CHAIN.name} "
        f"FROM {parquet(lake, parts, 'file_row_number')} r "
        f"SEMI JOIN valid ON r.{CHAIN.name} = valid.label"
    )
