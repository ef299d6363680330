"""A run's staged parts as DuckDB sees them: the rows that count, each with its place and chain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pyarrow as pa

from harvester.publish.sql import columns, parquet
from harvester.publish.workbench import Connection
from harvester.schema import CHAIN
from harvester.store.lake import Lake

__all__ = [
    "PART_OF",
    "ROOM",
    "place",
    "put_table",
    "row_of",
    "take_labels",
    "valid_rows",
]

#: A row's place among the parts, in one number: the part's, then the row's within it.
ROOM = 2**32
PART_OF = f"place // {ROOM}"


def place(numbers: Sequence[int] | None = None) -> str:
    """The place of a row that is being read; `numbers` say which parts are, if not all."""
    part = "CAST(file_index AS BIGINT)"
    if numbers is not None:
        part = f"CAST(list_extract({list(numbers)}, {part} + 1) AS BIGINT)"
    return f"{part} * {ROOM} + file_row_number"


def row_of(part: int) -> str:
    """The row's number within a part, for the places that lie in it."""
    return f"place - {part * ROOM}"


def put_table(connection: Connection, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
    """Makes a table of rows that come from Python."""
    connection.register("arriving", rows)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arriving")
    connection.unregister("arriving")


def take_labels(connection: Connection, valid: Collection[str]) -> None:
    """Tells the connection which chains count, once and before their rows are asked for."""
    labels = sorted(valid)
    chains = [label.rpartition("/")[0] for label in labels]
    text = pa.string()
    rows = {"label": pa.array(labels, text), "chain": pa.array(chains, text)}
    put_table(connection, "valid", pa.table(rows))


def valid_rows(lake: Lake, parts: Iterable[str], wanted: Iterable[str]) -> str:
    """A query for some columns, the place and the chain's id of the rows that count."""
    return (
        f"SELECT {columns(wanted, 'r')}, {place()} AS place, valid.chain AS chain "
        f"FROM {parquet(lake, parts, 'file_row_number')} r "
        f"JOIN valid ON r.{CHAIN.name} = valid.label"
    )
