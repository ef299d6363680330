"""`harvester schedule`: runs jobs at their cron times until it is stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import click

from harvester.cli.options import (
    base_url_option,
    database_option,
    json_option,
    lake_option,
    log_options,
)
from harvester.cli.telling import tell
from harvester.model import Job
from harvester.schedule import (
    PROGRAM,
    Planned,
    Service,
    SystemClock,
    Timetable,
    address,
    plans_of,
)
from harvester.settings import Settings, environment, rate
from harvester.spec import load_jobs
from harvester.summary import Summary, TableFigures
from harvester.telemetry import configure

__all__ = ["schedule"]

_LISTEN, _OFF = "127.0.0.1:9464", "off"
_COLUMNS = ("job", "schedule", "last_run", "last_success", "next_run")


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@lake_option
@database_option
@base_url_option
@click.option("--sandbox", is_flag=True, help="Each run harvests from a sandbox of its own.")
@click.option("--rps", type=click.FloatRange(min=0, min_open=True), help="Requests a second.")
@click.option("--strict", is_flag=True, help="Identifiers that NCBI does not know are a failure.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Runs at once, of different lakes; they share the requests a second.",
)
@click.option(
    "--jitter",
    type=click.FloatRange(0, 86400),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Start a little late, by chance, by so much at most.",
)
@click.option("--no-catch-up", is_flag=True, help="Wait for the next time, whatever was missed.")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help=f"Where /healthz, /readyz and /metrics are served; off: nowhere  [default: {_LISTEN}]",
)
@click.option("--once", is_flag=True, help="Run what is due now, then end.")
@click.option("--dry-run", is_flag=True, help="Only say when each job would run.")
@json_option
@log_options
@click.option("--log-file", metavar="FILE", help="Write the log there instead of to stderr.")
def schedule(
    jobs: tuple[str, ...],
    *,
    parallel: int,
    jitter: float,
    no_catch_up: bool,
    listen: str | None,
    once: bool,
    dry_run: bool,
    as_json: bool,
    **shared: Any,  # noqa: ANN401 - what click makes of the options that runs get too
) -> int:
    """Run jobs at their cron times (UTC) until stopped.

    A job says when: schedule: "0 2 * * *". Two runs of one lake never overlap; times that were
    missed, since nothing ran or the lake was in use, are made up for by one run. A job that has
    never run is due at once.

    \b
    When would they run?    harvester schedule ecoli.yaml virus.yaml --dry-run
    Run them from now on:   harvester schedule ecoli.yaml virus.yaml
    How are they?           curl http://127.0.0.1:9464/metrics

    \b
    Exit status: 0 stopped while nothing ran, 2 bad job or usage, 130 or 143 a
    run was interrupted (it goes on at the next start); with --once the worst
    one of the runs.
    """
    configure(shared["log_format"], shared["log_file"], steps=shared["log_level"] == "debug")
    places = {name: shared[name] for name in ("base_url", "lake", "database", "rps")}
    settings = Settings.load(environment(), **places)
    plans = plans_of(load_jobs(jobs), settings)
    timetable = Timetable(plans, 0 if once or dry_run else jitter)
    clock = SystemClock()
    timetable.open(clock.now(), catch_up=not no_catch_up)
    if dry_run:
        _show(timetable.plans, clock.now(), as_json=as_json)
        return 0
    flags = list(_flags(shared))
    service = Service(
        timetable,
        clock,
        command=lambda job: _command(job, flags, settings, parallel),
        tell=partial(_tell, as_json=as_json),
        listen=_address(listen, once=once),
        parallel=parallel,
        once=once,
    )
    return asyncio.run(service.work())


def _flags(shared: Mapping[str, Any]) -> Iterator[str]:
    """What each run is given too, but for the rate, which runs share."""
    for name, value in shared.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            yield flag
        elif isinstance(value, str):
            yield from (flag, value)


def _address(listen: str | None, *, once: bool) -> tuple[str, int] | None:
    """Who runs what is due and ends is asked nothing meanwhile, unless that is wanted."""
    if listen is None:
        listen = _OFF if once else _LISTEN
    return None if listen == _OFF else address(listen)


def _show(plans: Sequence[Planned], now: datetime, *, as_json: bool) -> None:
    rows = [
        {
            "job": plan.job.name,
            "schedule": plan.job.schedule or "",
            "last_run": _text(plan.past.began),
            "last_success": _text(plan.past.succeeded),
            "next_run": "now" if plan.starts <= now else _text(plan.starts),
        }
        for plan in plans
    ]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    table = [_COLUMNS, *([row[name] for name in _COLUMNS] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _text(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "never"


def _command(job: Job, flags: Sequence[str], settings: Settings, parallel: int) -> list[str]:
    """The command line of a run; runs side by side share what one may ask of NCBI."""
    share = rate(job, settings) / parallel
    paced = parallel > 1 or settings.rps is not None
    return [*PROGRAM, *flags, *(("--rps", f"{share:g}") if paced else ()), "--", job.source]


def _tell(document: Mapping[str, Any], *, as_json: bool) -> None:
    """A run's summary as `run` prints it; that nobody reads it is no reason to end."""
    tables = {name: TableFigures(**figures) for name, figures in document["tables"].items()}
    with suppress(BrokenPipeError):
        tell(Summary(**{**document, "tables": tables}), as_json=as_json)
