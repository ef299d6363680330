"""How the rows that a question brought in earlier runs are spread over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from harvester.catalogue import Resource
from harvester.publish.layout import table_layout
from harvester.publish.manifest import TableState
from harvester.publish.sql import columns, parquet, path, same
from harvester.publish.workbench import with_room, workbench
from harvester.store.lake import Lake

__all__ = ["day_counts", "newest_days"]


def day_counts(
    lake: Lake,
    resource: Resource,
    state: TableState,
    scopes: Sequence[int],
    column: Sequence[str],
    spill: str,
) -> dict[int, list[tuple[date, int]]]:
    """How many of each question's rows fall on each day, in order of the days.

    The column is one that holds dates; ended versions count too.
    """
    if not state.members or not state.data:
        return {}
    key = columns(table_layout(resource).key)
    members = parquet(lake, (file.path for file in state.members))
    data = parquet(lake, (file.path for file in state.data))
    asked = f"(SELECT unnest({list(scopes)}))"
    counted = (
        f"SELECT m.scope, CAST({path(column)} AS DATE) AS day, count(*) FROM {data} d JOIN "
        f"(SELECT DISTINCT scope, {key} FROM {members} WHERE present AND scope IN {asked}) m "
        f"ON {same('d', 'm', table_layout(resource).key)} "
        f"GROUP BY m.scope, day HAVING day IS NOT NULL ORDER BY day"
    )

    def work(room: str) -> list[tuple[int, date, int]]:
        with workbench(lake.path(spill), room) as connection:
            return connection.execute(counted).fetchall()

    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for scope, day, count in with_room(work):
        found[scope].append((day, count))
    return found


def newest_days(
    lake: Lake,
    resource: Resource,
    state: TableState,
    scopes: Sequence[int],
    column: Sequence[str],
    spill: str,
) -> dict[int, date]:
    """The newest day among all rows that each of the questions ever brought."""
    if not state.members or not state.data:
        return {}
    key = table_layout(resource).key
    members = parquet(lake, (file.path for file in state.members))
    data = parquet(lake, (file.path for file in state.data))
    asked = f"(SELECT unnest({list(scopes)}))"
    found = (
        f"SELECT m.scope, max(CAST({path(column)} AS DATE)) AS day FROM {data} d "
        f"JOIN (SELECT scope, {columns(key)} FROM {members} WHERE present AND scope IN {asked}) m "
        f"ON {same('d', 'm', key)} GROUP BY m.scope HAVING day IS NOT NULL"
    )

    def work(room: str) -> dict[int, date]:
        with workbench(spill, room) as connection:
            return dict(connection.execute(found).fetchall())

    return with_room(work)
