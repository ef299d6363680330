"""Where a run's rows are looked at before they are merged: each table's keys are read once.

Survey, merge and what is learned about members ask the same rows, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast

import duckdb

from harvester.publish.sql import name
from harvester.publish.workbench import HOME, KEYS, Connection, with_room, workbench
from harvester.store.lake import Lake

__all__ = ["Desk"]

Laid = TypeVar("Laid")
T = TypeVar("T")

#: The folder in a run's own for what is spilt, and for copies; it goes when the desk is closed.
_SCRATCH = "scratch"


class Desk:
    """One DuckDB for all tables of a run; closed, it is empty, and opens when it is used again."""

    def __init__(self, lake: Lake, run_id: str) -> None:
        self.lake = lake
        self.run_id = run_id
        self._open = ExitStack()
        self._bench: Connection | None = None
        self._room = ""
        self._laid: dict[str, tuple[object, Any]] = {}

    def folder(self, table: str) -> str:
        """Where files lie that are needed until it is closed."""
        return str(PurePosixPath("_runs", self.run_id, _SCRATCH, table))

    def work(
        self, table: str, rows: object, lay: Callable[[Connection], Laid], task: Callable[[Laid], T]
    ) -> T:
        """Does a task with a table's rows, in a schema of their own, where `lay` has put them.

        They lie there for the next task with the very same rows. A task may be done twice, the
        second time with more room.
        """

        def inside(room: str) -> T:
            return task(self._at(room, table, rows, lay))

        return with_room(inside, KEYS)

    def _at(self, room: str, table: str, rows: object, lay: Callable[[Connection], Laid]) -> Laid:
        bench = self._with(room)
        held, laid = self._laid.get(table, (None, None))
        if held is not rows:
            self._clear(bench, table)
            laid = lay(bench)
            self._laid[table] = (rows, laid)
        bench.execute(f"USE {HOME}.{name(table)}")
        return cast("Laid", laid)

    def _clear(self, bench: Connection, table: str) -> None:
        self._laid.pop(table, None)
        bench.execute(f"USE {HOME}.main")
        bench.execute(f"DROP SCHEMA IF EXISTS {HOME}.{name(table)} CASCADE")
        bench.execute(f"CREATE SCHEMA {HOME}.{name(table)}")
        bench.execute(f"USE {HOME}.{name(table)}")

    def _with(self, room: str) -> Connection:
        """The DuckDB with so much memory; another amount begins anew, whatever went wrong."""
        if self._bench is None or self._room != room:
            self._put_away()
            spill = self.lake.path(f"_runs/{self.run_id}/{_SCRATCH}/desk")
            self._bench = self._open.enter_context(workbench(spill, room))
            self._room = room
        return self._bench

    def _put_away(self) -> None:
        self._laid.clear()
        self._bench = None
        with suppress(duckdb.Error):  # what is broken is closed all the same
            self._open.close()

    def close(self) -> None:
        """Takes everything off."""
        self._put_away()
        self.lake.delete_folder(f"_runs/{self.run_id}/{_SCRATCH}")
