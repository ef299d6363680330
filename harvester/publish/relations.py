"""What a table holds, as queries over the lake's files: current rows, and versions that ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harvester.publish.layout import Layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.sql import columns, name, parquet, same, sql_type, value_of
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


@dataclass(frozen=True, slots=True)
class Relation:
    """One table over its files; `moments` is the table that knows when each run began."""

    lake: Lake
    layout: Layout
    files: TableState
    moments: str

    @property
    def current(self) -> str:
        """The query for the current rows."""
        if not self.files.data:
            return _nothing(self.layout.columns)
        query = f"SELECT {self._values()} FROM {self._data()} v"
        if self.files.ended:
            query += f" ANTI JOIN {self._ended()} e ON {self._is_version('e')}"
        return query

    @property
    def ended(self) -> str:
        """The query for the versions that have ended, with their times."""
        if not self.files.ended:
            return _nothing((*self.layout.columns, *VALIDITY))
        return self._versions("JOIN")

    @property
    def history(self) -> str:
        """The query for all versions, with their times."""
        if not self.files.data:
            return _nothing((*self.layout.columns, *VALIDITY))
        if self.files.ended:
            return self._versions("LEFT JOIN")
        return (
            f"SELECT {self._values()}, b.moment AS {VALID_FROM.name}, "
            f"CAST(NULL AS TIMESTAMP) AS {VALID_TO.name} FROM {self._data()} v {self._begun()}"
        )

    def _versions(self, join: str) -> str:
        return (
            f"SELECT {self._values()}, b.moment AS {VALID_FROM.name}, "
            f"e.moment AS {VALID_TO.name} FROM {self._data()} v "
            f"{join} {self._ended()} e ON {self._is_version('e')} {self._begun()}"
        )

    def _values(self) -> str:
        fields = self.layout.columns
        return ", ".join(f"{value_of(field, 'v')} AS {name(field.name)}" for field in fields)

    def _data(self) -> str:
        return parquet(self.lake, _paths(self.files.data))

    def _ended(self) -> str:
        """The versions that have ended, and when: a file of them is named after its run."""
        files = parquet(self.lake, _paths(self.files.ended), "filename")
        return (
            f"(SELECT {columns(self._version, 'x')}, m.moment FROM {files} x "
            f"JOIN {self.moments} m ON m.run_id = parse_filename(x.filename, true))"
        )

    def _begun(self) -> str:
        return f"LEFT JOIN {self.moments} b ON b.run_id = v.{RUN_ID.name}"

    def _is_version(self, other: str) -> str:
        return same("v", other, self._version)

    @property
    def _version(self) -> Sequence[str]:
        return (*self.layout.key, RUN_ID.name)


def _nothing(fields: Iterable[Field]) -> str:
    typed = (f"CAST(NULL AS {sql_type(field)}) AS {name(field.name)}" for field in fields)
    return f"SELECT {', '.join(typed)} WHERE false"


def _paths(files: Iterable[LakeFile]) -> list[str]:
    return [file.path for file in files]
