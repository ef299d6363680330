"""What a lake has gained since a database was made, added to that database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
from msgspec import Struct

from harvester.errors import LakeError
from harvester.publish.layout import Layout, meta_layouts, table_layouts
from harvester.publish.manifest import Manifest, TableState
from harvester.publish.relations import Relation
from harvester.publish.sightings import received
from harvester.publish.sql import columns, instant, name, same
from harvester.publish.views import MOMENTS, PAST
from harvester.publish.workbench import Connection, one
from harvester.schema import RUN_ID, SEEN_AT
from harvester.store.lake import Lake

__all__ = ["add_gain", "moments_table"]

#: How many versions are moved at a time: these are in memory.
_SOME = 10_000


def add_gain(connection: Connection, lake: Lake, news: Manifest, now: Manifest) -> None:
    """Brings the database in use up to date with the files of `news`, whose rows are read once.

    `now` has all files, and all runs. Several runs are added one by one, in the order of commits.
    """
    moments = now.moments()
    began = {run.run_id: moments[run.run_id] for run in news.runs}
    connection.register("began", moments_table(began, len(moments) - len(began)))
    connection.execute(f"INSERT INTO {MOMENTS} FROM began")
    connection.unregister("began")
    later = set(began)
    for run, moment in began.items():
        later.remove(run)
        for layout in table_layouts():
            files = news.table(layout.name).brought_by({run})
            if files.files:
                held = now.table(layout.name).without(later)
                fresh = Relation(lake, layout, files, MOMENTS, usual=[moment])
                _Table(connection, fresh, Relation(lake, layout, held, MOMENTS), moment).add()
    for layout in meta_layouts():
        if (files := TableState(news.meta.get(layout.name, ()))).files:
            meta = Relation(lake, layout, files, MOMENTS)
            connection.execute(f"INSERT INTO {layout.in_sql} {meta.current}")


class _Table(Struct, frozen=True):
    """One table, and the files that a run brought to it; `held` has those before as well.

    `met` are the rows in the database whose keys the files name, `old` those of them that are over.
    """

    connection: Connection
    files: Relation
    held: Relation
    moment: datetime

    def add(self) -> None:
        """Moves what has ended to the past, notes what was seen again, and inserts what is new."""
        if self.files.files.data or self.files.files.ended:
            self._find()
            self._refuse_twins()
            for first in range(0, self._count("old"), _SOME):
                last = first + _SOME - 1
                self._move(f"SELECT * FROM old WHERE number BETWEEN {first} AND {last}")
            self._run(f"DELETE FROM {self._layout.in_sql} v USING old o WHERE v.rowid = o.place")
        if self.files.files.seen:
            self._note()
        self._run(f"INSERT INTO {self._layout.in_sql} {self.files.current}")

    def _note(self) -> None:
        """Of rows that are as they were one number changes, in its place."""
        noted = f"UPDATE {self._layout.in_sql} v SET {SEEN_AT.name} = {instant(self.moment)}"
        keys = received(self.connection, self.held, self.files)
        if keys is not None:
            noted += f" WHERE EXISTS (FROM ({keys}) k WHERE {same('v', 'k', self._layout.key)})"
        self._run(noted)

    def _find(self) -> None:
        key, version = self._layout.key, self.files.version
        named = f"SELECT {columns(key)} FROM ({self.files.endings}) UNION ALL {self.files.keys}"
        self._make(
            "met",
            f"SELECT v.rowid AS place, {columns(version, 'v')} FROM {self._layout.in_sql} v "
            f"SEMI JOIN ({named}) n ON {same('v', 'n', key)}",
        )
        self._make(
            "old",
            f"SELECT place, b.moment AS began, e.moment AS ended, "
            f"row_number() OVER (ORDER BY place) - 1 AS number "
            f"FROM met m JOIN ({self.files.endings}) e ON {same('m', 'e', version)} "
            f"LEFT JOIN {MOMENTS} b ON b.run_id = m.{RUN_ID.name}",
        )

    def _refuse_twins(self) -> None:
        """Each key that came is unique now; all others were found to be so when they came."""
        key = columns(self._layout.key)
        stays = f"SELECT {key} FROM met m ANTI JOIN old o ON o.place = m.place"
        grouped = f"SELECT 1 FROM ({stays} UNION ALL {self.files.keys}) GROUP BY {key}"
        if twice := self._count(f"({grouped} HAVING count(*) > 1)"):
            raise LakeError(f"{self._layout.name} has {twice} keys more than once")

    def _move(self, over: str) -> None:
        # Rows that are far apart come in many small pieces: to insert these as one costs half.
        own = columns([field.name for field in self._layout.columns], "v")
        gone = self.connection.sql(
            f"SELECT {own}, o.began, o.ended "
            f"FROM {self._layout.in_sql} v JOIN ({over}) o ON v.rowid = o.place"
        ).to_arrow_table()
        self.connection.register("gone", gone)
        self._run(f"INSERT INTO {_past(self._layout)} FROM gone")
        self.connection.unregister("gone")

    @property
    def _layout(self) -> Layout:
        return self.files.layout

    def _make(self, table: str, query: str) -> None:
        self._run(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")

    def _count(self, rows: str) -> int:
        return one(self.connection, f"SELECT count(*) FROM {rows}")

    def _run(self, statement: str) -> None:
        self.connection.execute(statement)


def _past(layout: Layout) -> str:
    return f"{PAST}.{name(layout.name)}"


def moments_table(moments: Mapping[str, datetime], first: int = 0) -> pa.Table:
    """When the runs began, as a table, and the turn of each; `first` is that of the first one."""
    return pa.table(
        {
            "run_id": pa.array(list(moments), pa.string()),
            "moment": pa.array(list(moments.values()), pa.timestamp("us")),
            "turn": pa.array(range(first, first + len(moments)), pa.int64()),
        }
    )
