"""The DuckDB file that analysts open: built aside from the lake, checked, moved into place."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from harvester.publish.aside import built_aside
from harvester.publish.attached import ROW_GROUP_SIZE, attached
from harvester.publish.check import check
from harvester.publish.claim import claim
from harvester.publish.evolve import upgrade
from harvester.publish.form import form_of
from harvester.publish.load import largest_group, link_views, load_tables, room_for
from harvester.publish.made import Made, put_made
from harvester.publish.manifest import Manifest, write_manifest
from harvester.publish.update import update
from harvester.publish.workbench import MEMORY, with_room, workbench
from harvester.store.lake import Lake

__all__ = ["build_database"]


def build_database(
    lake: Lake,
    manifest: Manifest,
    target: Path,
    *,
    register: str = "tables",
    anew: bool = True,
    same: Manifest | None = None,
    ahead: Callable[[Made, Path], bool] | None = None,
) -> None:
    """Builds the database from the lake alone; the old file serves until the new one is whole.

    Unless `anew`, what the lake has gained is added to a copy of the old file where that can be
    trusted; views are cheap to make anew. Files that an older
    harvester wrote are brought to today's layout first, once and for all. A database of the lake
    `same`, whose files have only been folded since, has all rows already. Where rows were loaded
    `ahead`, that makes the file, if it can.
    """
    todays = upgrade(lake, manifest)
    if todays != manifest:
        write_manifest(lake, todays)
    made = Made(form_of(register), todays, _whole_second())
    with built_aside(target) as aside:
        given = ahead is not None and ahead(made, aside)
        may_update, last = not anew and register == "tables", Path(os.path.realpath(target))
        if not (given or (may_update and update(lake, made, last, aside, MEMORY, same))):
            claim(target)
            _build(lake, made, aside, views=register == "views")
        os.utime(aside, ns=(made.stamp, made.stamp))


def _build(lake: Lake, made: Made, aside: Path, *, views: bool) -> None:
    group = ROW_GROUP_SIZE if views else largest_group(made.manifest)

    def work(room: str) -> None:
        for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
            leftover.unlink(missing_ok=True)
        with workbench(aside.with_name("spill"), room) as connection:
            with attached(connection, aside, group) as database:
                fill = link_views if views else load_tables
                fill(database, lake, made.manifest)
                put_made(connection, replace(made, versions=made.now))
            check(connection, aside, made.manifest, views=views)

    files = (file for state in made.manifest.tables.values() for file in state.data)
    with_room(work, room_for(files, group=group))


def _whole_second() -> int:
    """Now, as exactly as any file system keeps a file's time of change."""
    return int(time.time()) * 10**9
