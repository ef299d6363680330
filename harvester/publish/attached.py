"""A database's file while it is written: attached, and whole on the disk when that is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harvester.publish.sql import text
from harvester.publish.workbench import Connection

__all__ = ["STORAGE_VERSION", "attached"]

#: The oldest DuckDB that opens the file.
STORAGE_VERSION = "v1.4.0"


@contextmanager
def attached(connection: Connection, file: Path) -> Iterator[None]:
    """Statements are about this file until the block ends well."""
    run = connection.execute
    run(f"ATTACH {text(str(file))} AS built (STORAGE_VERSION {text(STORAGE_VERSION)})")
    run("USE built")
    # Joins as they are written: what is narrow stands to the right and is kept in memory.
    run("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    yield
    run("CHECKPOINT built")
    run("USE memory")
    run("DETACH built")
