"""How many rows the tables of a database hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

from harvester.publish.sql import name

__all__ = ["row_counts"]


def row_counts(database: Path, tables: Iterable[str]) -> dict[str, int]:
    """The rows of each table; nothing where there is no database that can be read."""
    if not database.exists():
        return {}
    try:
        # The whole path: of a bare name DuckDB might take the beginning for an extension's.
        with duckdb.connect(os.path.realpath(database), read_only=True) as connection:
            return {table: _count(connection, table) for table in tables}
    except duckdb.Error:
        return {}


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    schema, _, own = table.rpartition(".")
    relation = f"{name(schema or 'main')}.{name(own)}"
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0
