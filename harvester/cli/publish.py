"""`harvester publish`: builds the database anew from the lake alone."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli.options import database_option, lake_option
from harvester.errors import SpecError
from harvester.publish import MANIFEST, build_database, read_manifest
from harvester.settings import Settings, environment
from harvester.store.lake import Lake
from harvester.store.lock import hold

__all__ = ["publish"]


@click.command()
@lake_option
@database_option
@click.option(
    "--register",
    type=click.Choice(["tables", "views"]),
    default="tables",
    show_default=True,
    help="Load the rows, or point at the lake's Parquet.",
)
def publish(lake: str | None, database: str | None, register: str) -> None:
    """Build the database anew from the lake alone; the old one serves until it is replaced."""
    settings = Settings.load(environment(), lake=lake, database=database)
    place = Lake(settings.lake or "data/lake")
    target = Path(settings.database or "data/harvest.duckdb")
    if not place.exists(MANIFEST):
        raise SpecError(f"there is no lake in {place.root}: `harvester run` makes one")
    with hold(place):
        manifest = read_manifest(place)
        build_database(place, manifest, target, register=register)
    click.echo(f"built {target} from {place.root}", err=True)
