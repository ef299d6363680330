"""Which rows and columns of a table somebody wants to see, turned into SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from harvester.errors import SpecError
from harvester.look.catalog import Column, Form, Table
from harvester.publish.sql import key_text, name, text

__all__ = ["OPERATORS", "Selection", "one_row", "selection"]

_MOST_FILTERS = 20


class Selection(Struct, frozen=True):
    """A question about one table; `where` and `order` are SQL or empty."""

    table: Table
    columns: tuple[Column, ...]
    where: str = ""
    order: str = ""

    def rows(self, limit: int | None = None, offset: int = 0, *, keys: bool = False) -> str:
        """The query for the rows, with the row's key as first column where it is wanted."""
        key = [f"{key_text(self.table.key)} AS _key"] if keys and self.table.key else []
        told = [f"{column.sql} AS {name(column.name)}" for column in self.columns]
        paged = "" if limit is None else f"\nLIMIT {limit} OFFSET {offset}"
        return f"SELECT {', '.join(key + told)}\nFROM {self.table.relation}{self._tail}{paged}"

    @property
    def count(self) -> str:
        """The query for their number."""
        return f"SELECT count(*) FROM {self.table.relation}{self._where}"

    @property
    def _where(self) -> str:
        return f"\nWHERE {self.where}" if self.where else ""

    @property
    def _tail(self) -> str:
        return self._where + (f"\nORDER BY {self.order}" if self.order else "")


def selection(table: Table, asked: Mapping[str, Any]) -> Selection:
    """Reads what a page or a program asks; each name is looked up, each value is quoted."""
    wanted = asked.get("columns") or [column.name for column in table.columns]
    columns = tuple(table.column(str(one)) for one in wanted)
    filters = list(asked.get("filters") or ())
    if len(filters) > _MOST_FILTERS:
        raise SpecError(f"{len(filters)} filters are too many: {_MOST_FILTERS} are possible")
    conditions = [_condition(table, one) for one in filters]
    if search := str(asked.get("search") or ""):
        conditions.append(_anywhere(columns, search))
    return Selection(table, columns, " AND ".join(conditions), _order(table, asked))


def one_row(table: Table, key: str) -> Selection:
    """The row with that key, all columns of it."""
    if not table.key:
        raise SpecError(f"rows of {table.name} have no key")
    parts = [key] if len(table.key) == 1 else _parts(key, len(table.key))
    pairs = zip(map(table.column, table.key), parts, strict=True)
    conditions = (
        f"{column.sql} IS NULL" if part is None else f"{column.sql} = {_typed(column, part)}"
        for column, part in pairs
    )
    return Selection(table, table.columns, " AND ".join(conditions))


def _parts(key: str, wanted: int) -> Sequence[str | None]:
    try:
        parts = json.loads(key)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != wanted:
        raise SpecError(f"a key of {wanted} parts is expected, as a JSON list")
    return [None if part is None else str(part) for part in parts]


def _order(table: Table, asked: Mapping[str, Any]) -> str:
    if not asked.get("sort"):
        return ""
    column = table.column(str(asked["sort"]))
    way = "DESC" if asked.get("descending") else "ASC"
    return f"{column.sql} {way} NULLS LAST"


def _anywhere(columns: Sequence[Column], search: str) -> str:
    """Whether one of the columns holds the text, whatever its case; bytes are not looked into."""
    looked = [_contains(column, search) for column in columns if _may_hold(column, search)]
    return f"({' OR '.join(looked)})" if looked else "false"


def _may_hold(column: Column, search: str) -> bool:
    """Whether it can be there at all: no word is looked for among millions of numbers."""
    return column.form != "bytes" and all(
        letter in _LETTERS.get(column.form, letter) for letter in search.lower()
    )


def _contains(column: Column, value: str) -> str:
    told = column.sql if column.form == "text" else f"CAST({column.sql} AS VARCHAR)"
    return f"contains(lower({told}), lower({text(value)}))"


def _begins(column: Column, value: str) -> str:
    return f"starts_with(CAST({column.sql} AS VARCHAR), {text(value)})"


def _empty(column: Column, value: str) -> str:
    del value
    empty = f" OR len({column.sql}) = 0" if column.form == "list" else ""
    return f"({column.sql} IS NULL{empty})"


def _compared(sign: str) -> Callable[[Column, str], str]:
    return lambda column, value: f"{column.sql} {sign} {_typed(column, value)}"


def _typed(column: Column, value: str) -> str:
    """The value as one of the column's type."""
    if column.form not in _READ:
        return text(value)
    read, like = _READ[column.form]
    try:
        read(value)
    except ValueError:
        raise SpecError(f"{value!r} is no value of {column.name}: {like}") from None
    broken = column.type == "BIGINT" and not value.strip().lstrip("+-").isdigit()
    return f"CAST({text(value)} AS {'DOUBLE' if broken else column.type})"


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError
    return value == "true"


#: How a value is understood, and what it should be like.
_READ: Mapping[Form, tuple[Callable[[str], object], str]] = {
    "number": (float, "give a number"),
    "moment": (datetime.fromisoformat, "give a day or a moment, like 2026-01-31"),
    "bool": (_flag, "give true or false"),
}


def _comparable(column: Column) -> Column:
    """What is nested is compared as text."""
    if column.form in ("list", "json", "bytes"):
        return Column(column.name, "VARCHAR", "text", "", f"CAST({column.sql} AS VARCHAR)")
    return column


#: What values are written with, where not all letters can be in them.
_LETTERS: Mapping[Form, str] = {
    "number": "0123456789.+-e",
    "moment": "0123456789:.- ",
    "bool": "truefalse",
}
#: What a filter can ask of a column.
OPERATORS: Mapping[str, Callable[[Column, str], str]] = {
    "contains": _contains,
    "begins with": _begins,
    "is": lambda column, value: _compared("=")(_comparable(column), value),
    "is not": lambda column, value: _compared("IS DISTINCT FROM")(_comparable(column), value),
    "at least": _compared(">="),
    "at most": _compared("<="),
    "is empty": _empty,
    "is not empty": lambda column, value: f"NOT {_empty(column, value)}",
}


def _condition(table: Table, asked: Mapping[str, Any]) -> str:
    column = table.column(str(asked.get("column")))
    operator = str(asked.get("operator"))
    if operator not in OPERATORS:
        raise SpecError(f"there is no filter {operator!r}: there are {', '.join(OPERATORS)}")
    if operator in ("at least", "at most") and column.form in ("list", "json", "bytes"):
        raise SpecError(f"{column.name} holds no values that could be compared")
    return OPERATORS[operator](column, str(asked.get("value") or ""))
