"""What a table holds, as queries over the lake's files: current rows, and versions that ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harvester.publish.layout import Layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.sql import columns, name, parquet, same, sql_type, value_of
from harvester.publish.staged import place
from harvester.publish.told import ENDED_BY, by_run
from harvester.schema import RUN_ID, Field
from harvester.store.lake import Lake

__all__ = ["VALIDITY", "VALID_FROM", "VALID_TO", "Relation"]

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


@dataclass(frozen=True, slots=True)
class Relation:
    """One table over its files.

    `moments` is the table that knows when each run began. `over` is one to be filled by the query
    of that name before the others are asked: versions that have ended, by their place in the files.
    """

    lake: Lake
    layout: Layout
    files: TableState
    moments: str
    over: str

    @property
    def over_query(self) -> str:
        """The query for the places of the versions that have ended, and when they did."""
        if not (self.files.ended and self.files.data):
            return "SELECT 0::BIGINT AS place, NULL::TIMESTAMP AS moment WHERE false"
        return (
            f"SELECT {place()} AS place, e.moment FROM {self._data()} v "
            f"JOIN ({self.endings}) e ON {same('v', 'e', self.version)}"
        )

    @property
    def version(self) -> tuple[str, ...]:
        """The columns that tell one version of a row from another."""
        return (*self.layout.key, RUN_ID.name)

    @property
    def endings(self) -> str:
        """The query for the versions that the files of ended ones name, and when they ended."""
        if not self.files.ended:
            return _nothing((*self.layout.key_fields, RUN_ID, _ENDED))
        ended = by_run(self.lake, self.files.ended, self.version, ENDED_BY)
        return (
            f"SELECT {columns(self.version, 'f')}, m.moment AS {_ENDED.name} FROM ({ended}) f "
            f"LEFT JOIN {self.moments} m ON m.run_id = f.{ENDED_BY.name}"
        )

    @property
    def current(self) -> str:
        """The query for the current rows."""
        return self._current(self._values()) if self.files.data else _nothing(self.layout.columns)

    @property
    def keys(self) -> str:
        """The query for the keys of the current rows."""
        if not self.files.data:
            return _nothing(self.layout.key_fields)
        return self._current(columns(self.layout.key, "v"))

    def _current(self, wanted: str) -> str:
        query = f"SELECT {wanted} FROM {self._data()} v"
        if self.files.ended:
            query += f" ANTI JOIN {self.over} o ON o.place = {place()}"
        return query

    @property
    def ended(self) -> str:
        """The query for the versions that have ended, with their times."""
        if not (self.files.ended and self.files.data):
            return _nothing((*self.layout.columns, *VALIDITY))
        return self._versions("JOIN")

    @property
    def history(self) -> str:
        """The query for all versions, with their times."""
        if not self.files.data:
            return _nothing((*self.layout.columns, *VALIDITY))
        return self._versions("LEFT JOIN")

    def _versions(self, join: str) -> str:
        return (
            f"SELECT {self._values()}, b.moment AS {VALID_FROM.name}, o.moment AS {VALID_TO.name} "
            f"FROM {self._data()} v {join} {self.over} o ON o.place = {place()} "
            f"LEFT JOIN {self.moments} b ON b.run_id = v.{RUN_ID.name}"
        )

    def _values(self) -> str:
        fields = self.layout.columns
        return ", ".join(f"{value_of(field, 'v')} AS {name(field.name)}" for field in fields)

    def _data(self) -> str:
        return parquet(self.lake, _paths(self.files.data), "file_row_number")


def _nothing(fields: Iterable[Field]) -> str:
    typed = (f"CAST(NULL AS {sql_type(field)}) AS {name(field.name)}" for field in fields)
    return f"SELECT {', '.join(typed)} WHERE false"


def _paths(files: Iterable[LakeFile]) -> list[str]:
    return [file.path for file in files]
