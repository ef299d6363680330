"""Rolling Parquet parts: rows gather into row groups, row groups into files, files into facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct, field

from harvester.errors import LakeError
from harvester.store.lake import Lake

__all__ = [
    "COMPRESSION",
    "COMPRESSION_LEVEL",
    "Part",
    "PartWriter",
    "Sizes",
    "open_parquet",
    "write_rows",
]

COMPRESSION: Final = "zstd"
COMPRESSION_LEVEL = 3


class Sizes(Struct, frozen=True):
    """When rows become a row group, and row groups a file, in bytes of Arrow memory.

    With `rows` a file has enough at so many, however small they are.
    """

    row_group: int = 24 * 2**20
    part: int = 192 * 2**20
    rows: int = 2**62


class Part(Struct, frozen=True):
    """A finished file."""

    path: str
    rows: int
    size: int


class PartWriter(Struct):
    """Writes one Parquet file aside; `close` gives it its name, durably."""

    lake: Lake
    path: str
    schema: pa.Schema
    sizes: Sizes = field(default_factory=Sizes)
    rows: int = 0
    _written: int = 0
    _waiting: list[pa.RecordBatch] = field(default_factory=list)
    _gathered: int = 0
    _open: ExitStack = field(default_factory=ExitStack)
    _parquet: pq.ParquetWriter | None = None

    @property
    def bytes(self) -> int:
        """What it holds so far, in bytes of Arrow memory."""
        return self._written + self._gathered

    @property
    def full(self) -> bool:
        """Whether the file has reached its size."""
        return self.bytes >= self.sizes.part or self.rows >= self.sizes.rows

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes rows; a row group is written when enough have gathered."""
        self.rows += batch.num_rows
        self._waiting.append(batch)
        self._gathered += batch.nbytes
        if self._gathered >= self.sizes.row_group:
            self._write_group()

    def close(self) -> Part:
        """Finishes the file: after this it is there, whole, even if the machine dies."""
        self._write_group()
        self._open.close()
        return Part(self.path, self.rows, self.lake.size(self.path))

    def abandon(self) -> None:
        """Drops what was written so far."""
        message = "the part is abandoned"
        with suppress(InterruptedError), self._open:
            raise InterruptedError(message)

    def _write_group(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting, self.schema)
        try:
            self._writer().write_table(table, row_group_size=max(1, table.num_rows))
        except OSError as error:
            raise LakeError(f"cannot write {self.lake.path(self.path)}: {error}") from error
        self._written += self._gathered
        self._waiting, self._gathered = [], 0

    def _writer(self) -> pq.ParquetWriter:
        if self._parquet is None:
            sink = self._open.enter_context(self.lake.create(self.path))
            self._parquet = self._open.enter_context(open_parquet(sink, self.schema))
        return self._parquet


def open_parquet(sink: pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter:
    """A Parquet writer with the lake's settings."""
    return pq.ParquetWriter(
        sink, schema, compression=COMPRESSION, compression_level=COMPRESSION_LEVEL
    )


def write_rows(
    lake: Lake, path: str, rows: Sequence[Mapping[str, object]], schema: pa.Schema
) -> Part:
    """Writes a few rows of plain Python values as one file."""
    with lake.create(path) as sink, open_parquet(sink, schema) as parquet:
        parquet.write_table(pa.Table.from_pylist(list(rows), schema))
    return Part(path, len(rows), lake.size(path))
