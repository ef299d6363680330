"""`harvester status`: the runs so far, their figures, and what can be resumed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import click

from harvester.cli.options import lake_option
from harvester.ledger import Ledger
from harvester.publish import read_runs
from harvester.runs import waiting_runs
from harvester.settings import Settings, environment
from harvester.spec import load_job
from harvester.store.lake import Lake
from harvester.texts import printable

__all__ = ["status"]

_DEFAULT_LAKE = "data/lake"
_COLUMNS = ("run_id", "job", "status", "records", "requests", "seconds", "note")


@dataclass(frozen=True, slots=True)
class _Row:
    run_id: str
    job: str
    status: str
    records: int
    requests: int
    seconds: float
    note: str = ""


@click.command()
@click.argument("job", required=False)
@lake_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document a run.")
def status(job: str | None, *, lake: str | None, as_json: bool) -> None:
    """Show the runs so far, oldest first, and what `run` would resume."""
    loaded = load_job(job) if job else None
    settings = Settings.load(environment(), lake=lake)
    place = Lake(settings.lake or (loaded.lake if loaded else _DEFAULT_LAKE))
    rows = [row for row in _rows(place) if loaded is None or row.job == loaded.name]
    if as_json:
        for row in rows:
            click.echo(json.dumps({name: getattr(row, name) for name in _COLUMNS}))
    elif rows:
        _table(rows)
    else:
        click.echo(f"no runs yet in {place.root}", err=True)


def _rows(lake: Lake) -> list[_Row]:
    done = [
        _Row(
            run["run_id"],
            run["job"],
            run["status"],
            run["records"],
            run["requests"],
            run["seconds"],
        )
        for run in read_runs(lake)
    ]
    return sorted([*done, *_waiting(lake)], key=lambda row: row.run_id)


def _waiting(lake: Lake) -> list[_Row]:
    return [_interrupted(ledger) for ledger in waiting_runs(lake)]


def _interrupted(ledger: Ledger) -> _Row:
    states = ledger.chains.values()
    done = sum(state.done for state in states)
    pages = sum(state.pages for state in states)
    return _Row(
        ledger.run_id,
        ledger.job,
        "interrupted",
        sum(state.received for state in states),
        sum(traffic.requests for traffic in ledger.traffic.values()),
        round(sum(traffic.seconds for traffic in ledger.traffic.values()), 1),
        f"resumable: {pages} pages durable, {done} page chains at their end",
    )


def _table(rows: list[_Row]) -> None:
    cells = [[printable(f"{getattr(row, name)}") for name in _COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *cells, strict=True)]
    for line in [_COLUMNS, *cells]:
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())
