"""`harvester compact`: folds the lake's files into few, and gives up the past that is not kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
from msgspec.structs import asdict

from harvester.cli.options import lake_option
from harvester.cli.tally import Tally, after_folding, size, tallies, telling
from harvester.compaction import Compaction, Keep, fold_lake, preview
from harvester.errors import SpecError
from harvester.places import database_path
from harvester.publish import MANIFEST, Plan
from harvester.settings import Settings, environment
from harvester.store.lake import Lake
from harvester.telemetry import configure

__all__ = ["compact"]

_DEFAULT_DATABASE = "data/harvest.duckdb"
_NOTHING = "nothing to fold: the files are few and well-sized as they are"
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command()
@lake_option
@click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="FILE",
    help="DuckDB file that stands on the lake, brought up to date afterwards; may be repeated.",
)
@click.option("--keep-runs", type=int, metavar="N", help="Give up the past before the last N runs.")
@click.option("--keep-days", type=int, metavar="D", help="Give up the past before the last D days.")
@click.option(
    "--grace",
    default="1d",
    show_default=True,
    metavar="TIME",
    help="Files stay for so long after they were replaced: 0s, 90m, 12h, 7d.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console")
@click.option("--log-level", type=click.Choice(["debug", "info"]), default="info")
def compact(
    *,
    lake: str | None,
    databases: tuple[str, ...],
    keep_runs: int | None,
    keep_days: int | None,
    grace: str,
    dry_run: bool,
    as_json: bool,
    log_format: str,
    log_level: str,
) -> None:
    """Fold the lake's many small files into few sorted ones, as far as that is worth it.

    Without --keep-runs and --keep-days nothing is lost: all versions of all rows stay, and
    <table>_history, <table>_as_of and meta.changes say what they said before. With both, what
    either keeps is kept.

    \b
    What would be done:           harvester compact --dry-run
    After a nightly run:          harvester compact
    Keep the past of a quarter:   harvester compact --keep-days 90
    """
    configure(log_format, None, steps=log_level == "debug")
    kept = _at_least_one("--keep-runs", keep_runs), _at_least_one("--keep-days", keep_days)
    keep = Keep(*kept, grace=_span(grace))
    settings = Settings.load(environment(), lake=lake)
    place = Lake(settings.lake or "data/lake")
    if not place.exists(MANIFEST):
        raise SpecError(f"there is no lake in {place.root}: `harvester run` makes one")
    targets = list(_targets(databases, settings.database))
    if dry_run:
        _tell_plan(place, preview(place, keep), grace, as_json=as_json)
    else:
        done = fold_lake(place, targets, keep, lambda plan: _announce(plan, quiet=as_json))
        _tell_outcome(place, done, grace, as_json=as_json)


def _at_least_one(flag: str, number: int | None) -> int | None:
    if number is not None and number < 1:
        raise SpecError(f"{flag} must be at least 1, not {number}: the newest run is always kept")
    return number


def _span(text: str) -> timedelta:
    if not (found := _SPAN.fullmatch(text)):
        raise SpecError(f"--grace must be a time such as 0s, 90m, 12h or 7d, not {text!r}")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _targets(flags: tuple[str, ...], variable: str | None) -> Iterator[Path]:
    """The databases that are named; the usual one where it is there."""
    named = flags or ((variable,) if variable else ())
    for name in dict.fromkeys(named):
        if not database_path(name).exists():
            message = (
                f"there is no database {name}: `harvester publish --database {name}` builds it"
            )
            raise SpecError(message)
        yield Path(name)
    if not named and Path(_DEFAULT_DATABASE).exists():
        yield database_path(_DEFAULT_DATABASE)


def _tell_plan(lake: Lake, plan: Plan, grace: str, *, as_json: bool) -> None:
    told = tallies(plan)
    if as_json:
        replaced = sum(fold.bytes for fold in plan.folds)
        _document(lake, told, dry_run=True, spared=plan.spared, retired_bytes=replaced)
    else:
        _announce(plan, quiet=False)
        if plan.folds:
            click.echo(f"nothing is done yet; what these replace would stay for {grace} (--grace)")
        else:
            click.echo(_NOTHING)


def _announce(plan: Plan, *, quiet: bool) -> None:
    """What is going to be done; on stderr where stdout is for a program."""
    if plan.folds:
        for line in telling(tallies(plan)):
            click.echo(line, err=quiet)
        files = sum(len(fold.files) for fold in plan.folds)
        then = sum(fold.files_after for fold in plan.folds)
        click.echo(f"to fold: {files:,} files into {then:,}", err=quiet)
    if plan.spared:
        click.echo(
            f"{plan.spared:,} older rows stay for now: not a tenth of their well-sized files",
            err=quiet,
        )


def _tell_outcome(lake: Lake, done: Compaction, grace: str, *, as_json: bool) -> None:
    freed = sum(file.bytes for file in done.removed)
    waiting = sum(file.bytes for file in done.manifest.retired)
    told = after_folding(done.plan, done.manifest)
    if as_json:
        figures = {"spared": done.plan.spared, "freed_bytes": freed, "retired_bytes": waiting}
        figures["reports_removed"] = len(done.reports)
        built = [str(file) for file in done.databases]
        _document(lake, told, dry_run=False, databases=built, **figures)
        return
    if done.plan.folds:
        now, then = (sum(getattr(one, name) for one in told) for name in ("files", "files_after"))
        weight = sum(one.bytes_after for one in told)
        click.echo(f"done: {now:,} files became {then:,} with {size(weight)}")
    else:
        click.echo(_NOTHING)
    for file in done.databases:
        click.echo(f"{file} is up to date")
    if done.removed:
        click.echo(f"{len(done.removed):,} files with {size(freed)} are removed")
    if done.reports:
        click.echo(f"{len(done.reports):,} reports of older runs are removed")
    if waiting:
        click.echo(
            f"{len(done.manifest.retired):,} files with {size(waiting)} are replaced and stay for "
            f"readers: `harvester compact` removes them when that is {grace} ago (--grace)"
        )


def _document(lake: Lake, told: list[Tally], *, dry_run: bool, **more: object) -> None:
    tables = [asdict(tally) for tally in told]
    click.echo(json.dumps({"lake": str(lake.root), "dry_run": dry_run, "tables": tables, **more}))
