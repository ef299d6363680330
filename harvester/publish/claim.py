"""Whether a file may be replaced by a database: nothing that the harvester did not make is."""

from __future__ import annotations

from pathlib import Path

import duckdb

from harvester.errors import SpecError
from harvester.publish.workbench import hush, one

__all__ = ["claim"]

#: What a DuckDB file holds at this place.
_MAGIC, _AT = b"DUCK", 8
_ADVICE = "move it away, or choose another file with --database"


def claim(target: Path) -> None:
    """SpecError where something else lies there; one of ours that is damaged may be replaced."""
    if target.is_dir():
        raise SpecError(f"the database {target} is a folder (choose another with --database)")
    head = _head(target)
    if head and head[_AT:] != _MAGIC:
        raise SpecError(f"{target} is no database, and is not replaced by one: {_ADVICE}")
    if head and _is_foreign(target):
        raise SpecError(f"{target} is a database that is not the harvester's: {_ADVICE}")


def _head(target: Path) -> bytes:
    try:
        with target.open("rb") as file:
            return file.read(_AT + len(_MAGIC))
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise SpecError(f"the database {target} cannot be read: {error.strerror}") from error


def _is_foreign(target: Path) -> bool:
    """Whether it can be read and holds something, but not what runs leave."""
    holds = (
        "SELECT count(*) FROM (SELECT table_name AS name, schema_name, internal "
        "FROM duckdb_tables() UNION ALL SELECT view_name, schema_name, internal "
        "FROM duckdb_views()) WHERE NOT internal"
    )
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            hush(connection)
            ours = one(connection, f"{holds} AND schema_name = 'meta' AND name = 'runs'")
            return not ours and bool(one(connection, holds))
    except duckdb.Error:
        return False
