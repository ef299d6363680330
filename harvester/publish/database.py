"""The DuckDB file that analysts open: built aside from the lake, checked, moved into place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from harvester.publish.aside import built_aside
from harvester.publish.check import check
from harvester.publish.comments import comments_on
from harvester.publish.evolve import upgrade
from harvester.publish.layout import meta_layouts, table_layouts
from harvester.publish.manifest import Manifest, TableState, write_manifest
from harvester.publish.relations import VALIDITY, Relation
from harvester.publish.sql import name, sql_type, text
from harvester.publish.staged import put_table
from harvester.publish.views import (
    FILES,
    MOMENTS,
    PAST,
    as_of_macro,
    flat_view,
    history_over_tables,
)
from harvester.publish.workbench import MEMORY, Connection, with_room, workbench
from harvester.schema import Field
from harvester.store.lake import Lake

__all__ = ["STORAGE_VERSION", "build_database"]

#: The oldest DuckDB that opens the file.
STORAGE_VERSION = "v1.4.0"


def build_database(
    lake: Lake,
    manifest: Manifest,
    target: Path,
    *,
    register: str = "tables",
    memory: str = MEMORY,
) -> None:
    """Builds the database from the lake alone; the old file serves until the new one is whole.

    Files that an older harvester wrote are brought to today's layout first, once and for all.
    """
    todays = upgrade(lake, manifest)
    if todays != manifest:
        write_manifest(lake, todays)
    with built_aside(target) as aside:

        def work(room: str) -> None:
            for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
                leftover.unlink(missing_ok=True)
            with workbench(aside.with_name("spill"), room) as connection:
                _Build(connection, lake, todays, views=register == "views").write(aside)
            check(aside, todays, room)

        with_room(work, memory)


@dataclass(frozen=True, slots=True)
class _Build:
    """One database at work."""

    connection: Connection
    lake: Lake
    manifest: Manifest
    views: bool

    def write(self, file: Path) -> None:
        """Makes the file and fills it."""
        run = self.connection.execute
        run(f"ATTACH {text(str(file))} AS built (STORAGE_VERSION {text(STORAGE_VERSION)})")
        run("USE built")
        # Joins as they are written: what is narrow stands to the right and is kept in memory.
        run("SET disabled_optimizers = 'join_order,build_side_probe_side'")
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
        run("CHECKPOINT built")
        run("USE memory")
        run("DETACH built")

    def _moments(self) -> None:
        """The tables that views need: when the runs began, which files of the lake are read."""
        moments = self.manifest.moments()
        runs = {
            "run_id": pa.array(list(moments), pa.string()),
            "moment": pa.array(list(moments.values()), pa.timestamp("us")),
        }
        put_table(self.connection, MOMENTS, pa.table(runs))
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
        run(flat_view(layout))
        run(f"CREATE VIEW {name(f'{layout.name}_history')} AS {history}")
        run(as_of_macro(layout))

    def _make(self, schema: str, table: str, fields: tuple[Field, ...], query: str) -> None:
        full = f"{name(schema)}.{name(table)}"
        if self.views:
            self.connection.execute(f"CREATE VIEW {full} AS {query}")
            return
        typed = ", ".join(f"{name(field.name)} {sql_type(field)}" for field in fields)
        self.connection.execute(f"CREATE TABLE {full} ({typed})")
        self.connection.execute(f"INSERT INTO {full} {query}")
