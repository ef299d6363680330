"""`harvester tables`: the tables, or one table's columns with types and documentation."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich import box
from rich.table import Table

from harvester.catalogue import RESOURCES
from harvester.cli.options import database_option
from harvester.cli.screen import console
from harvester.errors import SpecError
from harvester.publish import META_TABLES, row_counts, type_name
from harvester.schema import Field, load_schema, table_fields
from harvester.settings import Settings, environment

__all__ = ["tables"]

_META = "meta."

Row = dict[str, object]


@click.command()
@click.argument("table", required=False)
@database_option
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def tables(table: str | None, *, database: str | None, form: str) -> None:
    """List the tables, or the columns of one TABLE with their types and what they mean.

    Nested columns are listed to the last leaf; `[]` marks a list.

    \b
    harvester tables
    harvester tables genome
    harvester tables meta.runs --format json
    """
    if table is None:
        settings = Settings.load(environment(), database=database)
        _list(Path(settings.database or "data/harvest.duckdb"), form)
    else:
        _describe(table, form)


def _list(database: Path, form: str) -> None:
    counts = row_counts(database, RESOURCES)
    known: list[Row] = [
        {"table": name, "rows": counts.get(name), "holds": resource.title}
        for name, resource in RESOURCES.items()
    ]
    meta: list[Row] = [
        {"table": _META + name, "rows": None, "holds": load_schema(f"meta/{name}").doc}
        for name in META_TABLES
    ]
    _print([*known, *meta], ("table", "rows", "holds"), form)


def _describe(table: str, form: str) -> None:
    doc, fields = _fields(table)
    rows: list[Row] = [
        {"column": column, "type": type_name(field), "meaning": field.doc}
        for column, field in _walk(fields, "")
    ]
    if form == "table":
        click.echo(f"{table}: {doc}\n")
    _print(rows, ("column", "type", "meaning"), form)


def _fields(table: str) -> tuple[str, Sequence[Field]]:
    names = [*RESOURCES, *(_META + name for name in META_TABLES)]
    if table not in names:
        near = difflib.get_close_matches(table, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
        raise SpecError(f"there is no table {table!r}: {hint}")
    if table in RESOURCES:
        return load_schema(table).doc, table_fields(RESOURCES[table])
    schema = load_schema(f"meta/{table.removeprefix(_META)}")
    return schema.doc, schema.fields


def _walk(fields: Sequence[Field], prefix: str) -> Iterator[tuple[str, Field]]:
    for field in fields:
        column = f"{prefix}{field.name}{'[]' if field.many else ''}"
        yield column, field
        yield from _walk(field.fields, f"{column}.")


def _print(rows: Sequence[Row], heads: Sequence[str], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        shown.add_column(head, overflow="fold", justify="right" if head == "rows" else "left")
    for row in rows:
        shown.add_row(*(_text(row[head]) for head in heads))
    # A pipe has no width; wide lines suit files and pagers.
    console(width=160).print(shown, markup=False)


def _text(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
