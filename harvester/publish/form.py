"""The form of a database: all of it but the rows, and a digest that tells one form from another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import duckdb

from harvester import __version__
from harvester.publish.attached import ROW_GROUP_SIZE, STORAGE_VERSION
from harvester.publish.comments import comments_on
from harvester.publish.layout import Layout, meta_layouts, table_layouts
from harvester.publish.relations import VALIDITY
from harvester.publish.sql import name, sql_type, value_of
from harvester.publish.views import around, history_over_tables
from harvester.schema import Field

__all__ = ["form_of", "table"]


def table(schema: str, relation: str, fields: tuple[Field, ...]) -> str:
    """The statement that makes a table."""
    typed = ", ".join(f"{name(field.name)} {sql_type(field)}" for field in fields)
    return f"CREATE TABLE {name(schema)}.{name(relation)} ({typed})"


def form_of(register: str) -> str:
    """The digest of what a database consists of; the programs that make it are part of that."""
    told = [__version__, duckdb.__version__, STORAGE_VERSION, str(ROW_GROUP_SIZE), register]
    for layout in (*table_layouts(), *meta_layouts()):
        told += _told(layout)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _told(layout: Layout) -> Iterator[str]:
    yield layout.fingerprint
    yield from layout.key
    yield table(layout.schema, layout.name, (*layout.columns, *VALIDITY))
    yield from map(value_of, layout.columns)
    if layout.schema == "main":
        yield from around(layout, history_over_tables(layout))
    yield from comments_on(layout, views=False)
