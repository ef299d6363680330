"""Processes that read the database while runs replace it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb

from tests.crash.lab import TABLES, digests

__all__ = ["SEEN", "keep_open", "poll"]

#: What readers look at.
SEEN = (*TABLES, "meta.changes", "meta.queries")
#: Each must find nothing: what they look for contradicts itself.
CONTRADICTIONS = {
    "a run without queries": "FROM meta.runs ANTI JOIN meta.queries USING (run_id) SELECT run_id",
    "queries without a run": "FROM meta.queries ANTI JOIN meta.runs USING (run_id) SELECT run_id",
    **{
        f"rows of {table} of no run": f"SELECT 1 FROM {table} t "
        "ANTI JOIN meta.runs r ON t._run_id = r.run_id"
        for table in TABLES
    },
    **{
        f"other rows of {table} than changes tell": f"SELECT 1 FROM (SELECT count(*) AS n FROM "
        f"{table}) WHERE n <> (SELECT sum(CASE change WHEN 'added' THEN 1 WHEN 'returned' THEN 1 "
        f"WHEN 'removed' THEN -1 ELSE 0 END) FROM meta.changes WHERE table_name = '{table}')"
        for table in TABLES
    },
}  # fmt: skip


def poll(database: Path, stop: Event, seen: Path) -> None:
    """Opens, reads and closes the database again and again."""
    with seen.open("w") as lines:
        while not stop.wait(0.6):
            if database.exists():
                with _opened(database) as connection:
                    lines.write(f"{json.dumps(_look(connection))}\n")


def keep_open(database: Path, stop: Event, seen: Path) -> None:
    """Opens the database once and reads it again and again."""
    while not database.exists() and not stop.wait(0.02):
        pass
    with _opened(database) as connection, seen.open("w") as lines:
        while not stop.wait(1.0):
            lines.write(f"{json.dumps(_look(connection))}\n")


def _opened(database: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(database), read_only=True)


def _look(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    return {"faults": list(_faults(connection)), "state": digests(connection, SEEN)}


def _faults(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for what, sql in CONTRADICTIONS.items():
        if connection.execute(sql).fetchall():
            yield what
