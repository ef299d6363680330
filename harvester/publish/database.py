"""The DuckDB file that analysts open: built aside from the lake, checked, moved into place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from harvester.publish.aside import built_aside
from harvester.publish.attached import attached
from harvester.publish.check import check
from harvester.publish.comments import comments_on
from harvester.publish.evolve import upgrade
from harvester.publish.form import form_of, table
from harvester.publish.gain import moments_table
from harvester.publish.layout import meta_layouts, table_layouts
from harvester.publish.made import Made, put_made
from harvester.publish.manifest import Manifest, TableState, write_manifest
from harvester.publish.relations import VALIDITY, Relation
from harvester.publish.sql import name
from harvester.publish.staged import put_table
from harvester.publish.update import update
from harvester.publish.views import FILES, MOMENTS, PAST, around, history_over_tables
from harvester.publish.workbench import MEMORY, Connection, with_room, workbench
from harvester.schema import Field
from harvester.store.lake import Lake

__all__ = ["build_database"]


def build_database(
    lake: Lake,
    manifest: Manifest,
    target: Path,
    *,
    register: str = "tables",
    memory: str = MEMORY,
    anew: bool = True,
) -> None:
    """Builds the database from the lake alone; the old file serves until the new one is whole.

    Unless `anew`, what the lake has gained is added to a copy of the old file where that can be
    trusted; views are cheap to make anew. Files that an older harvester wrote are brought to
    today's layout first, once and for all.
    """
    todays = upgrade(lake, manifest)
    if todays != manifest:
        write_manifest(lake, todays)
    made = Made(form_of(register), todays, _whole_second())
    with built_aside(target) as aside:
        may_update = not anew and register == "tables"
        if not (may_update and update(lake, made, Path(os.path.realpath(target)), aside, memory)):
            _build(lake, made, aside, memory, views=register == "views")
        os.utime(aside, ns=(made.stamp, made.stamp))


def _build(lake: Lake, made: Made, aside: Path, memory: str, *, views: bool) -> None:
    def work(room: str) -> None:
        for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
            leftover.unlink(missing_ok=True)
        with workbench(aside.with_name("spill"), room) as connection:
            with attached(connection, aside):
                _Build(connection, lake, made, views=views).write()
            check(connection, aside, made.manifest)

    with_room(work, memory)


def _whole_second() -> int:
    """Now, as exactly as any file system keeps a file's time of change."""
    return int(time.time()) * 10**9


@dataclass(frozen=True, slots=True)
class _Build:
    """One database at work."""

    connection: Connection
    lake: Lake
    made: Made
    views: bool

    @property
    def manifest(self) -> Manifest:
        """What the lake consists of."""
        return self.made.manifest

    def write(self) -> None:
        """Fills the file."""
        run = self.connection.execute
        run(f"CREATE SCHEMA meta; CREATE SCHEMA {PAST}")
        self._moments()
        relations = list(self._relations())
        for relation in relations:
            self._fill(relation)
        run("BEGIN")
        for relation in relations:
            for statement in comments_on(relation.layout, views=self.views):
                run(statement)
        run("COMMIT")
        put_made(self.connection, replace(self.made, versions=self.made.now))

    def _moments(self) -> None:
        """The tables that views need: when the runs began, which files of the lake are read."""
        put_table(self.connection, MOMENTS, moments_table(self.manifest.moments()))
        paths = [self.lake.path(path) for path in self.manifest.paths()] if self.views else []
        put_table(self.connection, FILES, pa.table({"path": pa.array(paths, pa.string())}))

    def _relations(self) -> Iterator[Relation]:
        # Views need to know for good what has ended; tables only while they are loaded.
        schema = PAST if self.views else "memory.main"
        for layout in table_layouts():
            files, over = self.manifest.table(layout.name), f"{schema}.{name(layout.name)}"
            yield Relation(self.lake, layout, files, MOMENTS, over)
        for layout in meta_layouts():
            files = TableState(self.manifest.meta.get(layout.name, ()))
            yield Relation(self.lake, layout, files, MOMENTS, over="")

    def _fill(self, relation: Relation) -> None:
        layout, run = relation.layout, self.connection.execute
        if relation.over:
            run(f"CREATE TABLE {relation.over} AS {relation.over_query}")
        self._make(layout.schema, layout.name, layout.columns, relation.current)
        if not relation.over:
            return
        history = relation.history
        if not self.views:
            history = history_over_tables(layout)
            self._make(PAST, layout.name, (*layout.columns, *VALIDITY), relation.ended)
        for statement in around(layout, history):
            run(statement)

    def _make(self, schema: str, relation: str, fields: tuple[Field, ...], query: str) -> None:
        full = f"{name(schema)}.{name(relation)}"
        if self.views:
            self.connection.execute(f"CREATE VIEW {full} AS {query}")
            return
        self.connection.execute(table(schema, relation, fields))
        self.connection.execute(f"INSERT INTO {full} {query}")
