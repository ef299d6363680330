"""Staged parts to files of a table: taken over as they are, or copied row by row."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harvester.errors import LakeError
from harvester.store.lake import Lake, make_folder, sync_folder
from harvester.telemetry import get_logger

__all__ = ["adopt", "chosen", "row_count"]

_log = get_logger(__name__)


def adopt(lake: Lake, source: str, target: str) -> None:
    """Gives a file a second name, durably; the first stays until the run is swept.

    May be repeated: whatever lay under the second name before is replaced.
    """
    old, new = Path(lake.path(source)), Path(lake.path(target))
    aside = new.with_name(f".{new.name}.tmp")
    try:
        make_folder(new.parent)
        aside.unlink(missing_ok=True)
        os.link(old, aside)
    except OSError:
        _copy(lake, source, target)  # not every file system has hard links
        return
    try:
        aside.replace(new)
        with suppress(FileNotFoundError):
            aside.unlink()  # renaming to another name of the same file does nothing at all
        sync_folder(new.parent)
        _log.debug("file adopted", path=target)
    except OSError as error:
        raise LakeError(f"cannot write {new}: {error}") from error


def row_count(lake: Lake, path: str) -> int:
    """The rows of a file, from its footer."""
    with pq.ParquetFile(lake.path(path)) as parquet:
        return int(parquet.metadata.num_rows)


def chosen(lake: Lake, path: str, rows: pa.Int64Array) -> Iterator[pa.RecordBatch]:
    """These rows of a file, by ascending number; one row group at a time is in memory."""
    with pq.ParquetFile(lake.path(path)) as parquet:
        first = 0
        for group in range(parquet.num_row_groups):
            past = first + parquet.metadata.row_group(group).num_rows
            start, end = pa.scalar(first), pa.scalar(past)
            inside = rows.filter(pc.and_(pc.greater_equal(rows, start), pc.less(rows, end)))
            if len(inside):
                table = parquet.read_row_group(group).take(pc.subtract(inside, start))
                yield from table.combine_chunks().to_batches()
            first = past


def _copy(lake: Lake, source: str, target: str) -> None:
    try:
        with Path(lake.path(source)).open("rb") as staged, lake.create(target) as sink:
            shutil.copyfileobj(staged, sink)
    except OSError as error:
        raise LakeError(f"cannot copy {lake.path(source)}: {error}") from error
