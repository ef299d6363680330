"""A lake for benchmarks of publishing: one large harvest, and nights that change a little of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harvester.catalogue import RESOURCES
from harvester.decode import Decoder
from harvester.model import Stamp
from harvester.publish import (
    CommittedRun,
    Desk,
    LakeFile,
    Staged,
    TableChange,
    TableState,
    merge_table,
    read_manifest,
    write_manifest,
    write_meta,
)
from harvester.publish.seen import saw_all
from harvester.schema import HASH, RUN_ID, lake_schema
from harvester.store.lake import Lake
from harvester.store.parts import PartWriter

__all__ = ["Nights"]

_LABEL = "q.0/0"
_FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - the tables hold UTC without saying so


@dataclass(frozen=True, slots=True)
class Nights:
    """The lake of one resource; `told` is the text column that the nights change."""

    lake: Lake
    resource: str
    told: str

    def harvest(self, pages: Path, request: tuple[tuple[str, str], ...]) -> TableChange:
        """The first night: all records of the NDJSON pages in a folder."""
        run, decoder = _run(1), Decoder(RESOURCES[self.resource])
        stamp = Stamp(run, _FIRST, _LABEL, request)
        pieces = (decoder.decode(page.read_bytes(), stamp).batch for page in _sorted(pages))
        return self._commit(1, list(self._parts(run, pieces)))

    def night(self, number: int, share: float) -> TableChange:
        """Half of the share is rows that changed, a quarter new ones, a quarter rows gone.

        All others were seen again.
        """
        run, key = _run(number), RESOURCES[self.resource].key[-1]
        every, changed, gone = round(1 / share), [], []
        for place, batch in enumerate(self._first_rows()):
            rows = batch.take(pa.array(range(number + place, batch.num_rows, every)))
            some = rows.num_rows // 4
            changed.append(self._altered(rows.slice(0, 2 * some), run, self.told))
            changed.append(self._altered(rows.slice(2 * some, some), run, key))
            gone.append(rows.slice(3 * some).select(list(RESOURCES[self.resource].key)))
        parts = list(self._parts(run, iter(changed)))
        return self._commit(number, parts, pa.Table.from_batches(gone))

    def _first_rows(self) -> Iterator[pa.RecordBatch]:
        """The rows of the first night; those that are gone by now are not removed twice."""
        schema = lake_schema(RESOURCES[self.resource])
        for file in read_manifest(self.lake).table(self.resource).data:
            if file.run_id == _run(1):
                with pq.ParquetFile(self.lake.path(file.path)) as parquet:
                    for batch in parquet.iter_batches(20_000):
                        yield batch.cast(schema)

    def _altered(self, rows: pa.RecordBatch, run: str, column: str) -> pa.RecordBatch:
        """The rows as this run brings them, with another value in one text column."""
        number = rows.num_rows
        told = [f"{value} {run}" for value in rows.column(column).to_pylist()]
        digests = [hash((run, column, text)) for text in told]
        for name, values in ((column, told), (RUN_ID.name, [run] * number), (HASH.name, digests)):
            index = rows.schema.get_field_index(name)
            rows = rows.set_column(index, rows.schema.field(index), pa.array(values))
        return rows

    def _parts(self, run: str, batches: Iterator[pa.RecordBatch]) -> Iterator[str]:
        schema, writer, number = lake_schema(RESOURCES[self.resource]), None, 0
        for batch in batches:
            if writer is None:
                number += 1
                path = f"_runs/{run}/{self.resource}-01-{number:05d}.parquet"
                writer = PartWriter(self.lake, path, schema)
            writer.add(batch)
            if writer.full:
                yield writer.close().path
                writer = None
        if writer is not None:
            yield writer.close().path

    def _commit(self, number: int, parts: list[str], gone: pa.Table | None = None) -> TableChange:
        run, began = _run(number), _FIRST + timedelta(days=number)
        state = read_manifest(self.lake).table(self.resource)
        resource, valid = RESOURCES[self.resource], frozenset([_LABEL])
        with closing(Desk(self.lake, run)) as desk:
            change = merge_table(Staged(desk, resource, state, parts, valid), removed_keys=gone)
        told = {"run_id": run, "job": "bench", "status": "complete", "started_at": began}
        meta: dict[str, tuple[LakeFile, ...]] = {
            "runs": write_meta(self.lake, "runs", run, [told]),
            "changes": change.changes,
        }
        committed = CommittedRun(run, f"{began.isoformat()}Z", "bench")
        manifest = read_manifest(self.lake)
        seen = saw_all(self.lake, resource, run)
        tables = {self.resource: change.files + TableState(seen=seen)}
        write_manifest(self.lake, manifest.with_run(committed, tables, meta))
        self.lake.delete_folder(f"_runs/{run}")
        return change


def _run(number: int) -> str:
    began = _FIRST + timedelta(days=number)
    return f"{began:%Y%m%dT%H%M%SZ}-aaaa"


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ndjson"))
