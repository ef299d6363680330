"""A database's file while it is written: attached, and whole on the disk when that is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from harvester.publish.sql import text
from harvester.publish.workbench import HOME, Connection

__all__ = ["BUILT", "LARGE_GROUP", "ROW_GROUP_SIZE", "STORAGE_VERSION", "Attached", "attached"]

#: The name that statements know the file by.
BUILT = "built"

#: The oldest DuckDB that opens the file.
STORAGE_VERSION = "v1.4.0"
#: Rows that are compressed together. A table with fewer rows than that is written twice, first
#: into a log, and a whole group is in memory: DuckDB's own 122,880 wide rows cost twice the time.
ROW_GROUP_SIZE = 30_720
#: The same for long tables of narrow rows: their file is a fifth smaller then, and all that a
#: night does once for each group is a third.
LARGE_GROUP = 92_160


class Attached(Struct):
    """The file in use, and how many of the rows that come are compressed together."""

    connection: Connection
    file: Path
    group: int

    def at_most(self, rows: int) -> None:
        """No more than so many from now on; no transaction may be under way.

        It is never more again: DuckDB compresses anew what it has in smaller groups than it may.
        """
        if rows < self.group:
            self.close()
            self.group = rows
            self.open()

    def open(self) -> None:
        """Statements are about this file from now on."""
        options = f"STORAGE_VERSION {text(STORAGE_VERSION)}, ROW_GROUP_SIZE {self.group}"
        self.connection.execute(f"ATTACH {text(str(self.file))} AS {BUILT} ({options})")
        self.connection.execute(f"USE {BUILT}")

    def close(self) -> None:
        """Leaves it as it is, whole."""
        for statement in (f"CHECKPOINT {BUILT}", f"USE {HOME}", f"DETACH {BUILT}"):
            self.connection.execute(statement)


@contextmanager
def attached(connection: Connection, file: Path, group: int = ROW_GROUP_SIZE) -> Iterator[Attached]:
    """Statements are about this file until the block ends well."""
    database = Attached(connection, file, group)
    database.open()
    # Joins as they are written: what is narrow stands to the right and is kept in memory.
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    yield database
    database.close()
