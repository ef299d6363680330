"""What of the past may be given up: what ended, and what was noted, in runs that are not kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from harvester.publish.layout import Layout
from harvester.publish.manifest import LakeFile, Manifest, TableState
from harvester.publish.sql import columns, parquet, same, texts
from harvester.publish.told import ENDED_BY, by_run
from harvester.publish.workbench import Connection
from harvester.schema import RUN_ID
from harvester.store.lake import Lake

__all__ = ["LASTING", "Kept", "kept_runs", "over_in", "past_rows", "past_versions", "within"]

#: The meta tables of which every row stays: what a row's `_run_id` means can always be looked up.
LASTING = frozenset({"runs"})

#: The runs whose past is kept; None keeps all of it.
Kept = frozenset[str] | None


def kept_runs(manifest: Manifest, newest: int | None, since: datetime | None) -> Kept:
    """The last so many runs and those since a moment (in UTC); the very last one in any case."""
    if newest is None and since is None:
        return None
    moments = manifest.moments()
    last = list(moments)[-max(1, newest or 0) :]
    recent = [run for run, began in moments.items() if since is not None and began >= since]
    return frozenset([*last, *recent])


def within(kept: Collection[str]) -> str:
    """The runs that are kept, as what a column may be held against."""
    return f"(SELECT unnest(CAST({texts(sorted(kept))} AS VARCHAR[])))"


def over_in(lake: Lake, layout: Layout, state: TableState, kept: Collection[str]) -> str:
    """The query for the versions that runs ended which are not kept."""
    version = (*layout.key, RUN_ID.name)
    endings = by_run(lake, state.ended, version, ENDED_BY)
    return f"SELECT {columns(version)} FROM ({endings}) WHERE {ENDED_BY.name} NOT IN {within(kept)}"


def past_versions(
    connection: Connection,
    lake: Lake,
    layout: Layout,
    state: TableState,
    kept: Kept,
) -> Mapping[str, int]:
    """How many rows of each file may be given up; files without any are left out."""
    if kept is None or not state.ended:
        return {}
    version = (*layout.key, RUN_ID.name)
    found = (
        f"SELECT v.file_index, count(*) FROM {parquet(lake, (f.path for f in state.data))} v "
        f"SEMI JOIN ({over_in(lake, layout, state, kept)}) e ON {same('v', 'e', version)} "
        "GROUP BY v.file_index"
    )
    rows = connection.execute(found).fetchall()
    return {state.data[index].path: count for index, count in rows}


def past_rows(
    connection: Connection, lake: Lake, table: str, files: Sequence[LakeFile], kept: Kept
) -> Mapping[str, int]:
    """The same of the files of a meta table."""
    if kept is None or table in LASTING:
        return {}
    gone = {file.path: file.rows for file in files if file.run_id and file.run_id not in kept}
    folded = [file.path for file in files if not file.run_id]
    if folded:
        found = (
            f"SELECT file_index, count(*) FROM {parquet(lake, folded)} "
            f"WHERE run_id NOT IN {within(kept)} GROUP BY file_index"
        )
        rows = connection.execute(found).fetchall()
        gone |= {folded[index]: count for index, count in rows}
    return gone
