"""`harvester tables`: the tables, or one table's columns with types and documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich import box
from rich.table import Table as Grid
from rich.text import Text

from harvester.catalogue import RESOURCES
from harvester.cli.options import database_option
from harvester.cli.portrait import share_text
from harvester.cli.reading import opened, told
from harvester.cli.screen import console
from harvester.errors import SpecError
from harvester.look import (
    Fill,
    Leaf,
    Table,
    database_tables,
    fills,
    known_tables,
    leaves_of,
    sample_of,
    table_of,
)
from harvester.publish import row_counts, type_name
from harvester.schema import load_schema
from harvester.settings import Settings, environment
from harvester.texts import printable

__all__ = ["tables"]

Row = dict[str, object]

#: Rows that tell how well columns are filled.
_SAMPLE = 40_000
#: Characters of an example for people; programs get more of it.
_EXAMPLE = 30
_MEMORY = "1GB"


@click.command()
@click.argument("table", required=False)
@database_option
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def tables(table: str | None, *, database: str | None, form: str) -> None:
    """List the tables, or the columns of one TABLE with their types and what they mean.

    Nested columns are listed to the last leaf; `[]` marks a list. Where there is a database, the
    share of rows with a value and one value are told too; in a large table by a sample of rows.

    \b
    All tables:              harvester tables
    The columns of one:      harvester tables genome
    The runs' own tables:    harvester tables meta.changes
    """
    settings = Settings.load(environment(), database=database)
    path = Path(settings.database or "data/harvest.duckdb")
    if table is None:
        _list(path, form)
    else:
        _describe(table_of(table), path, form)


def _list(database: Path, form: str) -> None:
    counts = row_counts(database, known_tables())
    rows: list[Row] = [
        {"table": name, "rows": counts.get(name), "holds": _holds(name)} for name in known_tables()
    ]
    _print(rows, ("table", "rows", "holds"), form)


def _holds(table: str) -> str:
    if table in RESOURCES:
        return RESOURCES[table].title
    return load_schema(table.replace(".", "/")).doc


def _describe(table: Table, database: Path, form: str) -> None:
    leaves = list(leaves_of(table.fields))
    measured_on, measured = _measured(table, leaves, database)
    rows: list[Row] = [
        {
            "column": leaf.name,
            "type": type_name(leaf.field),
            "meaning": leaf.field.doc,
            "filled": fill.share,
            "example": fill.example,
        }
        for leaf, fill in zip(leaves, measured, strict=True)
    ]
    if form == "json":
        _print(rows, (), form)
        return
    click.echo(f"{table.name}: {table.doc}\n")
    for row, fill in zip(rows, measured, strict=True):
        row |= {"filled": share_text(fill.share), "example": _short(fill.example)}
    told_too = ("filled", "example") if measured_on else ()
    _print(rows, ("column", "type", *told_too, "meaning"), form)
    if measured_on:
        click.echo(f"\nfilled and example: by {measured_on}")


def _measured(table: Table, leaves: Sequence[Leaf], path: Path) -> tuple[str, Sequence[Fill]]:
    """Of which rows it was measured, and what; nothing where there is no database to ask."""
    nothing = [Fill(None, None)] * len(leaves)
    if not path.exists():
        return "", nothing
    try:
        with opened(path, memory=_MEMORY) as connection, told():
            held = database_tables(connection).get(table.name)
            if held is None:
                return "", nothing
            sample = sample_of(connection, held, _SAMPLE)
            return sample.told, fills(connection, sample, leaves)
    except SpecError:
        return "", nothing


def _short(example: str | None) -> str:
    text = printable(example or "")
    return text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}…"


def _print(rows: Sequence[Row], heads: Sequence[str], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    shown = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        right = head in ("rows", "filled")
        shown.add_column(head, overflow="fold", justify="right" if right else "left")
    for row in rows:
        shown.add_row(*(Text(_text(row[head])) for head in heads))
    # A pipe has no width; wide lines suit files and pagers.
    console(width=160).print(shown)


def _text(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
