"""A plan carried out: files of the lake folded into few.

New files have names of their own and count when the manifest names them; what was written is read
again before that, and held against what was there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from harvester.errors import LakeError
from harvester.publish.evolve import todays_rows
from harvester.publish.files import batches_of, write_file
from harvester.publish.folded import FoldedTable, named_files, read_files
from harvester.publish.folding import Fold, Plan
from harvester.publish.layout import META_TABLES, Layout, meta_layout, table_layouts
from harvester.publish.manifest import LakeFile, Manifest
from harvester.publish.retention import LASTING, within
from harvester.publish.sql import columns
from harvester.publish.staged import put_table
from harvester.publish.workbench import Connection, with_room, workbench
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["carry_out"]

#: What DuckDB may hold in memory: it sorts what is narrow only.
_MEMORY = "128MB"

_log = get_logger(__name__)

#: What each fold became.
Made = Mapping[Fold, tuple[LakeFile, ...]]


def carry_out(lake: Lake, plan: Plan, stamp: str) -> Manifest:
    """The lake's manifest as it is when all is folded; to write it is the caller's.

    `stamp` is what the names of the new files begin with; it looks like a run's id.
    """
    made: dict[Fold, tuple[LakeFile, ...]] = {}

    def work(room: str) -> None:
        with workbench(lake.path(f"_runs/{stamp}/scratch/spill"), room) as connection:
            # Wide rows are never what a join keeps in memory.
            connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
            _see_turns(connection, plan.manifest)
            folder = _Folder(connection, lake, plan, stamp)
            made.update(folder.tables())
            made.update(folder.meta())

    try:
        with_room(work, _MEMORY)
    finally:
        lake.delete_folder(f"_runs/{stamp}")
    return _after(plan.manifest, made)


def _see_turns(connection: Connection, manifest: Manifest) -> None:
    """Makes the table `turns`: the runs in the order of their commits."""
    runs = pa.array([run.run_id for run in manifest.runs], pa.string())
    turns = pa.array(range(len(runs)), pa.int64())
    put_table(connection, "turns", pa.table({"run_id": runs, "turn": turns}))


def _after(manifest: Manifest, made: Made) -> Manifest:
    by_path = {fold.files[0].path: new for fold, new in made.items()}
    gone = {file.path for fold in made for file in fold.files}

    def listed(files: Sequence[LakeFile]) -> tuple[LakeFile, ...]:
        """The new files in the place of those that they were made of."""
        kept = ((file,) if file.path not in gone else by_path.get(file.path, ()) for file in files)
        return tuple(file for some in kept for file in some)

    tables = {
        table: replace(
            state,
            data=listed(state.data),
            ended=listed(state.ended),
            members=listed(state.members),
            seen=listed(state.seen),
        )
        for table, state in manifest.tables.items()
    }
    meta = {table: listed(files) for table, files in manifest.meta.items()}
    return replace(manifest, tables=tables, meta=meta)


class _Folder(Struct, frozen=True):
    connection: Connection
    lake: Lake
    plan: Plan
    stamp: str

    def tables(self) -> Iterator[tuple[Fold, tuple[LakeFile, ...]]]:
        """Folds what there is of each resource's table."""
        for layout in table_layouts():
            folds = [f for f in self.plan.folds if f.table == layout.name and f.part != "meta"]
            if folds:
                yield from self._table(layout, folds)

    def _table(
        self, layout: Layout, folds: Sequence[Fold]
    ) -> Iterator[tuple[Fold, tuple[LakeFile, ...]]]:
        state = self.plan.manifest.table(layout.name)
        one = FoldedTable(self.connection, self.lake, layout, state, self.plan.kept, self.stamp)
        one.see_gone([file.path for fold in folds if fold.part == "rows" for file in fold.files])
        numbers = count(1)
        for fold in folds:
            yield fold, _checked(fold, _new(one, fold, numbers))

    def meta(self) -> Iterator[tuple[Fold, tuple[LakeFile, ...]]]:
        """Folds what there is of the meta tables."""
        for table in META_TABLES:
            folds = [f for f in self.plan.folds if f.table == table and f.part == "meta"]
            for number, fold in enumerate(folds, 1):
                yield fold, _checked(fold, self._meta(fold, number))

    def _meta(self, fold: Fold, number: int) -> tuple[LakeFile, ...]:
        """The rows of a run stay together, and the runs in the order of their commits."""
        layout = meta_layout(fold.table)
        path = f"_meta/{fold.table}/{self.stamp}-{number:05d}.parquet"
        rows = self._changes if fold.table == "changes" else self._rows
        return named_files(
            write_file(self.lake, path, layout.arrow, rows(layout, fold)), layout.fingerprint
        )

    def _changes(self, layout: Layout, fold: Fold) -> Iterator[pa.RecordBatch]:
        """These are as many as the rows: sorted they take less room."""
        rows = f"SELECT {columns(layout.arrow.names)} FROM {read_files(self.lake, fold.files)}"
        if self.plan.kept is not None:
            rows += f" WHERE run_id IN {within(self.plan.kept)}"
        rows += " ORDER BY file_index, run_id, table_name, length(key), key"
        return batches_of(self.connection, rows, layout.arrow)

    def _rows(self, layout: Layout, fold: Fold) -> Iterator[pa.RecordBatch]:
        kept = None if fold.table in LASTING else self.plan.kept
        runs = pa.array(sorted(kept or ()), pa.string())
        for file in fold.files:
            for batch in todays_rows(self.lake, layout, file.path):
                yield batch if kept is None else batch.filter(pc.is_in(batch["run_id"], runs))


def _new(table: FoldedTable, fold: Fold, numbers: Iterator[int]) -> tuple[LakeFile, ...]:
    match fold.part:
        case "rows":
            return tuple(table.rows(fold, numbers))
        case "ended":
            return table.ended(fold, numbers)
        case "members":
            return table.members(fold)
        case _:
            return table.seen(fold)


def _checked(fold: Fold, new: tuple[LakeFile, ...]) -> tuple[LakeFile, ...]:
    """What questions said may have become less; of all else every row is there."""
    rows = sum(file.rows for file in new)
    if fold.part != "members" and rows != fold.rows:
        raise LakeError(
            f"the files of {fold.table} ({fold.part}) hold {rows} rows and not {fold.rows}: "
            "the lake stays as it was"
        )
    _log.debug("files folded", table=fold.table, part=fold.part, files=len(fold.files))
    return new
