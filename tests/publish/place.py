"""A lake to try things on: rows are staged, merged, committed and published as in a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from harvester.catalogue import RESOURCES
from harvester.publish import (
    Asked,
    CommittedRun,
    Desk,
    Manifest,
    Staged,
    TableChange,
    build_database,
    merge_table,
    read_manifest,
    write_manifest,
    write_meta,
)
from harvester.schema import lake_schema
from harvester.store.lake import Lake
from harvester.store.parts import write_rows

Row = dict[str, Any]

GOOD = "q.0/0"
FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - the tables hold UTC without saying so


def digest(row: Mapping[str, Any]) -> int:
    """A digest of the values, as decoding takes one of the bytes."""
    text = json.dumps(row, sort_keys=True, default=str).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def moment(number: int) -> datetime:
    """When the run of this number began."""
    return FIRST + timedelta(days=number)


class Place:
    """A lake, and the database that is built from it."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder / "lake")
        self.file = folder / "harvest.duckdb"
        self.runs = 0
        self.status = "complete"
        self._desk: Desk | None = None

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.lake)

    def begin(self) -> str:
        self.runs += 1
        return f"run{self.runs}"

    def stage(self, run_id: str, table: str, *parts: Sequence[Row]) -> list[str]:
        """Writes parts as a run does; a row may set the system columns itself."""
        schema = lake_schema(RESOURCES[table])
        paths = []
        for number, rows in enumerate(parts, 1):
            path = f"_runs/{run_id}/{table}-01-{number:05d}.parquet"
            write_rows(self.lake, path, [_staged(row, run_id) for row in rows], schema)
            paths.append(path)
        return paths

    def merge(
        self,
        run_id: str,
        table: str,
        parts: Sequence[str],
        *labels: str,
        removed: Sequence[Row] | None = None,
        ignored: Mapping[str, tuple[str, ...]] | None = None,
    ) -> TableChange:
        """Merges rows of which nobody knows what brought them."""
        staged = self.staged(run_id, table, parts, labels or [GOOD], ())
        return self.merge_staged(staged, removed=removed, ignored=ignored)

    def merge_staged(
        self,
        staged: Staged,
        removed: Sequence[Row] | None = None,
        ignored: Mapping[str, tuple[str, ...]] | None = None,
    ) -> TableChange:
        resource = staged.resource
        schema = pa.schema([lake_schema(resource).field(column) for column in resource.key])
        gone = None if removed is None else pa.Table.from_pylist(list(removed), schema)
        return merge_table(staged, removed_keys=gone, ignored=ignored)

    def staged(
        self,
        run_id: str,
        table: str,
        parts: Sequence[str],
        valid: Collection[str],
        asked: Sequence[Asked],
    ) -> Staged:
        """Rows that arrived, on the run's desk."""
        state = self.manifest.table(table)
        return Staged(self.desk(run_id), RESOURCES[table], state, parts, frozenset(valid), asked)

    def desk(self, run_id: str) -> Desk:
        """The run's desk; another run's is closed."""
        if self._desk is None or self._desk.run_id != run_id:
            self.close()
            self._desk = Desk(self.lake, run_id)
        return self._desk

    def close(self) -> None:
        if self._desk is not None:
            self._desk.close()

    def commit(self, run_id: str, *changes: TableChange) -> None:
        began = moment(self.runs)
        run = CommittedRun(run_id, f"{began.isoformat()}Z", "test")
        row = {"run_id": run_id, "job": "test", "status": self.status, "started_at": began}
        meta = {
            "runs": write_meta(self.lake, "runs", run_id, [row]),
            "changes": tuple(file for change in changes for file in change.changes),
        }
        tables = {change.name: change.files for change in changes}
        write_manifest(self.lake, self.manifest.with_run(run, tables, meta))

    def run(
        self,
        table: str,
        *parts: Sequence[Row],
        removed: Sequence[Row] | None = None,
        ignored: Mapping[str, tuple[str, ...]] | None = None,
    ) -> TableChange:
        """One whole run of one table."""
        run_id = self.begin()
        staged = self.stage(run_id, table, *parts)
        change = self.merge(run_id, table, staged, removed=removed, ignored=ignored)
        self.commit(run_id, change)
        self.close()
        self.lake.delete_folder(f"_runs/{run_id}")
        return change

    def build(self, register: str = "tables") -> None:
        build_database(self.lake, self.manifest, self.file, register=register)

    def update(self) -> bool:
        """Publishes as a run does; says whether the last database was brought up to date."""
        build_database(self.lake, self.manifest, self.file, anew=False)
        (versions,) = self.ask("SELECT versions FROM versions._made")
        return bool(versions != sum(table.versions for table in self.manifest.tables.values()))

    def ask(self, sql: str) -> list[Any]:
        """What the database answers; rows of one column are given as values."""
        with duckdb.connect(str(self.file), read_only=True) as connection:
            rows = connection.execute(sql).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]


def _staged(row: Row, run_id: str) -> Row:
    system = {"_run_id": run_id, "_fetched_at": FIRST, "_chain": GOOD, "_hash": digest(row)}
    return {**system, **row}
