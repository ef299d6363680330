"""`harvester report`: the page that a run left, for people."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import click

from harvester.cli.options import lake_option
from harvester.errors import Fault, SpecError
from harvester.publish import read_manifest
from harvester.runpage import page_of, page_of_the_past, pages
from harvester.runs import waiting_runs
from harvester.settings import Settings, environment
from harvester.spec import load_job
from harvester.spec.names import did_you_mean
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.telemetry import configure

__all__ = ["report"]

_DEFAULT_LAKE = "data/lake"
_STDOUT = "-"


@click.command()
@click.argument("run", required=False)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.option("--output", metavar="FILE", help="Write a copy there; - is stdout.")
@lake_option
@click.option("--job", metavar="JOB", help="Look into the lake of this job.")
def report(
    run: str | None, *, show: bool, output: str | None, lake: str | None, job: str | None
) -> None:
    """Tell where the report of a run lies, of the newest one unless RUN names another.

    Each run leaves one in its lake: a page of HTML that needs no network and holds no script. Where
    there is none, as of a run of an older release, it is made from the lake.

    \b
    Look at the last run:      harvester report --open
    Send it to somebody:       harvester report --output last-night.html
    Of an earlier run:         harvester report 20260131T020000Z-k3f9
    """
    if show and output == _STDOUT:
        raise click.UsageError("stdout cannot be opened: give --output a file, or leave it out")
    configure("console", None)
    settings = Settings.load(environment(), lake=lake)
    named = settings.lake or (load_job(job).lake if job else _DEFAULT_LAKE)
    place = Lake(named)
    chosen = _chosen(place, run)
    file = _copied(_page(place, chosen), output) if output else _kept(place, chosen)
    if file is not None:
        click.echo(file)
        if show:
            _open(file)


def _chosen(lake: Lake, run: str | None) -> str:
    """The run that is meant, where the lake knows it."""
    known = sorted({*pages(lake), *(one.run_id for one in read_manifest(lake).runs)})
    if run is None and known:
        return known[-1]
    if run in known:
        return str(run)
    if run in {ledger.run_id for ledger in waiting_runs(lake)}:
        raise SpecError(f"the run {run} is not over: `harvester run` of its job goes on with it")
    if not known:
        raise SpecError(f"there is no run in {lake.root} that is over: `harvester run` makes one")
    hint = did_you_mean(str(run), known) or "`harvester status` lists the runs"
    raise SpecError([Fault(f"there is no run {run!r} in {lake.root}", hint=hint)])


def _page(lake: Lake, run: str) -> bytes:
    return lake.read(page_of(run)) or page_of_the_past(lake, run)


def _kept(lake: Lake, run: str) -> Path:
    """The page in the lake, made where it is missing."""
    if not lake.exists(page_of(run)):
        page = page_of_the_past(lake, run)
        with hold(lake, "report"):
            lake.write(page_of(run), page)
    return Path(lake.path(page_of(run)))


def _copied(page: bytes, output: str) -> Path | None:
    if output == _STDOUT:
        sys.stdout.buffer.write(page)
        return None
    file = Path(output)
    try:
        file.write_bytes(page)
    except OSError as error:
        raise SpecError(f"cannot write {output}: {error.strerror}") from error
    return file


def _open(file: Path) -> None:
    if not webbrowser.open(file.absolute().as_uri()):
        raise SpecError(f"no browser could be opened here: open {file} yourself")
