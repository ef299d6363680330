"""What fills a new database: rows that are read from the lake, or views of the lake's files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from harvester.publish.attached import BUILT, LARGE_GROUP, ROW_GROUP_SIZE, Attached
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

__all__ = [
    "LARGE_ROOM",
    "drop_rows",
    "fill_tables",
    "group_for",
    "largest_group",
    "link_views",
    "load_files",
    "load_tables",
    "room_for",
    "settle_keys",
]

#: Bytes of a row in a Parquet file up to which it is a narrow one.
_NARROW = 64
#: Rows from which on a table is a long one.
_LONG = 200_000
#: What DuckDB needs in memory for a large group of its rows.
LARGE_ROOM = "96MB"


def room_for(files: Iterable[LakeFile], wide: str = MEMORY, group: int = ROW_GROUP_SIZE) -> str:
    """What compressing a group of so many rows needs, by what they take in the lake."""
    if any(file.bytes > _NARROW * file.rows for file in files):
        return wide
    return KEYS if group == ROW_GROUP_SIZE else LARGE_ROOM


def group_for(files: Sequence[LakeFile], rows: int) -> int:
    """How many rows are compressed together in a table of so many, of which these files have some.

    A small file has wide rows, whatever they are; of a long table's files few are small.
    """
    narrow = sum(file.bytes - _NARROW * file.rows for file in files) <= 0
    return LARGE_GROUP if rows >= _LONG and narrow else ROW_GROUP_SIZE


def largest_group(manifest: Manifest) -> int:
    """The same for the table that gets the largest groups."""
    return max(map(_group, manifest.tables.values()), default=ROW_GROUP_SIZE)


def _group(table: TableState) -> int:
    return group_for(table.data, table.versions)


def load_tables(database: Attached, lake: Lake, manifest: Manifest) -> None:
    """Fills the new database in use with all rows of the lake."""
    make_form(database.connection, BUILT, "tables")
    fill_tables(database, lake, manifest)


def fill_tables(
    database: Attached, lake: Lake, manifest: Manifest, filled: Collection[str] = ()
) -> None:
    """Fills all tables but those that are `filled` already, by name."""
    connection = database.connection
    _insert(connection, MOMENTS, moments_table(manifest.moments()))
    relations = _relations(lake, manifest, f"{HOME}.main")
    for relation in sorted(relations, key=lambda one: -_group(one.files)):
        layout, run = relation.layout, connection.execute
        if not relation.files.data:
            continue
        if not relation.over:
            run(f"INSERT INTO {layout.in_sql} {relation.current}")
        elif layout.name not in filled:
            database.at_most(_group(relation.files))
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


def settle_keys(
    connection: Connection, lake: Lake, layout: Layout, files: Iterable[LakeFile], seen: datetime
) -> int:
    """Where a key is there more than once, only the row stays that these files have of it.

    Tells how many rows fewer there are then.
    """
    key = columns(layout.key)
    counted = f"SELECT {key} FROM {layout.in_sql} GROUP BY {key} HAVING count(*) > 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE twice AS {counted}")
    same_key = same("v", "t", layout.key)
    gone = one(connection, f"DELETE FROM {layout.in_sql} v USING twice t WHERE {same_key}")
    rows = Relation(lake, layout, TableState(tuple(files)), MOMENTS, usual=[seen]).current
    chosen = f"{rows} WHERE EXISTS (SELECT 1 FROM twice t WHERE {same_key})"
    return gone - one(connection, f"INSERT INTO {layout.in_sql} {chosen}")


def link_views(database: Attached, lake: Lake, manifest: Manifest) -> None:
    """Makes views of the lake's files in the new database in use, and notes which they read."""
    connection = database.connection
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
