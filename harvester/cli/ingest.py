"""`harvester ingest`: loads NCBI reports that are already on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import structlog
from rich.live import Live as Display
from rich.text import Text

from harvester.cli.options import (
    database_option,
    json_option,
    lake_option,
    register_option,
    watch_options,
)
from harvester.cli.screen import console, moves
from harvester.cli.telling import tell
from harvester.ingest import Ingested, load_files
from harvester.intake import Watch
from harvester.model import Job
from harvester.places import database_path
from harvester.settings import Settings, environment
from harvester.telemetry import configure
from harvester.texts import printable

__all__ = ["ingest"]

_log = structlog.get_logger(__name__)

#: Seconds between two lines of the log that say how far a file is.
_OFTEN = 60.0
#: Seconds between two looks of a person at a display.
_MOMENT = 0.25


@click.command()
@click.argument("resource")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@lake_option
@database_option
@register_option
@json_option
@watch_options
def ingest(
    resource: str,
    files: tuple[str, ...],
    *,
    lake: str | None,
    database: str | None,
    register: str,
    as_json: bool,
    log_format: str,
    log_level: str,
    log_file: str | None,
    no_progress: bool,
) -> None:
    """Load NCBI reports already on disk into the table RESOURCE, without one request.

    A FILE is one report a line (.jsonl, .jsonl.gz), a .zip package of the `datasets` tool, in which
    the reports are found by name, or a JSON page of `datasets summary`. All of it counts or none.

    \b
    harvester ingest genome ncbi_dataset.zip
    harvester ingest gene old/*.zip genes.jsonl.gz

    Exit status: 0 complete, 2 a file or RESOURCE is not what it should be, 5 another run holds
    the lake, 130 or 143 interrupted (the same command starts over).
    """
    shown = moves() and not no_progress and log_format == "console"
    configure(log_format, log_file, quiet=shown, steps=log_level == "debug")
    settings = Settings.load(environment(), lake=lake, database=database)
    target = database_path(settings.database or "data/harvest.duckdb")
    job = Job("", (), lake=settings.lake or "data/lake", database=str(target), register=register)
    with _watching(shown=shown) as (watch, publishing):
        done = load_files(resource, files, job, watch, on_publish=publishing)
    _print(done, as_json=as_json)
    if done.behind is not None:
        raise done.behind


@contextmanager
def _watching(*, shown: bool) -> Iterator[tuple[Watch, Callable[[], None]]]:
    """Says how far a file is: on a terminal at once, else once a minute in the log."""
    if not shown:
        yield _Lines().tell, lambda: None
        return
    with Display(console=console(stderr=True), auto_refresh=False, transient=True) as display:

        def show(text: str) -> None:
            display.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)

        last = 0.0

        def tell(place: str, size: int, records: int) -> None:
            nonlocal last
            if (now := time.monotonic()) - last >= _MOMENT:
                last = now
                show(f"{records:,} records, {size / 2**20:,.0f} MB of {printable(place)}")

        show("reading")
        yield tell, lambda: show("publishing: the tables and the database are being made")


class _Lines:
    """A line of the log once a minute."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, place: str, size: int, records: int) -> None:
        """Logs how far a file is, where it is time to."""
        now = time.monotonic()
        if now - self._last >= _OFTEN:
            self._last = now
            _log.info("progress", file=place, records=records, bytes=size)


def _print(done: Ingested, *, as_json: bool) -> None:
    """The summary on stdout; what could not be loaded is told on stderr."""
    tell(done.summary, as_json=as_json)
    for one in done.broken:
        lines = "1 line" if one.lines == 1 else f"{one.lines:,} lines, the first"
        text = f"  quarantined: {one.place}: {lines}: {one.first.line}: {one.first.reason}"
        click.echo(printable(text), err=True)
