"""`harvester browse`: the database as a page on this machine."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from harvester.browse import Limits, serve
from harvester.cli.options import database_option
from harvester.cli.reading import database_of
from harvester.errors import SpecError

__all__ = ["browse"]


@click.command()
@database_option
@click.option("--job", metavar="JOB", help="Look at the database of this job.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N",
    help="Port to listen on  [default: a free one].",
)  # fmt: skip
@click.option("--open", "launch", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--time-limit", type=click.FloatRange(0.1), default=30.0, show_default=True,
    metavar="SECONDS", help="Stop a question after so long.",
)  # fmt: skip
def browse(
    *, database: str | None, job: str | None, port: int, launch: bool, time_limit: float
) -> None:
    """Look at the database in a browser, until Ctrl-C.

    The page is served to this machine alone, at an address with a secret in it. It can change
    nothing, and sees a new run as soon as that is published.

    \b
    The default database:  harvester browse --open
    That of a job:         harvester browse --job primates.yaml
    """
    path = database_of(job, database)
    if not path.exists():
        raise SpecError(
            f"there is no database {path}: `harvester run` makes one, or use --database"
        )
    asyncio.run(_serve(path, port, Limits(time_limit), launch=launch))


async def _serve(path: Path, port: int, limits: Limits, *, launch: bool) -> None:
    """Serves until the process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serve(path, port, limits) as url:
        click.echo(url)
        click.echo(f"{path} is at that address until Ctrl-C", err=True)
        if launch:
            click.launch(url)
        await stop.wait()
