"""The columns around a report: what the harvester adds to a row, and how a row is laid flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from msgspec import Struct

from harvester.catalogue.types import Resource
from harvester.schema.fields import Field
from harvester.schema.load import load_schema

__all__ = [
    "CHAIN",
    "EXTRA",
    "FETCHED_AT",
    "HASH",
    "QUERY",
    "RUN_ID",
    "SEEN_AT",
    "FlatColumn",
    "flat_columns",
    "lake_schema",
    "table_fields",
]

QUERY = Field(
    "_query",
    "string",
    "The identifiers or names that brought this row, as NCBI echoes them.",
    many=True,
)
RUN_ID = Field("_run_id", "string", "The run that delivered this version of the row.")
FETCHED_AT = Field(
    "_fetched_at", "timestamp", "When the answer that held this row arrived, in UTC."
)
SEEN_AT = Field(
    "_seen_at",
    "timestamp",
    "Start of the newest run that received this version of the row, in UTC. What was read from "
    "files counts where it was new.",
)
EXTRA = Field(
    "_extra",
    "json",
    "What NCBI sent and no column holds: an object from JSON Pointer to value, or NULL.",
)
CHAIN = Field("_chain", "string", "The walk along page tokens on which this row was met.")
HASH = Field(
    "_hash", "int", "A 64-bit digest of the report's values; equal digests mean an unchanged row."
)


class FlatColumn(Struct, frozen=True):
    """One column of a flat view: where in the nested row its value stands."""

    name: str
    path: tuple[str, ...]
    field: Field


def table_fields(resource: Resource) -> tuple[Field, ...]:
    """The columns of the resource's table in the database."""
    echo = (QUERY,) if resource.has_query_echo else ()
    return (*load_schema(resource.name).fields, *echo, RUN_ID, FETCHED_AT, SEEN_AT, EXTRA)


def lake_schema(resource: Resource) -> pa.Schema:
    """The columns of the resource's Parquet files in the lake, where no row is written twice."""
    fields = (*table_fields(resource), CHAIN, HASH)
    stored = (field for field in fields if field != SEEN_AT)
    return pa.schema([(field.name, field.arrow_type) for field in stored])


def flat_columns(fields: Sequence[Field]) -> tuple[FlatColumn, ...]:
    """Every scalar leaf that structs alone lead to; a list stays one column."""
    taken: set[str] = set()
    columns = []
    for path, field in _leaves(fields, ()):
        name = _unused("_".join(path), taken)
        taken.add(name.lower())
        columns.append(FlatColumn(name, path, field))
    return tuple(columns)


def _leaves(
    fields: Sequence[Field], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Field]]:
    for field in fields:
        path = (*above, field.name)
        if field.kind == "struct" and not field.many:
            yield from _leaves(field.fields, path)
        else:
            yield path, field


def _unused(name: str, taken: set[str]) -> str:
    """DuckDB does not tell column names apart by case, so neither does this."""
    unused, number = name, 1
    while unused.lower() in taken:
        number += 1
        unused = f"{name}_{number}"
    return unused
