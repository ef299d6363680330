"""Whether a new database is what it should be, asked of the file itself before anybody sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from harvester.errors import LakeError
from harvester.publish.layout import META_TABLES, Layout, table_layouts
from harvester.publish.manifest import Manifest
from harvester.publish.sql import columns, name, repeats, text
from harvester.publish.views import FILES, MOMENTS, PAST
from harvester.publish.workbench import HOME, KEYS, Connection, one, rows_in
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["check", "check_form", "is_current"]

_log = get_logger(__name__)


def check(
    connection: Connection,
    file: Path,
    manifest: Manifest,
    gained: Manifest | None = None,
    *,
    views: bool = False,
) -> None:
    """Opens the file as a reader would; LakeError where it is not complete and consistent.

    Where the file is a checked one that `gained` was added to, what that cannot have touched is not
    looked at again; the keys that came were held against all others when they were added. The views
    of a table without a row, and what is said of columns, were looked at when the form was made;
    where tables are `views`, these are made in its place, and told of anew.
    """
    connection.execute(f"SET memory_limit = {text(KEYS)}")
    connection.execute(f"ATTACH {text(str(file))} AS new (READ_ONLY)")
    connection.execute("USE new")
    faults = list(_faults(connection, manifest, gained))
    if views:
        faults += _silence(connection)
    connection.execute(f"USE {HOME}")
    connection.execute("DETACH new")
    if faults:
        raise LakeError(f"the new database is wrong, the old one stays: {'; '.join(faults)}")
    _log.debug("database checked")


def is_current(file: Path, lake: Lake, manifest: Manifest) -> bool:
    """Whether a published database has all runs of the lake, and reads none but its files."""
    if not file.is_file():
        return False
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            runs = connection.execute(f"SELECT run_id FROM {MOMENTS}").fetchall()
            read = connection.execute(f"SELECT path FROM {FILES}").fetchall()
    except duckdb.Error:
        return False  # not a database of the harvester's, or a broken one
    files = {lake.path(path) for path in manifest.paths()}
    return {run for (run,) in runs} == manifest.moments().keys() and files.issuperset(
        path for (path,) in read
    )


def _faults(connection: Connection, manifest: Manifest, gained: Manifest | None) -> Iterator[str]:
    yield from _counts(connection, manifest, gained)
    for layout in table_layouts():
        if gained is None and manifest.table(layout.name).rows:
            yield from _keys(connection, layout)
        if (gained or manifest).table(layout.name).files:
            _bind_views(connection, layout)


def _counts(connection: Connection, manifest: Manifest, gained: Manifest | None) -> Iterator[str]:
    """Tables that have other rows than the lake."""
    expected = dict(_expected(manifest, gained))
    for relation, found in rows_in(connection, list(expected)).items():
        if found != expected[relation]:
            yield f"{relation} has {found} rows, the lake {expected[relation]}"


def _expected(manifest: Manifest, gained: Manifest | None) -> Iterator[tuple[str, int]]:
    for layout in table_layouts():
        state = manifest.table(layout.name)
        yield f"main.{name(layout.name)}", state.rows
        if gained is not None:
            yield f"{PAST}.{name(layout.name)}", state.versions - state.rows
        elif state.files:
            yield f"main.{name(f'{layout.name}_history')}", state.versions
    if gained is not None:  # the history is both, joined with runs of which none is there twice
        runs = len(manifest.moments())
        yield from ((MOMENTS, runs), (f"(SELECT DISTINCT run_id FROM {MOMENTS})", runs))
    for table in META_TABLES:
        yield f"meta.{name(table)}", sum(file.rows for file in manifest.meta.get(table, ()))


def _keys(connection: Connection, layout: Layout) -> Iterator[str]:
    """As many digests as rows: no key is there twice. Only else the keys themselves are held."""
    key, rows = columns(layout.key), f"main.{name(layout.name)}"
    if not one(connection, repeats(rows, layout.key)):
        return
    grouped = f"SELECT 1 FROM {rows} GROUP BY {key} HAVING count(*) > 1"
    if twice := one(connection, f"SELECT count(*) FROM ({grouped})"):
        yield f"{layout.name} has {twice} keys more than once"


def _bind_views(connection: Connection, layout: Layout) -> None:
    """Views and macros are only read here, and only bound: an error says what is wrong."""
    flat, as_of = name(f"{layout.name}_flat"), name(f"{layout.name}_as_of")
    connection.execute(f"SELECT * FROM main.{flat} LIMIT 0").fetchall()
    connection.execute(f"SELECT * FROM main.{as_of}('2000-01-01') LIMIT 0").fetchall()


def check_form(connection: Connection) -> None:
    """Whether all that a new database begins with can be read, and each column is documented."""
    for layout in table_layouts():
        _bind_views(connection, layout)
    for fault in _silence(connection):
        raise LakeError(fault)


def _silence(connection: Connection) -> Iterator[str]:
    columns_without = (
        "SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND comment IS NULL "
        "AND schema_name IN ('main', 'meta') AND database_name = current_database()"
    )
    if missing := one(connection, columns_without):
        yield f"{missing} columns are not documented"
