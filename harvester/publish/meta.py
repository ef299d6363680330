"""The rows that a run adds to the tables of the schema `meta`, as files of the lake."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from harvester.publish.batched import batched
from harvester.publish.evolve import todays_rows
from harvester.publish.files import write_file
from harvester.publish.layout import Layout, meta_layout
from harvester.publish.manifest import LakeFile, Manifest, read_manifest
from harvester.store.lake import Lake

__all__ = ["keep_quarantine", "read_newest_first", "read_runs", "write_meta"]

Row = dict[str, Any]


def write_meta(lake: Lake, name: str, run_id: str, rows: Iterable[Row]) -> tuple[LakeFile, ...]:
    """One file with a run's rows of a meta table, of which there may be millions; or none."""
    layout = meta_layout(name)
    batches = (pa.RecordBatch.from_pylist(some, layout.arrow) for some in batched(rows))
    return _written(lake, layout, run_id, batches)


def keep_quarantine(
    lake: Lake, run_id: str, parts: Sequence[str], valid: Collection[str]
) -> tuple[LakeFile, ...]:
    """The staged bytes that could not be decoded, those of void epochs left out."""
    layout = meta_layout("quarantine")
    return _written(lake, layout, run_id, _valid(lake, layout, parts, valid))


def read_runs(lake: Lake) -> list[dict[str, Any]]:
    """The committed runs with their figures, in the order of their commits."""
    layout, files = meta_layout("runs"), read_manifest(lake).meta.get("runs", ())
    return [
        row
        for file in files
        for batch in todays_rows(lake, layout, file.path)
        for row in batch.to_pylist()
    ]


def read_newest_first(
    lake: Lake, manifest: Manifest, name: str, columns: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """The rows of a meta table, the newest first; files are read as their rows are asked for.

    What a query asked for may be a million identifiers: who needs some `columns` names them.
    """
    layout = meta_layout(name)
    wanted = list(columns or layout.arrow.names)
    for file in reversed(manifest.meta.get(name, ())):
        batches = (batch.select(wanted) for batch in todays_rows(lake, layout, file.path))
        yield from reversed([row for batch in batches for row in batch.to_pylist()])


def _valid(
    lake: Lake, layout: Layout, parts: Sequence[str], valid: Collection[str]
) -> Iterator[pa.RecordBatch]:
    labels = pa.array(sorted(valid), pa.string())
    for part in parts:
        for batch in todays_rows(lake, layout, part):
            kept = batch.filter(pc.is_in(batch.column("chain"), labels))
            if kept.num_rows:
                yield kept


def _written(
    lake: Lake, layout: Layout, run_id: str, batches: Iterator[pa.RecordBatch]
) -> tuple[LakeFile, ...]:
    path = f"_meta/{layout.name}/{run_id}.parquet"
    written = write_file(lake, path, layout.arrow, batches)
    if written is None:
        return ()
    return (LakeFile(path, written.rows, written.size, run_id, layout.fingerprint),)
