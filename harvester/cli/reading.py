"""The database as commands read it: never written, never locked for anybody else."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from harvester.cli.hints import explained
from harvester.errors import SpecError
from harvester.look import shut_in
from harvester.settings import Settings, environment
from harvester.spec import load_job
from harvester.texts import printable

__all__ = ["database_of", "opened", "told", "until_enough"]

_DEFAULT = "data/harvest.duckdb"


def database_of(job: str | None, database: str | None) -> Path:
    """The file that a flag, the environment or a job names, else the default one."""
    settings = Settings.load(environment(), database=database)
    return Path(settings.database or (load_job(job).database if job else _DEFAULT))


@contextmanager
def until_enough() -> Iterator[None]:
    """Printing may end early: whoever reads stdout may go when it has seen enough."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left must not be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def opened(path: Path, memory: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, closed again at the end; it may read the lake's files and touch no others.

    What needs more than that `memory` spills to a folder for temporary files.
    """
    if not path.exists():
        raise SpecError(
            f"there is no database {path}: `harvester run` makes one, or use --database"
        )
    with _spill() as spill:
        place = os.path.realpath(path)
        config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": spill}
        if memory:
            config["memory_limit"] = memory
        with told():
            connection = duckdb.connect(place, read_only=True, config=config)
        try:
            shut_in(connection)
            yield connection
        except duckdb.CatalogException as error:
            raise SpecError(f"{path} is no database of the harvester") from error
        finally:
            connection.close()


@contextmanager
def _spill() -> Iterator[str]:
    """A folder for what does not fit into memory; nowhere, where no folder can be made."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="harvester-")
    except OSError:
        yield ""
        return
    with folder:
        yield folder.name


@contextmanager
def told(sql: str = "") -> Iterator[None]:
    """What DuckDB has against the SQL, for the user, and what was probably meant."""
    try:
        yield
    except duckdb.Error as error:
        raise SpecError("\n".join(map(printable, explained(str(error), sql)))) from error
