"""Batches of rows to files of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from harvester.publish.workbench import Connection
from harvester.store.lake import Lake
from harvester.store.parts import Part, PartWriter, Sizes

__all__ = ["batches_of", "write_answer", "write_file", "write_files"]

_ROWS = 20_000
_WHOLE = Sizes(part=2**62)
#: What DuckDB answers is keys and little more, and beside it DuckDB has its own memory.
_ANSWER = Sizes(row_group=8 * 2**20, part=2**62)


def batches_of(
    connection: Connection, statement: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The rows of a query under the schema, some at a time."""
    for batch in connection.sql(statement).to_arrow_reader(_ROWS):
        yield batch.cast(schema)


def write_answer(
    lake: Lake, path: str, schema: pa.Schema, connection: Connection, statement: str
) -> Part | None:
    """One file with the rows of a query, or none where there are no rows."""
    return write_file(lake, path, schema, batches_of(connection, statement, schema), _ANSWER)


def write_file(
    lake: Lake,
    path: str,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    sizes: Sizes = _WHOLE,
) -> Part | None:
    """One file with all rows, or none where there are no rows."""
    written = list(write_files(lake, iter([path]), schema, batches, sizes))
    return written[0] if written else None


def write_files(
    lake: Lake,
    paths: Iterator[str],
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    sizes: Sizes | None = None,
) -> Iterator[Part]:
    """As many files as the rows fill; each is durable when it is told."""
    writer: PartWriter | None = None
    try:
        for batch in batches:
            if writer is None:
                writer = PartWriter(lake, next(paths), schema, sizes or Sizes())
            writer.add(batch)
            if writer.full:
                yield writer.close()
                writer = None
        if writer is not None:
            yield writer.close()
            writer = None
    finally:
        if writer is not None:
            writer.abandon()
