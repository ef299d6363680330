"""Whether a file may be replaced by a database: nothing that the harvester did not make is."""

from __future__ import annotations

import mmap
from pathlib import Path

from harvester.errors import SpecError

__all__ = ["MARKS", "claim"]

#: What a DuckDB file holds at this place, and the bytes of one with nothing in it.
_MAGIC, _AT, _EMPTY = b"DUCK", 8, 3 * 4096
#: How descriptions of tables begin in all releases so far, by which our files are known from
#: others. They are several, since one may lie across two blocks.
MARKS = (
    b"One row for each run: when it ran, how it ended",
    b"One row for each query of each run: what was asked",
    b"One row for each row of a table that a run added",
    b"One row for each warning or error that NCBI put",
    b"One row for each piece of an answer that could not",
)
_ADVICE = "move it away, or choose another file with --database"


def claim(target: Path) -> None:
    """SpecError where something else lies there; one of ours that is damaged may be replaced.

    Its bytes are read as they are: that another process writes to it, or that this DuckDB cannot
    open it, does not make a file ours.
    """
    if target.exists() and not target.is_file():
        raise SpecError(f"the database {target} is no file (choose another with --database)")
    try:
        head = _head(target)
        if head and head[_AT:] != _MAGIC:
            raise SpecError(f"{target} is no database, and is not replaced by one: {_ADVICE}")
        if head and _is_foreign(target):
            raise SpecError(f"{target} is a database that is not the harvester's: {_ADVICE}")
    except FileNotFoundError:
        return
    except OSError as error:
        raise SpecError(f"the database {target} cannot be read: {error.strerror}") from error


def _head(target: Path) -> bytes:
    with target.open("rb") as file:
        return file.read(_AT + len(_MAGIC))


def _is_foreign(target: Path) -> bool:
    """Whether it holds something, also beside it, and nothing that only we write."""
    log = target.with_name(f"{target.name}.wal")
    if target.stat().st_size <= _EMPTY and not (log.exists() and log.stat().st_size):
        return False
    with target.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return all(held.find(mark) < 0 for mark in MARKS)
