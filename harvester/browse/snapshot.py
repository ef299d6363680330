"""The database as one file had it: open for reading, a few questions at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import duckdb

from harvester.errors import SpecError
from harvester.look import Table, database_tables, shut_in
from harvester.publish.sql import text

__all__ = ["Identity", "Snapshot", "identity_of"]

Identity = tuple[int, int, int, int]

#: What DuckDB may hold in memory for all questions; the rest spills.
_MEMORY = "1GB"
#: Pages up to this size are found by their sorting column alone, and only then read.
_LATE = 1000
_USE = "USE harvest"


def identity_of(path: Path) -> Identity:
    """What tells a file from the one that has taken its place."""
    facts = path.stat()
    return (facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size)


class Snapshot:
    """One file, open; `users` questions are under way, and none may come when it is `old`."""

    def __init__(self, path: Path, spill: str, number: int) -> None:
        self.number = number
        self.identity = identity_of(path)
        self.users = 0
        self.old = False
        self._root = _opened(path, spill)
        try:
            shut_in(self._root)
        except duckdb.CatalogException as error:
            self._root.close()
            raise SpecError(f"{path} is no database of the harvester") from error
        self.tables: Mapping[str, Table] = database_tables(self._root)
        self._memory: dict[str, object] = {}

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same database, for one question.

        One that was interrupted, or whose rows nobody has read to their end, is of no further use.
        """
        cursor = self._root.cursor()
        cursor.execute(_USE)
        return cursor

    def once(self, name: str, work: Callable[[], object]) -> object:
        """What is the same as long as the file is: done once."""
        if name not in self._memory:
            self._memory[name] = work()
        return self._memory[name]

    def close(self) -> None:
        """Lets go of the file."""
        self._root.close()

    @cached_property
    def size(self) -> int:
        """Bytes of the file."""
        return self.identity[-1]


def _opened(path: Path, spill: str) -> duckdb.DuckDBPyConnection:
    """A database in memory with the file beside it.

    Opened by its name, DuckDB would give us the file once more that it has open under that name,
    although another one may have taken its place since.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "temp_directory": spill,
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "late_materialization_max_rows": _LATE,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        connection.execute(f"ATTACH {text(os.path.realpath(path))} AS harvest (READ_ONLY)")
        connection.execute(_USE)
        connection.execute("SET enable_progress_bar = false")
    except duckdb.Error as error:
        connection.close()
        reason = str(error).partition("\n")[0]
        raise SpecError(f"{path} cannot be opened: {reason}") from error
    return connection
