"""Where a run's rows are looked at before they are merged: each table's keys are read once.

Survey, merge and what is learned about members ask the same rows, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import PurePosixPath
from threading import Lock
from typing import Any, TypeVar, cast

import duckdb

from harvester.errors import LakeError
from harvester.publish.sql import name
from harvester.publish.workbench import HOME, KEYS, Connection, with_room, workbench
from harvester.store.lake import Lake

__all__ = ["Desk"]

Laid = TypeVar("Laid")
T = TypeVar("T")

#: The folder in a run's own for what is spilt, and for copies; it goes when the desk is closed.
_SCRATCH = "scratch"


class Desk:
    """One DuckDB for all tables of a run, which one thread at a time uses.

    Cleared, it holds nothing and opens when it is used again; closed, it refuses.
    """

    def __init__(self, lake: Lake, run_id: str) -> None:
        self.lake = lake
        self.run_id = run_id
        self._open = ExitStack()
        self._turn = Lock()
        self._closed = False
        self._bench: Connection | None = None
        self._room = KEYS
        self._laid: dict[str, tuple[object, Any]] = {}

    def folder(self, table: str) -> str:
        """Where files lie that are needed until it is closed."""
        return str(PurePosixPath("_runs", self.run_id, _SCRATCH, table))

    def work(
        self, table: str, rows: object, lay: Callable[[Connection], Laid], task: Callable[[Laid], T]
    ) -> T:
        """Does a task with a table's rows, in a schema of their own, where `lay` has put them.

        They lie there for the next task with the very same rows. A task may be done twice, the
        second time with more room, which later ones then have as well: to lay out rows that need
        it costs as much as all else.
        """

        def inside(room: str) -> T:
            try:
                return task(self._at(room, table, rows, lay))
            except BaseException as error:
                self._put_away(error)
                raise

        with self._turn:
            if self._closed:
                message = "the run is over, its rows are not looked at any more"
                raise LakeError(message)
            return with_room(inside, self._room)

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

    def _put_away(self, failure: BaseException | None = None) -> None:
        """Closes the DuckDB; one in which something failed is not used again by anybody."""
        self._laid.clear()
        self._bench = None
        with suppress(duckdb.Error):
            self._open.__exit__(type(failure) if failure else None, failure, None)

    def clear(self) -> None:
        """Takes everything off: more has arrived, or is to be asked for."""
        with self._turn:
            self._put_away()
            self.lake.delete_folder(f"_runs/{self.run_id}/{_SCRATCH}")

    def close(self) -> None:
        """Takes everything off, for good; waits for a task that is under way in another thread."""
        with self._turn:
            self._closed = True
        self.clear()
