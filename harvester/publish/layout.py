"""How a table lies in the lake and in the database: its columns, its key, its fingerprint."""

from __future__ import annotations

import hashlib

import pyarrow as pa
from msgspec import Struct

from harvester.catalogue import RESOURCES, Resource
from harvester.publish.sql import name
from harvester.schema import CHAIN, HASH, SEEN_AT, Field, load_schema, table_fields

__all__ = ["META_TABLES", "Layout", "meta_layout", "meta_layouts", "table_layout", "table_layouts"]

META_TABLES = ("runs", "queries", "items", "changes", "drift", "quarantine", "messages")


class Layout(Struct, frozen=True):
    """One table: `columns` are those of the database, `lake_only` follow them in the lake."""

    name: str
    doc: str
    columns: tuple[Field, ...]
    schema: str = "main"
    key: tuple[str, ...] = ()
    lake_only: tuple[Field, ...] = ()

    @property
    def in_sql(self) -> str:
        """How a statement calls it."""
        return f"{name(self.schema)}.{name(self.name)}"

    @property
    def stored(self) -> tuple[Field, ...]:
        """The columns of the lake's files: these are not written again when a row is seen again."""
        return tuple(field for field in self.columns if field != SEEN_AT) + self.lake_only

    @property
    def arrow(self) -> pa.Schema:
        """The columns of the lake's files, as Arrow sees them."""
        return pa.schema([(field.name, field.arrow_type) for field in self.stored])

    @property
    def key_fields(self) -> tuple[Field, ...]:
        """The columns that tell one row from another."""
        by_name = {field.name: field for field in self.columns}
        return tuple(by_name[column] for column in self.key)

    @property
    def data(self) -> tuple[str, ...]:
        """The columns that NCBI's report fills."""
        return tuple(field.name for field in self.columns if not field.name.startswith("_"))

    @property
    def fingerprint(self) -> str:
        """A digest that changes when files written before no longer have today's columns."""
        lines = "\n".join(field.layout for field in self.stored)
        return hashlib.sha256(lines.encode()).hexdigest()[:16]


def table_layout(resource: Resource) -> Layout:
    """The layout of a resource's table."""
    return Layout(
        resource.name,
        load_schema(resource.name).doc,
        table_fields(resource),
        key=resource.key,
        lake_only=(CHAIN, HASH),
    )


def meta_layout(name: str) -> Layout:
    """The layout of a table of the schema `meta`."""
    schema = load_schema(f"meta/{name}")
    return Layout(name, schema.doc, schema.fields, schema="meta")


def table_layouts() -> tuple[Layout, ...]:
    """All tables of the catalogue, in its order."""
    return tuple(map(table_layout, RESOURCES.values()))


def meta_layouts() -> tuple[Layout, ...]:
    """All tables of the schema `meta`."""
    return tuple(map(meta_layout, META_TABLES))
