"""`harvester run`: harvests jobs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import click
from msgspec import Struct

from harvester.api.practice import served
from harvester.cli.endings import Exit, status_after
from harvester.cli.options import (
    base_url_option,
    database_option,
    json_option,
    lake_option,
    watch_options,
)
from harvester.cli.progress import LogLines, bars
from harvester.cli.screen import moves
from harvester.cli.telling import tell
from harvester.engine import Observer
from harvester.hooks import hooks_after, hooks_after_error
from harvester.interruption import interruptible
from harvester.model import Job
from harvester.places import placed
from harvester.runner import Outcome, run_job
from harvester.settings import Settings, environment
from harvester.spec import load_jobs
from harvester.summary import DatabaseBehind, Summary
from harvester.telemetry import configure
from harvester.terms import pace_of
from harvester.texts import printable

__all__ = ["run"]


class _Show(Struct, frozen=True):
    """What the user wants to see."""

    as_json: bool
    bars: bool


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--accept-removals", is_flag=True, help="Believe it when many rows are gone at once.")
@lake_option
@database_option
@base_url_option
@click.option("--sandbox", is_flag=True, help="Harvest from a sandbox inside this process.")
@click.option("--rps", type=click.FloatRange(min=0, min_open=True), help="Requests a second.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Requests in flight.")
@click.option("--fresh", is_flag=True, help="Forget an interrupted run of the job.")
@click.option("--strict", is_flag=True, help="Identifiers that NCBI does not know are a failure.")
@json_option
@watch_options
def run(
    jobs: tuple[str, ...],
    *,
    accept_removals: bool,
    lake: str | None,
    database: str | None,
    base_url: str | None,
    sandbox: bool,
    rps: float | None,
    concurrency: int | None,
    fresh: bool,
    strict: bool,
    as_json: bool,
    log_format: str,
    log_level: str,
    log_file: str | None,
    no_progress: bool,
) -> int:
    """Harvest jobs; an interrupted run of the same job goes on where it stopped.

    \b
    harvester run jobs/ecoli.yaml
    harvester run --sandbox jobs/quickstart.yaml
    harvester run jobs/*.yaml --json --log-format json --log-file harvest.log

    Exit status: 0 complete, 2 bad job or usage, 3 partial, 4 nothing could be harvested,
    5 another run holds the lake, 130 or 143 interrupted (run again to go on).
    """
    show = _Show(as_json, bars=moves() and not no_progress and log_format == "console")
    configure(log_format, log_file, quiet=show.bars, steps=log_level == "debug")
    loaded = load_jobs(jobs)
    with served(sandbox=sandbox) as sandbox_url:
        settings = Settings.load(
            environment(),
            base_url=sandbox_url or base_url,
            lake=lake,
            database=database,
            rps=rps,
            concurrency=concurrency,
        )
        how = partial(_one, fresh=fresh, strict=strict, accept_removals=accept_removals)
        return max(_each(loaded, lambda job: how(placed(job, settings), settings, show)))


def _each(jobs: Sequence[Job], how: Callable[[Job], int]) -> Iterator[int]:
    """The statuses of the jobs; one that breaks off keeps no other from being run."""
    for job in jobs:
        try:
            status = how(job)
        except Exception as error:  # noqa: BLE001 - told as where it is the only job
            status = status_after(error, f"{job.name}: " if len(jobs) > 1 else "")
        yield status
        if status > Exit.SIGNALLED:  # who ends the command means all of its jobs
            return


def _one(
    job: Job,
    settings: Settings,
    show: _Show,
    *,
    fresh: bool,
    strict: bool,
    accept_removals: bool,
) -> int:
    try:
        with interruptible(), _watching(job, show) as (observer, publishing):
            outcome = run_job(
                job,
                pace_of(job, settings),
                observer,
                fresh=fresh,
                accept_removals=accept_removals,
                on_publish=publishing,
            )
    except Exception as error:
        if isinstance(error, DatabaseBehind):
            _print(error.summary, show)
        hooks_after_error(job, error)
        raise
    if outcome.outage is not None:
        click.echo(printable(f"harvester: {outcome.outage}"), err=True)
    read = _print(outcome.summary, show)
    status = _status(outcome, strict=strict)
    if outcome.signal is None:
        hooks_after(job, outcome.summary.document(), good=status == Exit.COMPLETE)
    return status if read else max(status, Exit.BUG)


@contextmanager
def _watching(job: Job, show: _Show) -> Iterator[tuple[Observer, Callable[[], None]]]:
    if not show.bars:
        yield LogLines(), lambda: None
        return
    with bars(job) as shown:
        yield shown, shown.publishing


def _print(summary: Summary, show: _Show) -> bool:
    """The summary: a document for programs on stdout, or one line for people; if anybody reads."""
    try:
        tell(summary, as_json=show.as_json)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # nor will anybody read what else is written
        return False
    return True


def _status(outcome: Outcome, *, strict: bool) -> int:
    if outcome.signal is not None:
        return Exit.SIGNALLED + outcome.signal
    status = outcome.summary.status
    if status in {"failed", "interrupted"}:
        return Exit.NOTHING
    if status == "partial" or (strict and outcome.summary.missing):
        return Exit.PARTIAL
    return Exit.COMPLETE
