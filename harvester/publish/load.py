"""What fills a new database: rows that are read from the lake, or views of the lake's files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import pyarrow as pa

from harvester.publish.attached import BUILT
from harvester.publish.comments import comments_on_rows
from harvester.publish.gain import moments_table
from harvester.publish.layout import Layout, meta_layouts, table_layouts
from harvester.publish.manifest import LakeFile, Manifest, TableState
from harvester.publish.relations import Relation
from harvester.publish.sightings import with_sightings
from harvester.publish.sql import any_of, columns, name, parquet, same
from harvester.publish.template import make_form
from harvester.publish.views import FILES, MOMENTS, PAST
from harvester.publish.workbench import HOME, KEYS, MEMORY, Connection, one
from harvester.schema import CHAIN, FETCHED_AT
from harvester.store.lake import Lake

__all__ = ["drop_rows", "fill_tables", "link_views", "load_files", "load_tables", "room_for"]

#: Bytes of a row in a Parquet file up to which it is a narrow one.
_NARROW = 64


def room_for(files: Iterable[LakeFile], wide: str = MEMORY) -> str:
    """What compressing a group of rows needs, by what they take in the lake."""
    return wide if any(file.bytes > _NARROW * file.rows for file in files) else KEYS


def load_tables(connection: Connection, lake: Lake, manifest: Manifest) -> None:
    """Fills the new database in use with all rows of the lake."""
    make_form(connection, BUILT, "tables")
    fill_tables(connection, lake, manifest)


def fill_tables(
    connection: Connection, lake: Lake, manifest: Manifest, filled: Collection[str] = ()
) -> None:
    """Fills all tables but those that are `filled` already, by name."""
    _insert(connection, MOMENTS, moments_table(manifest.moments()))
    for relation in _relations(lake, manifest, f"{HOME}.main"):
        layout, run = relation.layout, connection.execute
        if not relation.files.data:
            continue
        if not relation.over:
            run(f"INSERT INTO {layout.in_sql} {relation.current}")
        elif layout.name not in filled:
            full = with_sightings(connection, relation, manifest.moments())
            run(f"INSERT INTO {PAST}.{name(layout.name)} {full.ended}")
            run(f"INSERT INTO {layout.in_sql} {full.current}")


def load_files(
    connection: Connection,
    lake: Lake,
    layout: Layout,
    files: Iterable[LakeFile],
    seen: datetime,
    void: Collection[str] = (),
) -> None:
    """Adds the rows of these files to a table, as they were `seen`; rows of `void` walks are none.

    All others are taken for current ones.
    """
    rows = Relation(lake, layout, TableState(tuple(files)), MOMENTS, usual=[seen]).current
    if void:
        rows += f" WHERE v.{CHAIN.name} NOT IN {any_of(void)}"
    connection.execute(f"INSERT INTO {layout.in_sql} {rows}")


def drop_rows(
    connection: Connection,
    lake: Lake,
    layout: Layout,
    files: Iterable[LakeFile],
    void: Collection[str],
) -> int:
    """Takes back what `void` walks brought with these files, and tells how many rows that are.

    Another walk may have brought the same keys, but never at the same moment.
    """
    met = (*layout.key, FETCHED_AT.name)
    brought = (
        f"SELECT {columns(met)} FROM {parquet(lake, (file.path for file in files))} "
        f"WHERE {CHAIN.name} IN {any_of(void)}"
    )
    over = f"USING ({brought}) o WHERE {same('v', 'o', met)}"
    return one(connection, f"DELETE FROM {layout.in_sql} v {over}")


def link_views(connection: Connection, lake: Lake, manifest: Manifest) -> None:
    """Makes views of the lake's files in the new database in use, and notes which they read."""
    make_form(connection, BUILT, "views")
    _insert(connection, MOMENTS, moments_table(manifest.moments()))
    paths = pa.array([lake.path(path) for path in manifest.paths()], pa.string())
    _insert(connection, FILES, pa.table({"path": paths}))
    # Views need to know for good what has ended.
    for relation in _relations(lake, manifest, PAST):
        if relation.files.files:
            full = relation
            if relation.over:
                full = with_sightings(connection, relation, manifest.moments())
            _look_at(connection, full)


def _look_at(connection: Connection, relation: Relation) -> None:
    """Puts views of the table's files in the place of those that had none to look at."""
    layout = relation.layout
    views = {layout.in_sql: relation.current}
    if relation.over:
        views[f"main.{name(f'{layout.name}_history')}"] = relation.history
    connection.execute("BEGIN")
    for view, query in views.items():
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS {query}")
    for statement in comments_on_rows(layout, views=True):
        connection.execute(statement)
    connection.execute("COMMIT")


def _relations(lake: Lake, manifest: Manifest, schema: str) -> Iterator[Relation]:
    for layout in table_layouts():
        over, odd = (f"{schema}.{name(mark + layout.name)}" for mark in ("", "_seen_"))
        files = manifest.table(layout.name)
        yield Relation(lake, layout, files, MOMENTS, over, odd=odd)
    for layout in meta_layouts():
        files = TableState(manifest.meta.get(layout.name, ()))
        yield Relation(lake, layout, files, MOMENTS)


def _insert(connection: Connection, table: str, rows: pa.Table) -> None:
    connection.register("arriving", rows)
    connection.execute(f"INSERT INTO {table} FROM arriving")
    connection.unregister("arriving")
