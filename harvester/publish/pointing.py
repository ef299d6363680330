"""Databases that stand on a lake: in which form, and whether on the files that it has now."""

from __future__ import annotations

from pathlib import Path

import duckdb
from msgspec import Struct

from harvester.errors import LakeError, SpecError
from harvester.publish.made import beyond, read_made
from harvester.publish.manifest import Manifest
from harvester.publish.views import FILES
from harvester.publish.workbench import Connection, one

__all__ = ["Pointing", "pointing"]


class Pointing(Struct, frozen=True):
    """A published database; `register` is as in a job, `made_of` the files that it was made of."""

    file: Path
    register: str
    made_of: Manifest | None

    def stands_on(self, manifest: Manifest) -> bool:
        """Whether it was made of these very files."""
        more = beyond(self.made_of, manifest) if self.made_of else None
        return more is not None and not (more.runs or more.paths())


def pointing(file: Path) -> Pointing:
    """What a database says of itself; SpecError where it is none of the harvester's."""
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            # Views read the lake's files, and note which; tables have the rows themselves.
            register = "views" if one(connection, f"SELECT count(*) FROM {FILES}") else "tables"
            return Pointing(file, register, _made_of(connection))
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise SpecError(
            f"{file} is no database that the harvester can bring up to date ({reason}): "
            "`harvester publish` builds it anew"
        ) from error


def _made_of(connection: Connection) -> Manifest | None:
    try:
        return read_made(connection).manifest
    except (duckdb.Error, LakeError, ValueError):
        return None  # made by an older harvester
