"""`harvester changes`: what runs added, changed, removed and brought back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

import click

from harvester.catalogue import RESOURCES
from harvester.cli.digest import Told, tell_json, tell_markdown, tell_people
from harvester.cli.options import database_option
from harvester.cli.reading import database_of, opened, told, until_enough
from harvester.cli.render import render
from harvester.errors import SpecError
from harvester.publish import Changes, PublishedRun, published_runs

__all__ = ["changes"]

#: Rows that a person reads; programs get all of them.
_SHOWN = 20
_AGO = re.compile(r"(\d{1,6})([hd])")
_HOURS = {"h": 1, "d": 24}


def _rows_as(form: str) -> Callable[[Told], None]:
    return lambda told: render(form, told.changes.rows(told.limit))


_FORMATS: Mapping[str, Callable[[Told], None]] = {
    "table": tell_people,
    "csv": _rows_as("csv"),
    "json": tell_json,
    "jsonl": _rows_as("jsonl"),
    "markdown": tell_markdown,
}


@click.command()
@click.argument("table", required=False)
@click.option("--run", "run_id", metavar="RUN", help="This run [default: the last one].")
@click.option(
    "--since",
    metavar="MOMENT|RUN",
    help="All runs that began since then (2026-01-31, 2026-01-31T02:00:00Z, 36h, 7d) "
    "or came after that run.",
)
@click.option(
    "--format", "form", type=click.Choice(list(_FORMATS)), default="table", show_default=True,
    help="How it is printed; markdown is for a mail or a chat.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(min=0), metavar="N",
    help=f"Show so many rows [default: {_SHOWN} for people, all for programs].",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Show all rows.")
@database_option
@click.option("--job", metavar="JOB", help="Ask the database of this job.")
def changes(
    table: str | None,
    *,
    run_id: str | None,
    since: str | None,
    form: str,
    limit: int | None,
    everything: bool,
    database: str | None,
    job: str | None,
) -> None:
    """Tell what a run added, changed, removed and brought back, in all tables or in TABLE.

    \b
    The last run:             harvester changes
    One table, as a program:  harvester changes genome --format json
    The week, for a mail:     harvester changes --since 7d --format markdown
    """
    if (run_id and since) or (everything and limit is not None):
        pair = "--run or --since" if run_id else "--limit or --all"
        raise click.UsageError(f"give {pair}, not both")
    if limit is None and form in ("table", "markdown") and not everything:
        limit = _SHOWN
    tables = _tables(table)
    with until_enough(), opened(database_of(job, database)) as connection, told():
        runs = _chosen(published_runs(connection), run_id, since)
        found = Changes(connection, [run.run_id for run in runs], tables)
        _FORMATS[form](Told(runs, found, limit))


def _tables(table: str | None) -> Sequence[str]:
    if table is None:
        return tuple(RESOURCES)
    if table not in RESOURCES:
        raise SpecError(f"there is no table {table!r}: {_near(table, tuple(RESOURCES))}")
    return (table,)


def _chosen(
    runs: Sequence[PublishedRun], run_id: str | None, since: str | None
) -> Sequence[PublishedRun]:
    """The runs that are asked about, in the order of their commits."""
    if since is None:
        return [runs[_place(runs, run_id)]] if run_id else runs[-1:]
    moment = _moment(since)
    if moment is None:
        return runs[_place(runs, since, " and no moment") + 1 :]
    return [run for run in runs if run.began >= moment]


def _place(runs: Sequence[PublishedRun], run_id: str, nor: str = "") -> int:
    ids = [run.run_id for run in runs]
    if run_id not in ids:
        raise SpecError(f"there is no published run{nor} {run_id!r}: {_near(run_id, ids)}")
    return ids.index(run_id)


def _moment(since: str) -> datetime | None:
    """A moment in UTC, as the tables hold it; none where the text is no moment."""
    if ago := _AGO.fullmatch(since):
        hours = int(ago[1]) * _HOURS[ago[2]]
        return datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=hours)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _near(wrong: str, names: Sequence[str]) -> str:
    if near := get_close_matches(wrong, names, 1):
        return f"did you mean {near[0]}?"
    last = ", ".join(names[-9:])
    return f"there {'are' if len(names) > 1 else 'is'} {last}" if names else "there is none yet"
