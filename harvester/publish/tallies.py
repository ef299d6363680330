"""How many rows of each table each run added, changed, removed and brought back: by the lake."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harvester.publish.manifest import Manifest
from harvester.publish.sql import any_of, parquet
from harvester.publish.workbench import KEYS, with_room, workbench
from harvester.store.lake import Lake

__all__ = ["change_counts"]

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]


def change_counts(lake: Lake, manifest: Manifest, runs: Collection[str]) -> Counts:
    """By run, table and kind of change; runs that changed nothing are left out."""
    files = manifest.meta.get("changes", ())
    # A folded file is of several runs.
    paths = [file.path for file in files if not file.run_id or file.run_id in runs]
    if not (paths and runs):
        return {}
    counted = (
        "SELECT run_id, table_name, change, count(*) "
        f"FROM {parquet(lake, paths, 'union_by_name')} "
        f"WHERE run_id IN {any_of(runs)} GROUP BY ALL ORDER BY ALL"
    )

    def work(room: str) -> list[tuple[str, str, str, int]]:
        with workbench("", room) as connection:
            return connection.execute(counted).fetchall()

    counts: dict[str, dict[str, dict[str, int]]] = {}
    for run, table, change, rows in with_room(work, KEYS):
        counts.setdefault(run, {}).setdefault(table, {})[change] = rows
    return counts
