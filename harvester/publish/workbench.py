"""A DuckDB without a file, for work on keys: little memory, the rest spills to disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from harvester.errors import LakeError

__all__ = ["MEMORY", "Connection", "one", "workbench"]

#: What DuckDB may hold in memory; the process needs some 150 MB beside it.
MEMORY = "256MB"

Connection = duckdb.DuckDBPyConnection


@contextmanager
def workbench(spill: Path | str, memory: str = MEMORY) -> Iterator[Connection]:
    """A connection that is closed, and whose spilled files are gone, when the block ends."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": str(spill),
        "threads": 1,
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    Path(spill).parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:", config=config)
    try:
        yield connection
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise LakeError(f"DuckDB could not work on the lake's files: {reason}") from error
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def one(connection: Connection, statement: str) -> int:
    """The number that a query finds."""
    ((number,),) = connection.execute(statement).fetchall()
    return int(number or 0)
