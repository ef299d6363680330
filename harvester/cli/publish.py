"""`harvester publish`: builds the database anew from the lake alone."""

from __future__ import annotations

import click

from harvester.cli.options import (
    database_option,
    lake_option,
    log_options,
    register_option,
)
from harvester.errors import SpecError
from harvester.places import database_path
from harvester.publish import MANIFEST, build_database, claim, read_manifest
from harvester.runs import tidy
from harvester.settings import Settings, environment
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.telemetry import configure

__all__ = ["publish"]


@click.command()
@lake_option
@database_option
@register_option
@log_options
def publish(
    lake: str | None, database: str | None, register: str, log_format: str, log_level: str
) -> None:
    """Build the database anew from the lake alone; the old one serves until it is replaced.

    \b
    harvester publish
    harvester publish --lake data/lake --database copy.duckdb
    harvester publish --register views
    """
    configure(log_format, None, steps=log_level == "debug")
    settings = Settings.load(environment(), lake=lake, database=database)
    place = Lake(settings.lake or "data/lake")
    target = database_path(settings.database or "data/harvest.duckdb")
    if not place.exists(MANIFEST):
        raise SpecError(f"there is no lake in {place.root}: `harvester run` makes one")
    claim(target)
    with hold(place, "publish"):
        build_database(place, read_manifest(place), target, register=register)
        tidy(place)
    click.echo(f"built {target} from {place.root}", err=True)
