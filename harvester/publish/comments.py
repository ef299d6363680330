"""The documentation of tables and columns, as comments inside the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harvester.publish.layout import Layout
from harvester.publish.relations import VALIDITY
from harvester.publish.sql import name, text
from harvester.publish.views import PAST
from harvester.schema import Field, flat_columns

__all__ = ["comments_on", "comments_on_rows"]


def comments_on(layout: Layout, *, views: bool) -> Iterator[str]:
    """The statements that document a table and what stands around it."""
    yield from comments_on_rows(layout, views=views)
    if layout.schema != "main":
        return
    flat = (
        Field(leaf.name, leaf.field.kind, leaf.field.doc) for leaf in flat_columns(layout.columns)
    )
    title = f"The table {layout.name}"
    yield from _relation(
        "VIEW", "main", f"{layout.name}_flat", f"{title} with one column a leaf. {layout.doc}", flat
    )
    if not views:
        told = f"The versions of rows of {layout.name} that have ended; see {layout.name}_history."
        yield from _relation("TABLE", PAST, layout.name, told, (*layout.columns, *VALIDITY))
    told = f"{title} as it stood at a moment; a moment without a zone is UTC."
    yield f"COMMENT ON MACRO TABLE main.{name(f'{layout.name}_as_of')} IS {text(told)}"


def comments_on_rows(layout: Layout, *, views: bool) -> Iterator[str]:
    """The statements that document a table's rows, current ones and all versions."""
    kind = "VIEW" if views else "TABLE"
    yield from _relation(kind, layout.schema, layout.name, layout.doc, layout.columns)
    if layout.schema == "main":
        told = f"The table {layout.name} with all versions of its rows."
        versions = (*layout.columns, *VALIDITY)
        yield from _relation("VIEW", "main", f"{layout.name}_history", told, versions)


def _relation(
    kind: str, schema: str, relation: str, doc: str, fields: Iterable[Field]
) -> Iterator[str]:
    full = f"{name(schema)}.{name(relation)}"
    yield f"COMMENT ON {kind} {full} IS {text(doc)}"
    for field in fields:
        yield f"COMMENT ON COLUMN {full}.{name(field.name)} IS {text(field.doc)}"
