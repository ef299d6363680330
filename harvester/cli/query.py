"""`harvester query`: runs SQL on the database, read-only."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import click
import duckdb
import pyarrow as pa

from harvester.cli.options import database_option
from harvester.cli.reading import database_of, opened, told, until_enough
from harvester.cli.render import FORMATS, render
from harvester.errors import SpecError

__all__ = ["query"]

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

    \b
    harvester query "SELECT count(*) FROM genome"
    harvester query "FROM genome_flat LIMIT 100" --format csv > genomes.csv
    harvester query "FROM gene" --format parquet > genes.parquet
    harvester query - --job jobs/ecoli.yaml < questions.sql
    """
    statement = sys.stdin.read() if sql == "-" else sql
    with until_enough(), opened(database_of(job, database)) as connection, told(statement):
        render(form, _asked(connection, statement))


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
