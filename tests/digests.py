"""What tables hold, in two numbers each: quick to compare, however wide their rows are."""

from __future__ import annotations

from pathlib import Path

import duckdb

__all__ = ["Digests", "digest_of", "digests_of"]

#: Of each table how many rows it has, and the sum of their hashes.
Digests = dict[str, tuple[int, int]]

_ROWS = "SELECT * EXCLUDE (_run_id, _fetched_at, _seen_at) FROM {}"


def digests_of(database: Path, *tables: str) -> Digests:
    """All that these tables hold, but for what differs from run to run."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {table: digest_of(connection, _ROWS.format(table)) for table in tables}


def digest_of(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    """How many rows a query has, and the sum of their hashes."""
    summed = f"SELECT count(*), coalesce(sum(hash(r)), 0) FROM ({query}) r"
    ((rows, digest),) = connection.execute(summed).fetchall()
    return int(rows), int(digest)
