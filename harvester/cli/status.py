"""`harvester status`: the runs so far, what they changed, and what can be resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from msgspec import Struct, field
from msgspec.structs import asdict
from rich.text import Text

from harvester.cli.bars import span
from harvester.cli.options import lake_option
from harvester.cli.screen import console
from harvester.ledger import Ledger
from harvester.publish import CHANGES, change_counts, read_manifest, read_runs
from harvester.runs import waiting_runs
from harvester.settings import Settings, environment
from harvester.spec import load_job
from harvester.store.lake import Lake
from harvester.store.lock import holder
from harvester.texts import json_line, printable

__all__ = ["status"]

_DEFAULT_LAKE = "data/lake"
_SHOWN = 20
_ENDLESS = 10_000
#: What a table of runs may go without where the terminal is narrow, the first one first.
_SPARED = ("returned", "requests", "time", "records", "job", "removed", "changed", "added")
_COLOURS = {"complete": "green", "interrupted": "yellow"}


class _Row(Struct, frozen=True):
    run_id: str
    job: str
    status: str
    records: int
    requests: int
    seconds: float
    note: str = ""
    started_at: str = ""
    resumable: bool = False
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def changed(self, change: str) -> int:
        """How many rows of all tables."""
        return sum(counts.get(change, 0) for counts in self.tables.values())


@click.command()
@click.argument("job", required=False)
@lake_option
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help=f"So many runs [default: {_SHOWN}]."
)
@click.option("--all", "everything", is_flag=True, help="All runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a run, of all runs.")
def status(
    job: str | None, *, lake: str | None, limit: int | None, everything: bool, as_json: bool
) -> None:
    """Show the last runs, what they changed, and what `run` would go on with.

    JOB is a job file: only its runs, in its lake. `harvester changes --run RUN` names the rows.

    \b
    harvester status
    harvester status jobs/ecoli.yaml --all
    harvester status --json | jq 'select(.status == "partial")'
    """
    if limit and everything:
        raise click.UsageError("give --limit or --all, not both")
    loaded = load_job(job) if job else None
    settings = Settings.load(environment(), lake=lake)
    place = Lake(settings.lake or (loaded.lake if loaded else _DEFAULT_LAKE))
    rows = [row for row in _rows(place) if loaded is None or row.job == loaded.name]
    left_out = 0 if everything or (as_json and not limit) else len(rows) - (limit or _SHOWN)
    rows = _with_changes(place, rows[max(0, left_out) :])
    if as_json:
        for row in rows:
            click.echo(json_line(json.dumps(asdict(row), ensure_ascii=False)))
    elif rows:
        _show(rows, max(0, left_out), holder(place))
    else:
        click.echo(f"no runs yet in {place.root}: `harvester run JOB` makes the first", err=True)


def _rows(lake: Lake) -> list[_Row]:
    done = [_finished(run) for run in read_runs(lake)]
    waiting = [_interrupted(ledger) for ledger in waiting_runs(lake)]
    return sorted([*done, *waiting], key=lambda row: row.run_id)


def _finished(run: Mapping[str, Any]) -> _Row:
    queries = "query" if run["failed"] == 1 else "queries"
    words = {"failed": f"{queries} failed", "missing": "unknown to NCBI"}
    notes = (f"{run[name]:,} {word}" for name, word in words.items() if run[name])
    return _Row(
        run["run_id"],
        run["job"],
        run["status"],
        run["records"],
        run["requests"],
        run["seconds"],
        note=", ".join(notes),
        started_at=_iso(run["started_at"]),
    )


def _interrupted(ledger: Ledger) -> _Row:
    states = ledger.chains.values()
    done = sum(state.done for state in states)
    pages = sum(state.pages for state in states)
    traffic = ledger.total_traffic()
    return _Row(
        ledger.run_id,
        ledger.job,
        "failed" if ledger.gave_up else "interrupted",
        sum(state.received for state in states),
        traffic.requests,
        round(traffic.seconds, 1),
        note=f"resumable: {pages:,} pages durable, {done:,} page chains at their end",
        started_at=ledger.started_at,
        resumable=True,
    )


def _iso(moment: datetime | None) -> str:
    return f"{moment.replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _with_changes(lake: Lake, rows: Sequence[_Row]) -> list[_Row]:
    counts = change_counts(lake, read_manifest(lake), {row.run_id for row in rows})
    return [_Row(**{**asdict(row), "tables": counts.get(row.run_id, {})}) for row in rows]


def _show(rows: Sequence[_Row], left_out: int, held: str) -> None:
    """The runs, and below them what deserves a sentence."""
    screen = console(width=_ENDLESS)
    for line in _table(rows, screen.width):
        screen.print(line, soft_wrap=True)
    if left_out:
        click.echo(f"and {left_out:,} earlier: --limit N or --all")
    for row in rows:
        for sentence in _remarks(row, held):
            click.echo(printable(sentence))


def _remarks(row: _Row, held: str) -> Iterator[str]:
    if row.resumable and held:
        yield f"{row.run_id} may be under way: {held}"
    elif row.resumable:
        yield f"{row.run_id} is {row.note}; `harvester run` of {row.job} goes on with it"
    elif row.note:
        yield f"{row.run_id}: {row.note}"


def _table(rows: Sequence[_Row], width: int) -> Iterator[Text]:
    """A head and a line a run, without what the terminal has no room for."""
    cells = [_cells(row) for row in rows]
    back = any(row.changed("returned") for row in rows)
    heads = [name for name in cells[0] if back or name != "returned"]
    spared = iter(_SPARED)
    while (widths := _widths(heads, cells)) and sum(widths.values()) + 2 * len(heads) - 2 > width:
        gone = next(spared, None)
        if gone is None:
            break
        heads = [name for name in heads if name != gone]
    yield Text(_joined({name: name for name in heads}, widths), style="bold")
    for row, one in zip(rows, cells, strict=True):
        line = Text(_joined(one, widths))
        line.highlight_words([row.status], _COLOURS.get(row.status, "red"))
        yield line


def _cells(row: _Row) -> dict[str, str]:
    changes = {change: row.changed(change) for change in CHANGES}
    return {
        "run": row.run_id,
        "job": printable(row.job),
        "status": row.status,
        "records": f"{row.records:,}",
        "requests": f"{row.requests:,}",
        "time": span(row.seconds),
        **{change: "" if row.resumable else f"{rows:,}" for change, rows in changes.items()},
    }


def _widths(heads: Sequence[str], cells: Sequence[Mapping[str, str]]) -> dict[str, int]:
    return {name: max(len(name), *(len(one[name]) for one in cells)) for name in heads}


def _joined(cells: Mapping[str, str], widths: Mapping[str, int]) -> str:
    left = ("run", "job", "status")
    padded = (
        cells[name].ljust(width) if name in left else cells[name].rjust(width)
        for name, width in widths.items()
    )
    return "  ".join(padded).rstrip()
