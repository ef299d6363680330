"""What runs changed, told: to people on a terminal, as Markdown, as one JSON document."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import click
import pyarrow as pa
from msgspec import Struct

from harvester.cli.render import as_json, render_table
from harvester.publish import CHANGES, Changes, PublishedRun
from harvester.texts import json_line, printable

__all__ = ["Told", "tell_json", "tell_markdown", "tell_people"]

#: What Markdown would take for its own; within a word it leaves underscores alone.
_MARKS = re.compile(r"[\\`*\[\]<>|~#]|\b_|_\b")
_COLUMNS = ("table_name", "change", "key", "name", "columns")


class Told(Struct, frozen=True, dict=True):
    """What is to be told: the runs, their changes, and how many rows of them at the most."""

    runs: Sequence[PublishedRun]
    changes: Changes
    limit: int | None

    @cached_property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Rows by table and kind of change."""
        return self.changes.counts()

    @property
    def summary(self) -> list[dict[str, Any]]:
        """The same, one row a table."""
        return [{"table": table, **counts} for table, counts in self.counts.items()]

    @property
    def total(self) -> dict[str, int]:
        """Rows by kind of change."""
        return {change: sum(one[change] for one in self.counts.values()) for change in CHANGES}

    @property
    def left_out(self) -> int:
        """The rows that are not told."""
        found = sum(self.total.values())
        return 0 if self.limit is None else max(0, found - self.limit)


def tell_people(told: Told) -> None:
    """A summary, then rows."""
    click.echo("\n".join(_heads(told, printable)))
    if told.summary:
        click.echo()
        render_table(pa.Table.from_pylist(told.summary).to_reader())
    if sum(told.total.values()) > told.left_out:
        click.echo()
        render_table(_with_run(told, told.changes.rows(told.limit)))
    if told.left_out:
        click.echo(f"\nand {told.left_out:,} more rows: see --limit N or --all")


def tell_markdown(told: Told) -> None:
    """A digest fit for a mail or a chat."""
    head, *lines = _heads(told, _escaped)
    click.echo(f"### {_headline(told)}\n\n{head}")
    for line in lines:
        click.echo(f"\n**{line}**")
    if told.summary:
        click.echo()
        counted = (
            (table, *map("{:,}".format, counts.values())) for table, counts in told.counts.items()
        )
        _grid(("table", *CHANGES), counted)
    if sum(told.total.values()) > told.left_out:
        click.echo()
        _grid(("table", "change", "row", "name", "columns"), _cells(told))
    if told.left_out:
        click.echo(f"\n… and {told.left_out:,} more.")


def tell_json(told: Told) -> None:
    """One document: the runs, the counts, and every row."""
    runs = [
        {
            "run_id": run.run_id,
            "job": run.job,
            "status": run.status,
            "began": f"{run.began.isoformat()}Z",
        }
        for run in told.runs
    ]
    head = as_json({"runs": runs, "summary": told.counts, "left_out": told.left_out})
    sys.stdout.write(f'{json_line(head[:-1])},"changes":[')
    between = "\n"
    for batch in told.changes.rows(told.limit):
        for row in batch.to_pylist():
            sys.stdout.write(between + json_line(as_json(row)))
            between = ",\n"
    sys.stdout.write("]}\n" if between == "\n" else "\n]}\n")


def _heads(told: Told, plain: Callable[[str], str]) -> Iterator[str]:
    """Which runs these are, and what to know of them before their changes are believed."""
    if not told.runs:
        yield "no run since then"
    elif len(told.runs) == 1:
        (run,) = told.runs
        yield f"run {plain(run.run_id)} of {plain(run.job)}, {run.began:%Y-%m-%d %H:%M} UTC"
    else:
        first, last = told.runs[0], told.runs[-1]
        yield (
            f"{len(told.runs)} runs from {first.began:%Y-%m-%d %H:%M} "
            f"to {last.began:%Y-%m-%d %H:%M} UTC"
        )
    for run in told.runs:
        if run.status not in ("complete", ""):
            yield f"the run {plain(run.run_id)} was {run.status}: meta.queries says what is missing"
    if told.runs and not any(told.total.values()):
        yield "nothing was added, changed, removed or returned"


def _headline(told: Told) -> str:
    jobs = ", ".join(dict.fromkeys(_escaped(run.job) for run in told.runs if run.job))
    counted = [f"{rows:,} {change}" for change, rows in told.total.items() if rows]
    said = ", ".join(counted) or "no changes"
    return f"{jobs}: {said}" if jobs else said


def _with_run(told: Told, rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The rows for people: of one run its id is told above."""
    names = _COLUMNS if len(told.runs) == 1 else ("run_id", *_COLUMNS)
    schema = pa.schema([rows.schema.field(name) for name in names])
    return pa.RecordBatchReader.from_batches(schema, (batch.select(names) for batch in rows))


def _cells(told: Told) -> Iterator[list[str]]:
    for batch in told.changes.rows(told.limit):
        for row in batch.to_pylist():
            columns = ", ".join(map(_escaped, row["columns"] or ()))
            key, name = _code(row["key"]), _escaped(row["name"] or "")
            yield [_escaped(row["table_name"]), row["change"], key, name, columns]


def _grid(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> None:
    click.echo(f"| {' | '.join(heads)} |")
    click.echo("|" + " --- |" * len(heads))
    for row in rows:
        click.echo(f"| {' | '.join(row)} |")


def _escaped(text: str) -> str:
    """Text that stays text in Markdown, on one line."""
    return _MARKS.sub(r"\\\g<0>", printable(text))


def _code(text: str) -> str:
    """A key, so that it can be copied as it is."""
    if "`" in text:
        return _escaped(text)
    return f"`{printable(text)}`".replace("|", "\\|")
