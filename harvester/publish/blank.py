"""A database of today's form without a row, made in idle time: it takes as long as 50,000 rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from harvester.publish.form import statements
from harvester.publish.sql import text
from harvester.publish.workbench import MEMORY, Connection, open_bench, workbench

__all__ = ["Blank", "make_form"]

_NAME = "blank"


class Blank:
    """Holds an empty database in memory until one is built; without it that takes longer."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def make(self) -> None:
        """Makes the database."""
        connection = open_bench(MEMORY)
        try:
            connection.execute(f"ATTACH ':memory:' AS {_NAME}")
            connection.execute(f"USE {_NAME}")
            for statement in statements():
                connection.execute(statement)
            connection.execute("USE memory")
        except duckdb.Error:
            connection.close()
            return  # who builds finds out what is wrong, and says it
        self._connection = connection

    @contextmanager
    def bench(self, spill: Path, memory: str) -> Iterator[Connection]:
        """A workbench to build on, with the empty database where there is one; for one build."""
        connection, self._connection = self._connection, None
        if connection is None:
            with workbench(spill, memory) as fresh:
                yield fresh
            return
        try:
            connection.execute(f"SET temp_directory = {text(str(spill))}")
            connection.execute(f"SET memory_limit = {text(memory)}")
            yield connection
        finally:
            connection.close()
            shutil.rmtree(spill, ignore_errors=True)

    def close(self) -> None:
        """Lets go of what nobody has built on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def make_form(connection: Connection, target: str) -> None:
    """Makes the tables and all that stands around them in the database of that name, in use."""
    names = connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    if (_NAME,) in names:
        connection.execute(f"COPY FROM DATABASE {_NAME} TO {target} (SCHEMA)")
        connection.execute(f"DETACH {_NAME}")
        return
    for statement in statements():
        connection.execute(statement)
