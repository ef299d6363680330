"""`harvester validate`: checks job files; no network."""

from __future__ import annotations

import click

from harvester.errors import Fault, SpecError
from harvester.plan import plan_chains
from harvester.spec import load_job

__all__ = ["validate"]


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
def validate(jobs: tuple[str, ...]) -> None:
    """Check job files and say all that is wrong with them. Asks NCBI nothing.

    \b
    harvester validate jobs/ecoli.yaml
    harvester validate jobs/*.yaml
    """
    faults: list[Fault] = []
    for path in jobs:
        try:
            job = load_job(path)
        except SpecError as error:
            faults.extend(error.faults)
        else:
            chains = len(plan_chains(job.queries))
            click.echo(
                f"{path}: fine ({_count(len(job.queries), 'query', 'queries')}, "
                f"{_count(chains, 'page chain', 'page chains')})"
            )
    if faults:
        raise SpecError(faults)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
