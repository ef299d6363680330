"""A table's files on their way into few: the same rows, sorted, one version beside the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa
from msgspec import Struct

from harvester.errors import LakeError
from harvester.publish.choice import rows_each
from harvester.publish.files import write_answer, write_files
from harvester.publish.folding import Fold
from harvester.publish.layout import Layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.ranked import Ranked
from harvester.publish.retention import Kept, over_in, within
from harvester.publish.seen import seen_schema
from harvester.publish.sql import columns, name, parquet, same
from harvester.publish.told import ENDED_BY, TOLD_BY, by_run
from harvester.publish.workbench import Connection
from harvester.schema import HASH, RUN_ID, Field
from harvester.store.lake import Lake
from harvester.store.parts import Part, Sizes

__all__ = ["FoldedTable", "named_files", "read_files"]

#: Parquet files are cut by rows alone: how many make a good one is known from what is folded.
_ANY_SIZE = 2**62


class FoldedTable(Struct, frozen=True):
    """One table; `gone` is to hold the versions that are given up."""

    connection: Connection
    lake: Lake
    layout: Layout
    state: TableState
    kept: Kept
    stamp: str

    @property
    def _version(self) -> tuple[str, ...]:
        return (*self.layout.key, RUN_ID.name)

    @property
    def _order(self) -> str:
        """By key as people count: `9` before `10`, which is mostly the order in which NCBI sends.

        Rows that are neighbours there are alike, so that they take less room.
        """
        return ", ".join([*map(_counted, self.layout.key_fields), RUN_ID.name])

    def see_gone(self, paths: Sequence[str]) -> None:
        """Makes the table `gone`: of these files, what ended in runs that are not kept."""
        self.connection.execute("DROP TABLE IF EXISTS gone")
        if self.kept is None or not (self.state.ended and paths):
            self.connection.execute("CREATE TABLE gone AS SELECT 1 AS nothing WHERE false")
            return
        over = over_in(self.lake, self.layout, self.state, self.kept)
        self.connection.execute(
            f"CREATE TABLE gone AS SELECT {columns(self._version)} "
            f"FROM {parquet(self.lake, paths)} v "
            f"SEMI JOIN ({over}) e ON {same('v', 'e', self._version)}"
        )

    def rows(self, fold: Fold, numbers: Iterator[int]) -> Iterator[LakeFile]:
        """Versions of rows, sorted by key."""
        schema = self.layout.arrow
        chosen = self._left(read_files(self.lake, fold.files), fold)
        paths = (f"{self.layout.name}/{self.stamp}-{number:05d}.parquet" for number in numbers)
        sizes = Sizes(part=_ANY_SIZE, rows=rows_each(fold.files))
        files = [file.path for file in fold.files]
        scratch = f"_runs/{self.stamp}/scratch/rows.arrow"
        batches = Ranked(self.connection, self.lake, files, schema, scratch)
        ordered = batches.batches(chosen, self._order)
        written = list(write_files(self.lake, paths, schema, ordered, sizes))
        after = [file for part in written for file in named_files(part, self.layout.fingerprint)]
        if after and self._digest(chosen) != self._digest(f"{read_files(self.lake, after)} v"):
            raise LakeError(f"the files of {fold.table} did not fold: the lake stays as it was")
        yield from after

    def ended(self, fold: Fold, numbers: Iterator[int]) -> tuple[LakeFile, ...]:
        """Versions that are over, each with the run that ended it."""
        fields = (*self.layout.key_fields, RUN_ID, Field("change", "string", ""), ENDED_BY)
        schema = pa.schema([(field.name, field.arrow_type) for field in fields])
        read = by_run(self.lake, fold.files, schema.names[:-1], ENDED_BY)
        query = (
            f"SELECT {columns(schema.names, 'v')} FROM {self._left(f'({read})', fold)} "
            f"ORDER BY {self._order}"
        )
        path = f"_ended/{self.layout.name}/{self.stamp}-{next(numbers):05d}.parquet"
        return named_files(write_answer(self.lake, path, schema, self.connection, query))

    def members(self, fold: Fold) -> tuple[LakeFile, ...]:
        """What questions said of rows, and in which run; a later word below the earlier ones."""
        key, present = self.layout.key_fields, Field("present", "bool", "")
        fields = (Field("scope", "int", ""), *key, present, TOLD_BY)
        schema = pa.schema([(field.name, field.arrow_type) for field in fields])
        words = by_run(self.lake, fold.files, schema.names[:-1], TOLD_BY)
        told = f"SELECT w.*, t.turn FROM ({words}) w JOIN turns t ON t.run_id = w.{TOLD_BY.name}"
        if self.kept is not None:
            told = _last_words(told, columns(schema.names[:-2]), self.kept)
        order = ", ".join(["scope", *map(_counted, key), "turn"])
        query = f"SELECT {columns(schema.names)} FROM ({told}) ORDER BY {order}"
        path = f"_members/{self.layout.name}/{self.stamp}.parquet"
        return named_files(write_answer(self.lake, path, schema, self.connection, query))

    def seen(self, fold: Fold) -> tuple[LakeFile, ...]:
        """What runs saw: few rows, each of which names its run."""
        schema = seen_schema(self.layout)
        read = read_files(self.lake, fold.files)
        query = f"SELECT {columns(schema.names)} FROM {read} ORDER BY ALL"
        path = f"_seen/{self.layout.name}/{self.stamp}.parquet"
        return named_files(write_answer(self.lake, path, schema, self.connection, query))

    def _left(self, rows: str, fold: Fold) -> str:
        """The rows without those that are given up."""
        if not fold.given_up:
            return f"{rows} v"
        return f"{rows} v ANTI JOIN gone g ON {same('v', 'g', self._version)}"

    def _digest(self, rows: str) -> tuple[object, ...]:
        """What tells one set of versions from another; narrow columns only."""
        narrow = columns((*self._version, HASH.name), "v")
        found = self.connection.execute(f"SELECT count(*), sum(hash({narrow})) FROM {rows}")
        ((rows_found, digest),) = found.fetchall()
        return rows_found, digest


def _last_words(told: str, about: str, kept: Collection[str]) -> str:
    """Of what was said in runs that are not kept, the newest word about each."""
    run, within_kept = TOLD_BY.name, within(kept)
    return (
        f"WITH told AS ({told}) SELECT * FROM told WHERE {run} IN {within_kept} "
        f"UNION ALL SELECT {about}, arg_max(present, turn), arg_max({run}, turn), max(turn) "
        f"FROM told WHERE {run} NOT IN {within_kept} GROUP BY {about}"
    )


def _counted(field: Field) -> str:
    column = name(field.name)
    return f"length({column}), {column}" if field.kind == "string" else column


def read_files(lake: Lake, files: Sequence[LakeFile]) -> str:
    """The files as a table function."""
    return parquet(lake, (file.path for file in files), "file_row_number")


def named_files(written: Part | None, fingerprint: str = "") -> tuple[LakeFile, ...]:
    """What was written as a file of no run."""
    if written is None:
        return ()
    return (LakeFile(written.path, written.rows, written.size, "", fingerprint),)
