"""The tables as people look at them: laid flat, with what each column holds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.publish import META_TABLES, type_name
from harvester.publish.layout import Layout, meta_layout, table_layout
from harvester.publish.sql import path, text
from harvester.publish.workbench import Connection
from harvester.schema import Field, flat_columns

__all__ = ["Column", "Form", "Table", "database_tables", "known_tables", "named", "table_of"]

Form = Literal["text", "number", "moment", "bool", "list", "json", "bytes"]
_FORMS: Mapping[str, Form] = {
    "string": "text",
    "int": "number",
    "quoted_int": "number",
    "float": "number",
    "bool": "bool",
    "date": "moment",
    "timestamp": "moment",
    "json": "json",
    "blob": "bytes",
}


#: More names than that are no help in a sentence.
_MOST_NAMES = 30


class Column(Struct, frozen=True):
    """One column of a flat table; `sql` is where its value stands in the nested row."""

    name: str
    type: str
    form: Form
    doc: str
    sql: str


class Table(Struct, frozen=True):
    """One table; `called` is the column that tells people what a row stands for."""

    name: str
    title: str
    doc: str
    relation: str
    columns: tuple[Column, ...]
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    called: str = ""
    stored: bool = True

    def column(self, wanted: str) -> Column:
        """The column of that name, or a sentence about which there are."""
        found = {column.name: column for column in self.columns}
        return found[named(wanted, tuple(found), f"column of {self.name}")]


def named(wanted: str, names: Sequence[str], what: str) -> str:
    """The name where there is one, else a sentence with the nearest one."""
    if wanted in names:
        return wanted
    within = sorted((name for name in names if wanted and wanted in name), key=len)
    near = within or difflib.get_close_matches(wanted, names, 1)
    if near:
        hint = f"did you mean {near[0]}?"
    elif len(names) > _MOST_NAMES:
        hint = f"there are {len(names)}, which `harvester tables` and the page list"
    else:
        hint = f"there are {', '.join(names)}"
    raise SpecError(f"there is no {what} {wanted!r}: {hint}")


@cache
def known_tables() -> tuple[str, ...]:
    """The names of all tables, those about the runs last."""
    return (*RESOURCES, *(f"meta.{one}" for one in META_TABLES))


def table_of(wanted: str) -> Table:
    """A table as today's schemas describe it."""
    named(wanted, known_tables(), "table")
    if wanted not in RESOURCES:
        return _table(meta_layout(wanted.removeprefix("meta.")), wanted, "")
    resource = RESOURCES[wanted]
    called = "_".join(resource.called)
    return replace(_table(table_layout(resource), wanted, resource.title), called=called)


def database_tables(connection: Connection) -> dict[str, Table]:
    """The tables of a database; a column that it does not have yet is left out."""
    held = _held(connection)
    stored = {one for (one,) in connection.execute(_STORED).fetchall()}
    return {
        one: replace(table, columns=_present(table, held[one]), stored=one in stored)
        for one, table in ((one, table_of(one)) for one in known_tables())
        if one in held
    }


_HERE = "database_name = current_database() AND NOT internal"
_STORED = (
    "SELECT CASE schema_name WHEN 'meta' THEN 'meta.' ELSE '' END || table_name "
    f"FROM duckdb_tables() WHERE {_HERE} AND schema_name IN ('main', 'meta')"
)


def _held(connection: Connection) -> dict[str, set[str]]:
    """The names of the columns, laid flat, by table."""
    asked = (
        "SELECT CASE schema_name WHEN 'meta' THEN 'meta.' || table_name "
        "ELSE regexp_replace(table_name, '_flat$', '') END, list(column_name) "
        f"FROM duckdb_columns() WHERE {_HERE} AND (schema_name = 'meta' "
        f"OR schema_name = 'main' AND table_name IN ({_flat_names()})) GROUP BY ALL"
    )
    return {table: set(columns) for table, columns in connection.execute(asked).fetchall()}


def _flat_names() -> str:
    return ", ".join(text(f"{resource}_flat") for resource in RESOURCES)


def _present(table: Table, held: Iterable[str]) -> tuple[Column, ...]:
    names = set(held)
    return tuple(column for column in table.columns if column.name in names)


def _table(layout: Layout, called: str, title: str) -> Table:
    columns = tuple(
        Column(
            leaf.name,
            type_name(leaf.field),
            "list" if leaf.field.many else _FORMS[leaf.field.kind],
            leaf.field.doc,
            path(leaf.path),
        )
        for leaf in flat_columns(layout.columns)
    )
    return Table(called, title, layout.doc, layout.in_sql, columns, layout.columns, layout.key)
