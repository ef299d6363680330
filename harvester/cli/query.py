"""`harvester query`: runs SQL on the database, read-only."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from harvester.cli.options import database_option
from harvester.cli.render import FORMATS, render
from harvester.errors import SpecError
from harvester.publish.sql import plain_path
from harvester.settings import Settings, environment
from harvester.spec import load_job
from harvester.texts import printable

__all__ = ["query"]

_DEFAULT = "data/harvest.duckdb"
_BATCH = 10_000
_EXPLAIN = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


@click.command()
@click.argument("sql", metavar="SQL")
@database_option
@click.option("--job", metavar="JOB", help="Ask the database of this job.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="table",
    show_default=True,
    help="How the rows are printed.",
)
def query(sql: str, *, database: str | None, job: str | None, form: str) -> None:
    """Run SQL on the database and print the rows; `-` reads the SQL from stdin.

    Nothing can be changed: the database is opened read-only, and files cannot be written.
    """
    settings = Settings.load(environment(), database=database)
    place = settings.database or (load_job(job).database if job else _DEFAULT)
    statement = sys.stdin.read() if sql == "-" else sql
    try:
        with _opened(Path(place)) as connection, _told():
            render(form, _asked(connection, statement))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the rows has enough; what is left must not be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, closed again at the end; it may read the lake's files and touch no others."""
    if not path.exists():
        raise SpecError(
            f"there is no database {path}: `harvester run` makes one, or use --database"
        )
    with _spill() as spill:
        place = os.path.realpath(path)
        with _told():
            connection = duckdb.connect(place, read_only=True, config={"temp_directory": spill})
        try:
            _shut_in(connection)
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


def _shut_in(connection: duckdb.DuckDBPyConnection) -> None:
    """Closes the file system but for the lake's files, and then the settings themselves."""
    files = connection.execute("SELECT path FROM versions._files").fetchall()
    connection.execute("SET TimeZone = 'UTC'")
    # A view names a file as the pattern that fits it alone, and both have to be allowed.
    names = {name for (file,) in files for name in (file, plain_path(file))}
    connection.execute("SET allowed_paths = ?", [sorted(names)])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _asked(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    """The rows that the one statement finds, some at a time; no two columns share a name."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise SpecError(f"one SQL statement is expected, and these are {len(statements)}")
    (statement,) = statements
    if statement.type == duckdb.StatementType.MULTI:
        raise SpecError("say which values to pivot on: PIVOT … ON column IN (value, …)")
    if not _only_reads(connection, statement):
        raise SpecError(f"this is a {statement.type.name} statement; only reading is possible here")
    found = connection.sql(sql).to_arrow_reader(_BATCH)
    names = _unlike(found.schema.names)
    fields = [field.with_name(name) for field, name in zip(found.schema, names, strict=True)]
    return pa.RecordBatchReader.from_batches(
        pa.schema(fields), (batch.rename_columns(names) for batch in found)
    )


def _only_reads(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> bool:
    """Whether it is a question: COPY could overwrite the very files that may be read."""
    if statement.type == duckdb.StatementType.SELECT:
        return True
    explain = _EXPLAIN.match(statement.query)
    if statement.type != duckdb.StatementType.EXPLAIN or explain is None:
        return False
    explained = connection.extract_statements(statement.query[explain.end() :])
    return [one.type for one in explained] == [duckdb.StatementType.SELECT]


def _unlike(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    unlike: dict[str, None] = {}
    for wanted in names:
        unused, number = wanted, 0
        while unused in unlike:
            number += 1
            unused = f"{wanted}_{number}"
        unlike[unused] = None
    return list(unlike)


@contextmanager
def _told() -> Iterator[None]:
    """What DuckDB has against the SQL, for the user."""
    try:
        yield
    except duckdb.Error as error:
        message = "\n".join(printable(line) for line in str(error).splitlines())
        raise SpecError(message) from error
