"""Query results as text or bytes: one function a format."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich import box
from rich.table import Table
from rich.text import Text

from harvester.cli.screen import console
from harvester.errors import SpecError
from harvester.look import as_json, plain_text
from harvester.texts import json_line, printable

__all__ = ["FORMATS", "as_json", "render", "render_table"]

#: More rows than this are no longer read by a person: other formats have no limit.
_SHOWN = 1000
#: Characters of a line that no terminal breaks.
_ENDLESS = 10_000
#: Characters of one cell on a terminal.
_WIDEST = 120


def render(form: str, rows: pa.RecordBatchReader) -> None:
    """Writes the rows to stdout."""
    FORMATS[form](rows)


def render_table(rows: pa.RecordBatchReader, shown: float = math.inf) -> None:
    """Writes the rows, or as many of them, for people."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for field in rows.schema:
        right = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        table.add_column(Text(printable(field.name)), justify="right" if right else "left")
    count = 0
    for row in _values(rows):
        count += 1
        if count <= shown:
            table.add_row(*(Text(_cell(value)) for value in row.values()))
    console(width=_ENDLESS).print(table)
    if count > shown:
        sys.stderr.write(f"the first {shown:,} of {count:,} rows; --format csv has them all\n")


def _table(rows: pa.RecordBatchReader) -> None:
    render_table(rows, _SHOWN)


def _csv(rows: pa.RecordBatchReader) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(rows.schema.names)
    for row in _values(rows):
        writer.writerow("" if value is None else plain_text(value) for value in row.values())


def _json(rows: pa.RecordBatchReader) -> None:
    before = "["
    for row in _values(rows):
        sys.stdout.write(f"{before}\n{json_line(as_json(row))}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def _jsonl(rows: pa.RecordBatchReader) -> None:
    for row in _values(rows):
        sys.stdout.write(json_line(as_json(row)) + "\n")


def _parquet(rows: pa.RecordBatchReader) -> None:
    if sys.stdout.isatty():
        raise SpecError("Parquet is not for terminals: send stdout to a file")
    sink: IO[bytes] = sys.stdout.buffer
    with pq.ParquetWriter(sink, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


FORMATS: Mapping[str, Callable[[pa.RecordBatchReader], None]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "parquet": _parquet,
}


def _values(rows: pa.RecordBatchReader) -> Iterator[dict[str, Any]]:
    for batch in rows:
        yield from batch.to_pylist()


def _cell(value: object) -> str:
    """What a person sees of a value; other formats have it whole."""
    text = "" if value is None else plain_text(value)
    shown = text if len(text) <= _WIDEST or "\n" in text else f"{text[:_WIDEST]}…"
    return "\n".join(map(printable, shown.split("\n")))
