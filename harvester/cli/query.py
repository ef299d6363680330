"""`harvester query`: runs SQL on the database, read-only."""

from __future__ import annotations

import sys

import click

from harvester.cli.options import database_option
from harvester.cli.reading import database_of, opened, told, until_enough
from harvester.cli.render import FORMATS, render
from harvester.look import ask

__all__ = ["query"]


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
        render(form, ask(connection, statement))
