"""A database's file while it is written: attached, and whole on the disk when that is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harvester.publish.sql import text
from harvester.publish.workbench import HOME, Connection

__all__ = ["BUILT", "ROW_GROUP_SIZE", "STORAGE_VERSION", "attached"]

#: The name that statements know the file by.
BUILT = "built"

#: The oldest DuckDB that opens the file.
STORAGE_VERSION = "v1.4.0"
#: Rows that are compressed together. A table with fewer rows than that is written twice, first
#: into a log, and a whole group is in memory: DuckDB's own 122,880 wide rows cost twice the time.
ROW_GROUP_SIZE = 30_720


@contextmanager
def attached(connection: Connection, file: Path) -> Iterator[None]:
    """Statements are about this file until the block ends well."""
    run = connection.execute
    options = f"STORAGE_VERSION {text(STORAGE_VERSION)}, ROW_GROUP_SIZE {ROW_GROUP_SIZE}"
    run(f"ATTACH {text(str(file))} AS {BUILT} ({options})")
    run(f"USE {BUILT}")
    # Joins as they are written: what is narrow stands to the right and is kept in memory.
    run("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    yield
    run(f"CHECKPOINT {BUILT}")
    run(f"USE {HOME}")
    run(f"DETACH {BUILT}")
