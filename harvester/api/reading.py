"""`read`: a table, or what a query finds, as Arrow, pandas or polars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

import duckdb
import pyarrow as pa

from harvester.api.jobs import Place
from harvester.api.opening import open_database, said
from harvester.api.question import Question
from harvester.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["Form", "Parameters", "read"]

Form = Literal["arrow", "pandas", "polars"]
Parameters = Sequence[object] | Mapping[str, object]


@overload
def read(
    table: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    as_of: datetime | date | str | None = None,
    limit: int | None = None,
    sql: str | None = None,
    parameters: Parameters | None = None,
    database: Place | None = None,
    to: Literal["arrow"] = "arrow",
) -> pa.Table: ...
@overload
def read(
    table: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    as_of: datetime | date | str | None = None,
    limit: int | None = None,
    sql: str | None = None,
    parameters: Parameters | None = None,
    database: Place | None = None,
    to: Literal["pandas"],
) -> pd.DataFrame: ...
@overload
def read(
    table: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    as_of: datetime | date | str | None = None,
    limit: int | None = None,
    sql: str | None = None,
    parameters: Parameters | None = None,
    database: Place | None = None,
    to: Literal["polars"],
) -> pl.DataFrame: ...
def read(
    table: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    as_of: datetime | date | str | None = None,
    limit: int | None = None,
    sql: str | None = None,
    parameters: Parameters | None = None,
    database: Place | None = None,
    to: Form = "arrow",
) -> pa.Table | pd.DataFrame | pl.DataFrame:
    """Reads a table of the database, or what `sql` finds in it.

    - `table`: any table or view, such as `genome`, `genome_flat`, `genome_history`, `meta.runs`.
    - `columns`: their names; a dot leads into a nested one: `organism.organism_name`.
    - `where`: an SQL condition. `parameters` are the values for its `?` or `$name`: a list, or a
      mapping. Values that come from elsewhere belong there.
    - `as_of`: the table as it stood at a moment (UTC unless it has a zone).
    - `limit`: so many rows at the most.
    - `sql`: one SELECT, in the place of all those above but `parameters`.
    - `database`: the file [default: as in `open_database`].
    - `to`: `arrow`, `pandas` or `polars`. DuckDB writes Arrow, and the others stand on the same
      memory where they can: pandas gets Arrow-backed columns, so whole numbers and dates stay such
      where values are missing.

    Raises `SpecError` where there is no such database, table or column, or the SQL is wrong.
    """
    asked = Question(table, columns, where, as_of, limit, sql)
    make = _maker(to)
    with closing(open_database(database)) as connection:
        try:
            statement = asked.statement(connection)
            found = connection.sql(statement, params=parameters).to_arrow_table()
        except duckdb.Error as error:
            raise said(error) from error
    return make(found)


def _maker(to: str) -> Callable[[pa.Table], Any]:
    """What turns Arrow into what is wanted; said before anything is read."""
    if to not in _MAKERS:
        raise SpecError(f"a table cannot be read to {to!r}: choose arrow, pandas or polars")
    try:
        return _MAKERS[to]()
    except ImportError as error:
        message = f"{to} is not installed: `pip install {to}`, or read to arrow"
        raise SpecError(message) from error


def _arrow() -> Callable[[pa.Table], Any]:
    return lambda found: found


def _pandas() -> Callable[[pa.Table], Any]:
    own_types = import_module("pandas").ArrowDtype
    return lambda found: found.to_pandas(types_mapper=own_types)


def _polars() -> Callable[[pa.Table], Any]:
    make: Callable[[pa.Table], Any] = import_module("polars").from_arrow
    return make


_MAKERS = {"arrow": _arrow, "pandas": _pandas, "polars": _polars}
