"""A field, a table, and the Arrow types that they stand for."""

from __future__ import annotations

import hashlib
from typing import Literal

import pyarrow as pa
from msgspec import Struct

__all__ = ["SCALARS", "Field", "Kind", "TableSchema", "camel"]

Kind = Literal[
    "string", "int", "quoted_int", "float", "bool", "date", "timestamp", "json", "blob", "struct"
]

#: Arrow's type of each kind that is not a struct; the API writes a quoted_int as a JSON string.
SCALARS: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "quoted_int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "json": pa.string(),
    "blob": pa.binary(),
}


class Field(Struct, frozen=True):
    """One column, or one member of a struct; `choices` are the enum values known so far."""

    name: str
    kind: Kind
    doc: str
    many: bool = False
    fields: tuple[Field, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def arrow_type(self) -> pa.DataType:
        """The type of the column: a list of the kind's type where the field holds many."""
        one = _struct(self.fields) if self.kind == "struct" else SCALARS[self.kind]
        return pa.list_(one) if self.many else one

    @property
    def layout(self) -> str:
        """Name, kind and nesting in one line, without documentation or enum values."""
        inner = ",".join(member.layout for member in self.fields)
        return f"{self.name}:{self.kind}{'[]' if self.many else ''}" + f"({inner})" * bool(inner)


class TableSchema(Struct, frozen=True):
    """One table: its columns in order, documented."""

    name: str
    doc: str
    fields: tuple[Field, ...]

    def arrow(self) -> pa.Schema:
        """The columns as Arrow sees them."""
        return pa.schema([(field.name, field.arrow_type) for field in self.fields])

    @property
    def fingerprint(self) -> str:
        """A digest that changes with a name, a kind or the nesting, not with documentation."""
        layout = "\n".join((self.name, *(field.layout for field in self.fields)))
        return hashlib.sha256(layout.encode()).hexdigest()[:16]


def camel(snake: str) -> str:
    """The name that protobuf's JSON gives a field: `contig_n50` is `contigN50`."""
    head, *rest = snake.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _struct(fields: tuple[Field, ...]) -> pa.StructType:
    return pa.struct([(field.name, field.arrow_type) for field in fields])
