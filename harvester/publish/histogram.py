"""How the rows that questions brought in earlier runs are spread over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from harvester.catalogue import Resource
from harvester.publish.layout import table_layout
from harvester.publish.manifest import TableState
from harvester.publish.sql import columns, parquet, path, same
from harvester.publish.workbench import with_room, workbench
from harvester.store.lake import Lake

__all__ = ["Days", "delivered"]


def delivered(lake: Lake, state: TableState, spill: str) -> dict[int, int]:
    """How many rows each question delivered when it was asked last, by its scope."""
    if not state.members:
        return {}
    events = parquet(lake, (file.path for file in state.members))
    asked = f"SELECT scope, sum(if(present, 1, -1)) FROM {events} GROUP BY scope"

    def work(room: str) -> dict[int, int]:
        with workbench(spill, room) as connection:
            rows = connection.execute(asked).fetchall()
            return {scope: max(0, int(count)) for scope, count in rows}

    return with_room(work)


class Days(Struct, frozen=True):
    """The days of a table's rows, by a column that holds dates; ended versions count too.

    `spill` is a folder that may be made and is gone afterwards.
    """

    lake: Lake
    resource: Resource
    state: TableState
    column: Sequence[str]
    spill: str

    def counts(self, scopes: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
        """How many of each question's rows fall on each day, in order of the days."""
        found: dict[int, list[tuple[date, int]]] = defaultdict(list)
        for scope, day, count in self._ask("day, count(*)", "DISTINCT", scopes):
            found[scope].append((day, count))
        return found

    def newest(self, scopes: Sequence[int]) -> dict[int, date]:
        """The newest day among all rows that each of the questions ever brought."""
        return dict(self._ask("max(day)", "ALL", scopes))

    def _ask(self, told: str, which: str, scopes: Sequence[int]) -> list[Any]:
        """What is told of each question's rows: of each but once, where they are `DISTINCT`."""
        if not self.state.members or not self.state.data:
            return []
        key = table_layout(self.resource).key
        members = parquet(self.lake, (file.path for file in self.state.members))
        data = parquet(self.lake, (file.path for file in self.state.data))
        asked = (
            f"SELECT m.scope, {told} FROM "
            f"(SELECT {columns(key)}, CAST({path(self.column)} AS DATE) AS day FROM {data}) d "
            f"JOIN (SELECT {which} scope, {columns(key)} FROM {members} "
            f"WHERE present AND scope IN (SELECT unnest({list(scopes)}))) m "
            f"ON {same('d', 'm', key)} WHERE day IS NOT NULL GROUP BY ALL ORDER BY ALL"
        )

        def work(room: str) -> list[Any]:
            with workbench(self.spill, room) as connection:
                return connection.execute(asked).fetchall()

        return with_room(work)
