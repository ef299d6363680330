"""Whether the last database can be what the next one is made of: only what the harvester left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harvester.publish.layout import META_TABLES, table_layouts
from harvester.publish.made import Made
from harvester.publish.manifest import Manifest
from harvester.publish.sql import name
from harvester.publish.views import PAST
from harvester.publish.workbench import Connection, rows_in

__all__ = ["doubts"]

#: How much larger than a whole build the file may grow: rows that were deleted leave holes.
_LOOSE = 1.3
#: Bytes of which nobody would say that they are too many.
_SMALL = 16 * 2**20
#: With so many times the rows of the last whole build the next one is due.
_GROWN = 2


def doubts(
    connection: Connection, held: Made, due: Made, last: Path, changed: int
) -> Iterator[str]:
    """Reasons against it; `held` is what the database says of itself, `changed` the file's time.

    The time tells of everybody who wrote to the file, or put another one there.
    """
    if held.stamp != changed or last.with_name(f"{last.name}.wal").exists():
        yield "the last one was written to, or came from elsewhere"
    if held.form != due.form:
        yield "the last one has another form"
    if due.now >= _GROWN * held.versions:
        yield "most rows are new"
    whole = held.size * due.now / max(1, held.versions)
    if last.stat().st_size > max(_LOOSE * whole, _SMALL):
        yield "the last one has too many holes"
    expected = dict(_counts(held.manifest))
    for relation, found in rows_in(connection, list(expected)).items():
        if found != expected[relation]:
            yield f"the last one does not have {expected[relation]} rows in {relation}"


def _counts(manifest: Manifest) -> Iterator[tuple[str, int]]:
    """How many rows each table has to have."""
    for layout in table_layouts():
        state = manifest.table(layout.name)
        yield f"main.{name(layout.name)}", state.rows
        yield f"{PAST}.{name(layout.name)}", state.versions - state.rows
    for table in META_TABLES:
        yield f"meta.{name(table)}", sum(file.rows for file in manifest.meta.get(table, ()))
