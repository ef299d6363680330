"""What a table holds, as queries over the lake's files: current rows, and versions that ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from harvester.publish.layout import Layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.sql import columns, instant, name, parquet, sql_type, value_of
from harvester.publish.staged import place
from harvester.publish.told import ENDED_BY, by_run
from harvester.schema import RUN_ID, SEEN_AT, Field
from harvester.store.lake import Lake

__all__ = ["VALIDITY", "VALID_FROM", "VALID_TO", "Relation", "nothing"]

VALID_FROM = Field(
    "_valid_from", "timestamp", "Start of the run that brought this version, in UTC."
)
VALID_TO = Field(
    "_valid_to",
    "timestamp",
    "Start of the run that replaced or removed this version, in UTC; NULL while it is current.",
)
VALIDITY = (VALID_FROM, VALID_TO)
_ENDED = Field("moment", "timestamp", "When a version ended.")
_TURN = Field("turn", "int", "The number of the run that ended it, in the order of commits.")


class Relation(Struct, frozen=True):
    """One table over its files.

    `moments` is the table that knows when each run began. `over` is one with the versions that have
    ended, by their place in the files: when they did, and when they were `seen` last. Of current
    versions that is told by file, one moment in `usual` for each, and by place in the table `odd`
    where a file's rows are not all alike.
    """

    lake: Lake
    layout: Layout
    files: TableState
    moments: str
    over: str = ""
    usual: Sequence[datetime] = ()
    odd: str = ""

    @property
    def version(self) -> tuple[str, ...]:
        """The columns that tell one version of a row from another."""
        return (*self.layout.key, RUN_ID.name)

    @property
    def endings(self) -> str:
        """The query for the versions that the files of ended ones name, and when they ended."""
        if not self.files.ended:
            return nothing((*self.layout.key_fields, RUN_ID, _ENDED, _TURN))
        ended = by_run(self.lake, self.files.ended, self.version, ENDED_BY)
        return (
            f"SELECT {columns(self.version, 'f')}, m.moment, m.turn FROM ({ended}) f "
            f"LEFT JOIN {self.moments} m ON m.run_id = f.{ENDED_BY.name}"
        )

    @property
    def current(self) -> str:
        """The query for the current rows."""
        if not self.files.data:
            return nothing(self.layout.columns)
        return self._current(self._values(self._seen), f" {self._odd_join}")

    @property
    def keys(self) -> str:
        """The query for the keys of the current rows."""
        if not self.files.data:
            return nothing(self.layout.key_fields)
        return self._current(columns(self.layout.key, "v"))

    def _current(self, wanted: str, joined: str = "") -> str:
        query = f"SELECT {wanted} FROM {self.data} v{joined}"
        if self.files.ended and self.over:
            query += f" ANTI JOIN {self.over} o ON o.place = {place()}"
        return query

    @property
    def ended(self) -> str:
        """The query for the versions that have ended, with their times."""
        if not (self.files.ended and self.files.data):
            return nothing((*self.layout.columns, *VALIDITY))
        return self._versions("JOIN", "o.seen")

    @property
    def history(self) -> str:
        """The query for all versions, with their times."""
        if not self.files.data:
            return nothing((*self.layout.columns, *VALIDITY))
        seen = f"CASE WHEN o.place IS NULL THEN {self._seen} ELSE o.seen END"
        return self._versions("LEFT JOIN", seen, self._odd_join)

    def _versions(self, join: str, seen: str, joined: str = "") -> str:
        return (
            f"SELECT {self._values(seen)}, "
            f"b.moment AS {VALID_FROM.name}, o.moment AS {VALID_TO.name} "
            f"FROM {self.data} v {join} {self.over} o ON o.place = {place()} {joined} "
            f"LEFT JOIN {self.moments} b ON b.run_id = v.{RUN_ID.name}"
        )

    def _values(self, seen: str) -> str:
        told = ((f, seen if f == SEEN_AT else value_of(f, "v")) for f in self.layout.columns)
        return ", ".join(f"{value} AS {name(field.name)}" for field, value in told)

    @property
    def _seen(self) -> str:
        """When a current row was seen last."""
        if len(moments := sorted(set(self.usual))) <= 1:
            usual = instant(moments[0]) if moments else "CAST(NULL AS TIMESTAMP)"
        else:
            listed = ", ".join(map(instant, self.usual))
            usual = f"list_extract([{listed}], CAST(file_index AS BIGINT) + 1)"
        return f"coalesce(s.moment, {usual})" if self.odd else usual

    @property
    def _odd_join(self) -> str:
        return f"LEFT JOIN {self.odd} s ON s.place = {place()}" if self.odd else ""

    @property
    def data(self) -> str:
        """The files with all versions, as a table function."""
        return parquet(self.lake, _paths(self.files.data), "file_row_number")


def nothing(fields: Iterable[Field]) -> str:
    """The query for no rows of these fields."""
    typed = (f"CAST(NULL AS {sql_type(field)}) AS {name(field.name)}" for field in fields)
    return f"SELECT {', '.join(typed)} WHERE false"


def _paths(files: Iterable[LakeFile]) -> list[str]:
    return [file.path for file in files]
