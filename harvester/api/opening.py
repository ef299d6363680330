"""`open_database`: the database for programs, never written and never locked for anybody else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from uuid import uuid4

import duckdb

from harvester.api.jobs import Place, text_of
from harvester.errors import SpecError
from harvester.model import Job
from harvester.publish.sql import plain_path, text
from harvester.publish.workbench import hush
from harvester.settings import Settings, environment
from harvester.texts import printable

__all__ = ["CATALOG", "open_database", "said"]

#: The name of the database within its connection.
CATALOG = "harvest"
_DEFAULT = Job(name="", queries=()).database


def open_database(path: Place | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that reads the database; close it, or use it in a `with`.

    Without a path it is the file that `HARVESTER_DATABASE` names, else `data/harvest.duckdb`. The
    connection sees the file as it is now, also where an older one is still open, and blocks no
    run. SQL cannot change the database, nor read or write other files; objects of the program
    become tables by `connection.register(name, table)`. Times are in UTC.
    """
    place = _place(path)
    if not place.exists():
        message = f"there is no database {place}: `harvester run` makes one"
        raise SpecError(message)
    connection = duckdb.connect(":memory:", config=_config())
    try:
        _attach(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


def said(error: duckdb.Error) -> SpecError:
    """What DuckDB has against something, for the user."""
    return SpecError("\n".join(printable(line) for line in str(error).splitlines()))


def _place(path: Place | None) -> Path:
    return Path(Settings.load(environment(), database=text_of(path)).database or _DEFAULT)


def _config() -> dict[str, str | bool | int | float | list[str]]:
    """What does not fit into memory goes to a folder that DuckDB makes and removes."""
    return {
        "temp_directory": os.path.join(tempfile.gettempdir(), f"harvester-{uuid4().hex}"),  # noqa: PTH118 - text for DuckDB
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _attach(connection: duckdb.DuckDBPyConnection, place: Path) -> None:
    """Attached, not connected to: DuckDB gives who connects a file that is open what it was."""
    run = connection.execute
    hush(connection)
    try:
        run(f"ATTACH {text(os.path.realpath(place))} AS {CATALOG} (READ_ONLY)")
        run(f"USE {CATALOG}")
        files = run("SELECT path FROM versions._files").fetchall()
    except duckdb.CatalogException as error:
        raise SpecError(f"{place} is no database of the harvester") from error
    except duckdb.Error as error:
        raise SpecError(f"{place} cannot be opened: {said(error)}") from error
    run("SET TimeZone = 'UTC'")
    # A view names a file as the pattern that fits it alone, and both have to be allowed.
    names = {name for (file,) in files for name in (file, plain_path(file))}
    run("SET allowed_paths = ?", [sorted(names)])
    run("SET enable_external_access = false")
    run("SET lock_configuration = true")
