"""All that a reader may find in a database, to hold one against another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from harvester.catalogue import RESOURCES
from harvester.publish import build_database
from tests.publish.place import Place, moment

__all__ = ["contents", "rebuilt"]

_COLUMNS = "schema_name, table_name, column_index, column_name, data_type, comment"
_CATALOG = (
    f"SELECT {_COLUMNS} FROM duckdb_columns()",
    "SELECT schema_name, table_name, comment, sql FROM duckdb_tables()",
    "SELECT schema_name, view_name, comment, sql FROM duckdb_views()",
    "SELECT schema_name, function_name, comment, macro_definition FROM duckdb_functions()",
)
#: What the harvester notes about the file itself.
_OWN = "_made"


def rebuilt(place: Place) -> dict[str, Any]:
    """What a database holds that is built from the lake alone."""
    file = place.file.with_name("rebuilt.duckdb")
    build_database(place.lake, place.manifest, file)
    return contents(file, place.runs)


def contents(file: Path, runs: int) -> dict[str, Any]:
    """Catalogue and rows, the past at the moment of each run included."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found: dict[str, Any] = {}
        for query in _CATALOG:
            rows = connection.execute(f"{query} WHERE NOT internal").fetchall()
            found[query] = sorted((row for row in rows if row[1] != _OWN), key=str)
        for relation in _relations(connection, runs):
            rows = connection.execute(f"SELECT r FROM {relation} r").fetchall()
            found[relation] = sorted(map(str, rows))
    return found


def _relations(connection: duckdb.DuckDBPyConnection, runs: int) -> Iterator[str]:
    tables = "SELECT schema_name, table_name FROM duckdb_tables()"
    views = "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    for schema, relation in connection.execute(f"{tables} UNION ALL {views}").fetchall():
        if relation != _OWN:
            yield f"{schema}.{relation}"
    for table in RESOURCES:
        if connection.execute(f"SELECT 1 FROM {table}_history LIMIT 1").fetchall():
            yield from (f"{table}_as_of('{moment(run)}')" for run in range(1, runs + 1))
