"""The columns of a table down to each leaf, and how SQL reaches what lies in lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from harvester.publish.sql import name, text
from harvester.schema import Field

__all__ = ["Leaf", "leaves_of"]


class Leaf(Struct, frozen=True):
    """One column or member: `[]` in its name marks a list.

    `value` is its value in SQL; of what a list holds or lies in one, a list of all values.
    """

    name: str
    field: Field
    value: str
    in_list: bool

    @property
    def filled(self) -> str:
        """The condition that a row has a value here."""
        if self.in_list:
            return f"len({self._values}) > 0"
        return f"{self.value} IS NOT NULL"

    @property
    def example(self) -> str:
        """One value as text; of a struct its members have them, of a list it is an element."""
        if not self.in_list:
            return "NULL" if self.field.kind == "struct" else f"CAST({self.value} AS VARCHAR)"
        element = f"{self._values}[1]"
        told = f"to_json({element})" if self.field.kind == "struct" else element
        return f"CAST({told} AS VARCHAR)"

    @property
    def _values(self) -> str:
        return f"list_filter({self.value}, lambda v: v IS NOT NULL)"


def leaves_of(fields: Sequence[Field]) -> Iterator[Leaf]:
    """All columns, each followed by its members."""
    for field in fields:
        yield from _with_members(field, "", name(field.name), in_list=False)


def _with_members(field: Field, prefix: str, value: str, *, in_list: bool) -> Iterator[Leaf]:
    leaf = Leaf(
        f"{prefix}{field.name}{'[]' * field.many}",
        field,
        f"flatten({value})" if in_list and field.many else value,
        in_list or field.many,
    )
    yield leaf
    for member in field.fields:
        inner = f"[{text(member.name)}]"
        below = f"list_transform({leaf.value}, lambda v: v{inner})"
        reached = below if leaf.in_list else f"{leaf.value}{inner}"
        yield from _with_members(member, f"{leaf.name}.", reached, in_list=leaf.in_list)
