"""A copy of the last database brought up to date: what the lake has gained since is added to it."""

from __future__ import annotations

from pathlib import Path

import duckdb
from msgspec.structs import replace

from harvester.errors import LakeError
from harvester.publish.attached import attached
from harvester.publish.check import check
from harvester.publish.duplicate import duplicate
from harvester.publish.gain import add_gain
from harvester.publish.made import Made, beyond, put_made, read_made
from harvester.publish.manifest import Manifest
from harvester.publish.trust import doubts
from harvester.publish.workbench import workbench
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["update"]

_log = get_logger(__name__)


def update(
    lake: Lake, made: Made, last: Path, file: Path, memory: str, same: Manifest | None = None
) -> bool:
    """Makes the file out of the last one, such that it is as `made` says.

    What holds the rows of the manifest `same` has all of them: those were only folded.

    Where that cannot be done, for whatever reason, the log says why and a whole build is due.
    """
    try:
        reason = _update(lake, made, last, file, memory, same)
    except (duckdb.Error, LakeError, OSError, ValueError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    if reason:
        _log.debug("last database not used", reason=reason)
    return not reason


def _update(
    lake: Lake, made: Made, last: Path, file: Path, memory: str, same: Manifest | None
) -> str:
    if not last.exists():
        return "there is no last one"
    changed = duplicate(last, file)
    with workbench(file.with_name("spill"), memory) as connection:
        with attached(connection, file):
            held = _measured(read_made(connection), last)
            for doubt in doubts(connection, held, made, last, changed):
                return doubt
            news = beyond(held.manifest, made.manifest, same)
            if news is None:
                return "the last one holds files that are not the lake's any more"
            # Nobody else has the file: what is committed goes into it without a log beside it.
            connection.execute("SET checkpoint_threshold = '1KB'")
            connection.execute("BEGIN")
            add_gain(connection, lake, news, made.manifest)
            put_made(connection, replace(made, size=held.size, versions=held.versions))
            connection.execute("COMMIT")
        check(connection, file, made.manifest, gained=news)
    return ""


def _measured(held: Made, last: Path) -> Made:
    return replace(held, size=held.size or last.stat().st_size)
