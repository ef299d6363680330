"""What a database says of itself: which files of the lake are in it, and how it was made."""

from __future__ import annotations

from typing import TypeVar

import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from harvester.publish.manifest import Manifest, TableState, manifest_text, parse_manifest
from harvester.publish.staged import put_table
from harvester.publish.views import MADE
from harvester.publish.workbench import Connection

__all__ = ["Made", "beyond", "put_made", "read_made"]

T = TypeVar("T")


class Made(Struct, frozen=True):
    """One row in the database.

    `stamp` is the file's time of change (in nanoseconds): as long as that agrees, nobody has
    written to the file. `versions` and `size` are the versions of rows that it held and the bytes
    that it needed when it was last built whole; no size says that it was not updated since.
    """

    form: str
    manifest: Manifest
    stamp: int
    size: int = 0
    versions: int = 0

    @property
    def now(self) -> int:
        """The versions of rows that it holds now."""
        return sum(state.versions for state in self.manifest.tables.values())


def put_made(connection: Connection, made: Made) -> None:
    """Writes the row, in the place of one before it."""
    row: dict[str, object] = {name: getattr(made, name) for name in Made.__struct_fields__}
    row["manifest"] = manifest_text(_without_members(made.manifest))
    connection.execute(f"DROP TABLE IF EXISTS {MADE}")
    put_table(connection, MADE, pa.Table.from_pylist([row]))


def read_made(connection: Connection) -> Made:
    """Reads the row; an error of DuckDB or of the lake where there is none that can be read."""
    names = Made.__struct_fields__
    told = connection.execute(f"SELECT {', '.join(names)} FROM {MADE}").fetchall()
    ((form, manifest, stamp, size, versions),) = told
    return Made(form, parse_manifest(manifest, "the database"), stamp, size, versions)


def beyond(held: Manifest, now: Manifest, same: Manifest | None = None) -> Manifest | None:
    """What has come to a lake since it was as held; None where that is not the beginning of it.

    `same` is the lake as it was before its files were folded: then nothing has come.
    """
    held, now = _without_members(held), _without_members(now)
    if same is not None and held == _without_members(same):
        return Manifest()
    names = [*held.tables, *(name for name in now.tables if name not in held.tables)]
    try:
        tables = {name: _more(held.table(name), now.table(name)) for name in names}
        meta = {name: _rest(held.meta.get(name, ()), files) for name, files in now.meta.items()}
        runs = _rest(held.runs, now.runs)
    except ValueError:
        return None
    return Manifest(runs, tables, meta) if now.meta.keys() >= held.meta.keys() else None


def _more(held: TableState, now: TableState) -> TableState:
    return TableState(
        _rest(held.data, now.data), _rest(held.ended, now.ended), seen=_rest(held.seen, now.seen)
    )


def _rest(held: tuple[T, ...], now: tuple[T, ...]) -> tuple[T, ...]:
    if now[: len(held)] != held:
        message = "something has gone, or is another"
        raise ValueError(message)
    return now[len(held) :]


def _without_members(manifest: Manifest) -> Manifest:
    """Which question delivered which row, and files that are over, are no part of the database."""
    tables = {name: replace(state, members=()) for name, state in manifest.tables.items()}
    return replace(manifest, tables=tables, retired=())
