"""`harvester sandbox`: serves a stand-in for NCBI on this machine."""

from __future__ import annotations

import asyncio
import signal
from textwrap import fill
from typing import cast

import click

from harvester.errors import SpecError
from harvester.sandbox import FAULTS, Sandbox, SandboxConfig, parse_size
from harvester.sandbox.config import RetryAfter

__all__ = ["sandbox"]

_FAULTS = "\b\nFaults:\n" + "\n".join(
    fill(f"{name:<14} {does}", 78, initial_indent="  ", subsequent_indent=" " * 17)
    for name, does in FAULTS.items()
)


@click.command(epilog=_FAULTS)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8042, show_default=True, help="Port; 0 takes a free one.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other records.")
@click.option("--scale", default=1.0, show_default=True, help="Multiplies all sizes.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    metavar="RESOURCE:ID=COUNT",
    help="Records of one taxon or assembly, such as genome:562=40000.",
)
@click.option("--rps", type=click.IntRange(0), help="Rate limit; 0: none  [default: 5, keyed 10]")
@click.option("--latency", default=0.4, show_default=True, help="Seconds of a small answer.")
@click.option(
    "--retry-after",
    type=click.Choice(["none", "seconds", "date"]),
    default="none",
    show_default=True,
    help="How a 429 says when to come back.",
)
@click.option("--cache-mb", default=32, show_default=True, help="Memory for pages asked again.")
@click.option("--faults", default="", metavar="LIST", help="Such as 429:0.1,reset@3,gene/500@2.")
def sandbox(
    *,
    host: str,
    port: int,
    seed: int,
    scale: float,
    sizes: tuple[str, ...],
    rps: int | None,
    latency: float,
    retry_after: str,
    cache_mb: int,
    faults: str,
) -> None:
    """Serve a stand-in for NCBI Datasets, to practise jobs on.

    Its records are made up, the same in every run, and look like NCBI's. What it saw is at
    /sandbox/stats.

    \b
    harvester sandbox
    harvester sandbox --port 8099 --size genome:562=40000 --rps 0
    harvester sandbox --faults 429:0.1,reset@3
    """
    config = SandboxConfig(
        seed=seed,
        scale=scale,
        sizes=tuple(map(parse_size, sizes)),
        rps=rps,
        latency=latency,
        retry_after=cast("RetryAfter", retry_after),
        faults=faults,
        cache_mb=cache_mb,
    )
    asyncio.run(_serve(Sandbox(config), host, port))


async def _serve(served: Sandbox, host: str, port: int) -> None:
    """Serves until the process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with served.serve(host, port) as url:
            hint = f"HARVESTER_BASE_URL={url} harvester run JOB"
            click.echo(f"sandbox at {url} (harvest from it: {hint})", err=True)
            await stop.wait()
    except OSError as error:
        raise SpecError(f"cannot listen on {host}:{port}: {error.strerror}") from error
