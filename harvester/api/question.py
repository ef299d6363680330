"""What is to be read, as one SELECT: names are quoted here, values are DuckDB's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from difflib import get_close_matches

import duckdb
from msgspec import Struct

from harvester.api.opening import CATALOG
from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.publish.sql import instant, name, path

__all__ = ["Question"]


class Question(Struct, frozen=True):
    """A table with what is wanted of it, or SQL."""

    table: str | None
    columns: Sequence[str] | None
    where: str | None
    as_of: datetime | date | str | None
    limit: int | None
    sql: str | None

    def statement(self, connection: duckdb.DuckDBPyConnection) -> str:
        """The one SELECT, checked as far as can be before it runs."""
        if (self.table is None) == (self.sql is None):
            raise SpecError('name a table, as read("genome"), or give sql="SELECT …": one of them')
        if self.sql is None:
            statement = self._of_table(connection)
        elif (self.columns, self.where, self.as_of, self.limit) == (None,) * 4:
            statement = self.sql
        else:
            raise SpecError("with sql=… columns, where, as_of and limit are part of the SQL")
        found = connection.extract_statements(statement)
        if [one.type for one in found] != [duckdb.StatementType.SELECT]:
            raise SpecError("only one SELECT can be read")
        return statement

    def _of_table(self, connection: duckdb.DuckDBPyConnection) -> str:
        known, table = _tables(connection), str(self.table)
        if table not in known:
            near = get_close_matches(table, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise SpecError(f"there is no table {table!r}: {hint}")
        bare = name(table.rpartition(".")[2])
        parts = [f"SELECT {self._wanted(bare)} FROM {self._source(table)} AS {bare}"]
        if self.where is not None:
            parts.append(f"WHERE (\n{self.where}\n)")  # a comment at its end stays its own
        if self.limit is not None:
            parts.append(f"LIMIT {_whole(self.limit)}")
        return " ".join(parts)

    def _wanted(self, table: str) -> str:
        if self.columns is None:
            return "*"
        if isinstance(self.columns, str) or not self.columns:
            raise SpecError('columns is a list of names, such as ["accession"]')
        steps = ((column, path(column.split("."))) for column in self.columns)
        return ", ".join(f"{table}.{found} AS {name(column)}" for column, found in steps)

    def _source(self, table: str) -> str:
        if self.as_of is None:
            return ".".join(map(name, table.split(".")))
        if table not in RESOURCES:
            raise SpecError(f"{table} has no past: as_of goes with {', '.join(RESOURCES)}")
        return f"{name(f'{table}_as_of')}({instant(_moment(self.as_of))})"


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What can be read: all tables and views, those of `meta` under their full names."""
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = ? AND table_schema IN ('main', 'meta') ORDER BY ALL",
        [CATALOG],
    ).fetchall()
    return [table if schema == "main" else f"{schema}.{table}" for schema, table in found]


def _moment(given: datetime | date | str) -> datetime:
    """A moment in UTC, as the tables hold it; a day begins at midnight."""
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            raise SpecError(
                f"as_of is a moment such as 2026-01-31T02:00:00Z, not {given!r}"
            ) from None
    if not isinstance(given, datetime):
        given = datetime.combine(given, time())
    return given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given


def _whole(limit: int) -> int:
    if limit < 0:
        raise SpecError(f"limit is a number of rows, not {limit}")
    return int(limit)
