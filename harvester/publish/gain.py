"""What a lake has gained since a database was made, added to that database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from harvester.errors import LakeError
from harvester.publish.layout import Layout, meta_layouts, table_layouts
from harvester.publish.manifest import Manifest, TableState
from harvester.publish.relations import Relation
from harvester.publish.sql import columns, name, same
from harvester.publish.views import MOMENTS, PAST
from harvester.publish.workbench import Connection, one
from harvester.schema import RUN_ID
from harvester.store.lake import Lake

__all__ = ["add_gain", "moments_table"]

#: How many versions are moved at a time: these are in memory.
_SOME = 10_000


def add_gain(
    connection: Connection, lake: Lake, news: Manifest, moments: Mapping[str, datetime]
) -> None:
    """Brings the database in use up to date with the files of `news`, whose rows are read once.

    `moments` are those of all runs.
    """
    began = {run.run_id: moments[run.run_id] for run in news.runs}
    connection.register("began", moments_table(began))
    connection.execute(f"INSERT INTO {MOMENTS} FROM began")
    connection.unregister("began")
    for layout in table_layouts():
        if (files := news.table(layout.name)).files:
            _Table(connection, Relation(lake, layout, files, MOMENTS, "fresh_over")).add()
    for layout in meta_layouts():
        if (files := TableState(news.meta.get(layout.name, ()))).files:
            meta = Relation(lake, layout, files, MOMENTS, over="")
            connection.execute(f"INSERT INTO {_table(layout)} {meta.current}")


@dataclass(frozen=True, slots=True)
class _Table:
    """One table, and the files that came to it.

    `met` are the rows in the database whose keys the files name, `old` those of them that are over.
    """

    connection: Connection
    files: Relation

    def add(self) -> None:
        """Moves what has ended to the past, and inserts what is new."""
        self._make(self.files.over, self.files.over_query)
        self._find()
        self._refuse_twins()
        for first in range(0, self._count("old"), _SOME):
            self._move(f"SELECT * FROM old WHERE number BETWEEN {first} AND {first + _SOME - 1}")
        self._run(f"INSERT INTO {_table(self._layout)} {self.files.current}")
        if self._count(self.files.over):
            # Several runs came at once, and the later ones ended what the earlier ones brought.
            self._run(f"INSERT INTO {_past(self._layout)} {self.files.ended}")

    def _find(self) -> None:
        key, version = self._layout.key, self.files.version
        named = f"SELECT {columns(key)} FROM ({self.files.endings}) UNION ALL {self.files.keys}"
        self._make(
            "met",
            f"SELECT v.rowid AS place, {columns(version, 'v')} FROM {_table(self._layout)} v "
            f"SEMI JOIN ({named}) n ON {same('v', 'n', key)}",
        )
        self._make(
            "old",
            f"SELECT m.*, e.moment, row_number() OVER (ORDER BY place) - 1 AS number "
            f"FROM met m JOIN ({self.files.endings}) e ON {same('m', 'e', version)}",
        )

    def _refuse_twins(self) -> None:
        """Each key that came is unique now; all others were found to be so when they came."""
        key = columns(self._layout.key)
        stays = f"SELECT {key} FROM met m ANTI JOIN old o ON o.place = m.place"
        grouped = f"SELECT 1 FROM ({stays} UNION ALL {self.files.keys}) GROUP BY {key}"
        if twice := self._count(f"({grouped} HAVING count(*) > 1)"):
            raise LakeError(f"{self._layout.name} has {twice} keys more than once")

    def _move(self, over: str) -> None:
        own = [field.name for field in self._layout.columns]
        # Half the price of a query for these rows and a statement that deletes them.
        gone = self.connection.sql(
            f"DELETE FROM {_table(self._layout)} v USING ({over}) o "
            f"WHERE v.rowid = o.place RETURNING {columns(own)}"
        )
        self.connection.register("gone", gone)
        self._run(
            f"INSERT INTO {_past(self._layout)} SELECT {columns(own, 'v')}, b.moment, o.moment "
            f"FROM gone v JOIN ({over}) o ON {same('v', 'o', self.files.version)} "
            f"LEFT JOIN {MOMENTS} b ON b.run_id = v.{RUN_ID.name}"
        )
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


def _table(layout: Layout) -> str:
    return f"{name(layout.schema)}.{name(layout.name)}"


def _past(layout: Layout) -> str:
    return f"{PAST}.{name(layout.name)}"


def moments_table(moments: Mapping[str, datetime]) -> pa.Table:
    """When the runs began, as a table."""
    runs = pa.array(list(moments), pa.string())
    return pa.table(
        {"run_id": runs, "moment": pa.array(list(moments.values()), pa.timestamp("us"))}
    )
