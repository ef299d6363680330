"""Rows on their way into a file of the user's: piece by piece, in bounded memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from harvester.look import plain_text

__all__ = ["FORMATS", "Format"]


class Format(Struct, frozen=True):
    """How rows become bytes."""

    media: str
    pieces: Callable[[pa.RecordBatchReader], Iterator[bytes]]


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        """Takes what it is given."""
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._held += piece
        return len(piece)

    def taken(self) -> bytes:
        """All that was written since it was last asked."""
        piece, self._held = bytes(self._held), bytearray()
        return piece


def _csv(rows: pa.RecordBatchReader) -> Iterator[bytes]:
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(rows.schema.names)
    for batch in rows:
        for row in batch.to_pylist():
            writer.writerow("" if value is None else plain_text(value) for value in row.values())
        yield page.getvalue().encode()
        page.seek(0)
        page.truncate()
    yield page.getvalue().encode()


def _parquet(rows: pa.RecordBatchReader) -> Iterator[bytes]:
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, "w"), rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", _csv),
    "parquet": Format("application/vnd.apache.parquet", _parquet),
}
