"""The form of a database: all of it but the rows, and a digest that tells one form from another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

import duckdb

from harvester import __version__
from harvester.publish.attached import LARGE_GROUP, ROW_GROUP_SIZE, STORAGE_VERSION
from harvester.publish.comments import comments_on
from harvester.publish.layout import Layout, meta_layouts, table_layouts
from harvester.publish.relations import VALIDITY, nothing
from harvester.publish.sql import name, sql_type, value_of
from harvester.publish.views import FILES, MOMENTS, PAST, around, history_over_tables
from harvester.schema import Field

__all__ = ["form_of", "statements"]


def _foundation() -> Iterator[str]:
    """The statements that make what all else stands on, for tables and for views alike."""
    yield "CREATE SCHEMA meta"
    yield f"CREATE SCHEMA {PAST}"
    yield f"CREATE TABLE {MOMENTS} (run_id VARCHAR, moment TIMESTAMP, turn BIGINT)"
    yield f"CREATE TABLE {FILES} (path VARCHAR)"


def statements(register: str) -> Iterator[str]:
    """The statements that make a database of tables, or of views, without a row."""
    layouts, views = (*table_layouts(), *meta_layouts()), register == "views"
    yield from _foundation()
    for layout in layouts:
        yield from _views(layout) if views else _tables(layout)
    yield "BEGIN"
    for layout in layouts:
        yield from comments_on(layout, views=views)
    yield "COMMIT"


def _tables(layout: Layout) -> Iterator[str]:
    yield _table(layout.schema, layout.name, layout.columns)
    if layout.schema == "main":
        yield _table(PAST, layout.name, (*layout.columns, *VALIDITY))
        yield from around(layout, history_over_tables(layout))


def _views(layout: Layout) -> Iterator[str]:
    yield f"CREATE VIEW {layout.in_sql} AS {nothing(layout.columns)}"
    if layout.schema == "main":
        yield from around(layout, nothing((*layout.columns, *VALIDITY)))


def _table(schema: str, relation: str, fields: tuple[Field, ...]) -> str:
    typed = ", ".join(f"{name(field.name)} {sql_type(field)}" for field in fields)
    return f"CREATE TABLE {name(schema)}.{name(relation)} ({typed})"


@cache
def form_of(register: str) -> str:
    """The digest of what a database consists of; the programs that make it are part of that."""
    groups = (str(ROW_GROUP_SIZE), str(LARGE_GROUP))
    told = [__version__, duckdb.__version__, STORAGE_VERSION, *groups, register]
    for layout in (*table_layouts(), *meta_layouts()):
        told += [layout.fingerprint, *layout.key, *map(value_of, layout.columns)]
    return hashlib.sha256("\n".join([*told, *statements(register)]).encode()).hexdigest()
