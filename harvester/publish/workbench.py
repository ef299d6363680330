"""A DuckDB without a file, for work on the lake: little memory, the rest spills to disk."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from harvester.errors import LakeError

__all__ = [
    "HOME",
    "KEYS",
    "MEMORY",
    "Connection",
    "hush",
    "one",
    "open_bench",
    "rows_in",
    "with_room",
    "workbench",
]

#: What DuckDB may hold in memory; the process needs some 100 MB beside it.
MEMORY = "192MB"
#: The same for work on keys, which are narrow: in files they are sorted almost as fast.
KEYS = "64MB"
#: What it gets when it did not come by with that: rows may be wider than any seen so far.
_AMPLE = "2GB"

#: The database that a workbench is, and where statements are about it by default.
HOME = "bench"
_AFTERWARDS = (
    "RESET disabled_optimizers",
    "RESET checkpoint_threshold",
    "USE memory",
    f"DETACH {HOME}",
)
#: By process: to make an instance takes as long as most of what is asked of it.
_IDLE: dict[int, list[duckdb.DuckDBPyConnection]] = {}

T = TypeVar("T")

Connection = duckdb.DuckDBPyConnection


@contextmanager
def workbench(spill: Path | str, memory: str) -> Iterator[Connection]:
    """A connection to an empty database; all that was made there goes when the block ends.

    What it spills goes as well. The instance behind it is kept for the next one if it is as new.
    """
    pa.default_memory_pool().release_unused()
    instance, connection = _taken(str(spill), memory)
    as_new = False
    try:
        yield connection
        for statement in _AFTERWARDS:
            connection.execute(statement)
        as_new = not (spill and Path(spill).exists())
    finally:
        connection.close()
        if as_new:
            _idle().append(instance)
        else:
            instance.close()
        if spill:
            shutil.rmtree(spill, ignore_errors=True)


def _taken(spill: str, memory: str) -> tuple[Connection, Connection]:
    """An instance, and a connection to it that is ready for work."""
    if spill:
        Path(spill).parent.mkdir(parents=True, exist_ok=True)
    while _idle():
        instance = _idle().pop()
        try:
            return instance, _ready(instance, spill, memory)
        except duckdb.Error:
            instance.close()  # where it spilled before, it does so for good
    instance = open_bench(memory, spill)
    return instance, _ready(instance, spill, memory)


def _ready(instance: Connection, spill: str, memory: str) -> Connection:
    connection = instance.cursor()
    connection.execute(f"SET memory_limit = '{memory}'")
    connection.execute("SET temp_directory = $1", [spill])
    connection.execute(f"ATTACH ':memory:' AS {HOME}")
    connection.execute(f"USE {HOME}")
    return connection


def _idle() -> list[Connection]:
    """The instances that nobody uses; a forked process leaves alone what is not its own."""
    return _IDLE.setdefault(os.getpid(), [])


@atexit.register
def _close_idle() -> None:
    while _idle():
        _idle().pop().close()


def open_bench(memory: str, spill: Path | str = "") -> Connection:
    """A connection to a database in memory."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": str(spill),
        "threads": 1,  # each more holds a group of wide rows until it is compressed
        "preserve_insertion_order": False,
        "write_buffer_row_group_count": 1,  # five wide groups are more than there is room for
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    hush(connection)
    return connection


def hush(connection: Connection) -> None:
    """No progress bar: where DuckDB takes the process for a notebook it would go to stdout.

    A notebook without ipywidgets has none, and DuckDB refuses to turn off what is not there.
    """
    if one(connection, "SELECT CAST(current_setting('enable_progress_bar') AS INTEGER)"):
        connection.execute("SET enable_progress_bar = false")


def with_room(work: Callable[[str], T], memory: str = MEMORY) -> T:
    """Does work that may be repeated in little memory, and where DuckDB fails at it, in more."""
    for room in dict.fromkeys((memory, MEMORY)) if memory != _AMPLE else ():
        try:
            return work(room)
        except duckdb.Error:
            pass  # it has several names for being out of memory
    try:
        return work(_AMPLE)
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise LakeError(f"DuckDB could not work on the lake's files: {reason}") from error


def one(connection: Connection, statement: str) -> int:
    """The number that a query finds."""
    ((number,),) = connection.execute(statement).fetchall()
    return int(number or 0)


def rows_in(connection: Connection, relations: Sequence[str]) -> dict[str, int]:
    """How many rows each of these has, asked in one statement."""
    asked = (f"SELECT {turn}, count(*) FROM {one}" for turn, one in enumerate(relations))
    found = connection.execute(" UNION ALL ".join(asked)).fetchall()
    return {relations[turn]: count for turn, count in found}
