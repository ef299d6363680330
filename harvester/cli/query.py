"""`harvester query`: runs SQL on the database, read-only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import duckdb

from harvester.cli.options import database_option
from harvester.cli.render import FORMATS, printable, render
from harvester.errors import SpecError
from harvester.settings import Settings, environment
from harvester.spec import load_job

__all__ = ["query"]

_DEFAULT = "data/harvest.duckdb"
_BATCH = 10_000
_READS = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})


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
    with _opened(Path(place)) as connection, _told():
        found = connection.execute(_checked(connection, statement))
        if (rows := found.to_arrow_reader(_BATCH)) is not None:
            render(form, rows)


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, closed again at the end; it may read the lake's files and touch no others."""
    if not path.exists():
        raise SpecError(
            f"there is no database {path}: `harvester run` makes one, or use --database"
        )
    with _told():
        connection = duckdb.connect(str(path), read_only=True)
    try:
        files = connection.execute("SELECT path FROM versions._files").fetchall()
        connection.execute("SET allowed_paths = ?", [[file for (file,) in files]])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    except duckdb.CatalogException as error:
        raise SpecError(f"{path} is no database of the harvester") from error
    finally:
        connection.close()


def _checked(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The one statement, if it only reads."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise SpecError(f"one SQL statement is expected, and these are {len(statements)}")
    (statement,) = statements
    analyzes = "analyze" in sql.lower() and statement.type == duckdb.StatementType.EXPLAIN
    if statement.type not in _READS or analyzes:
        raise SpecError(f"this is a {statement.type.name} statement; only reading is possible here")
    return statement


@contextmanager
def _told() -> Iterator[None]:
    """What DuckDB has against the SQL, as one sentence for the user."""
    try:
        yield
    except duckdb.Error as error:
        message = "\n".join(printable(line) for line in str(error).splitlines())
        raise SpecError(message) from error
