"""Values out of `_extra` into columns that a later schema has for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
from msgspec.structs import replace

from harvester.publish.fit import Raw, fit, named, pointer, steps
from harvester.schema import EXTRA, Field

__all__ = ["lift"]

_ENTRIES = msgspec.json.Decoder(dict[str, Raw])


def lift(table: pa.Table, fields: Sequence[Field]) -> pa.Table:
    """The rows with every surplus value in its column that now has one; the rest stays."""
    lifting = _Lifting(table, fields)
    extras = table.column(EXTRA.name).to_pylist()
    left = [
        lifting.row(row, extra) if extra is not None else None for row, extra in enumerate(extras)
    ]
    return lifting.table() if left == extras else lifting.table(left)


class _Lifting:
    """A table of which only those columns become Python values that something is lifted into."""

    def __init__(self, table: pa.Table, fields: Sequence[Field]) -> None:
        self._table = table
        self._fields = [field for field in fields if not field.name.startswith("_")]
        self._opened: dict[str, list[Any]] = {}

    def row(self, row: int, extra: str) -> str | None:
        """Lifts what one row's surplus holds; gives the surplus that is left."""
        try:
            entries = _ENTRIES.decode(extra)
        except msgspec.DecodeError:
            return extra
        rest: dict[str, Raw] = {}
        for at, raw in entries.items():
            self._place(row, at, raw, rest)
        if rest == entries:
            return extra
        return msgspec.json.encode(rest).decode() if rest else None

    def table(self, extras: list[str | None] | None = None) -> pa.Table:
        """The table with what was lifted."""
        table = self._table
        changed: dict[str, list[Any]] = dict(self._opened)
        if extras is not None:
            changed[EXTRA.name] = extras
        for name, values in changed.items():
            index = table.schema.get_field_index(name)
            typed = table.schema.field(index)
            table = table.set_column(index, typed, pa.array(values, typed.type))
        return table

    def _place(self, row: int, at: str, raw: Raw, rest: dict[str, Raw]) -> None:
        names = steps(at)
        field = named(self._fields, names[0]) if names else None
        if field is None:
            rest[at] = raw
            return
        values = self._values(field.name)
        values[row] = _put(values[row], field, names[1:], raw, pointer(names[:1]), rest)

    def _values(self, name: str) -> list[Any]:
        if name not in self._opened:
            self._opened[name] = self._table.column(name).to_pylist()
        return self._opened[name]


def _put(
    held: Any,  # noqa: ANN401 - any column's value
    field: Field,
    names: Sequence[str],
    raw: Raw,
    at: str,
    rest: dict[str, Raw],
) -> Any:  # noqa: ANN401
    """What the column holds once the value is in its place; a value that is there stays."""
    if not names:
        return _enter(held, field, raw, at, rest)
    step, *further = names
    below = at + pointer([step])
    if field.many:
        if isinstance(held, list) and step.isdecimal() and int(step) < len(held):
            index, one = int(step), replace(field, many=False)
            held[index] = _put(held[index], one, further, raw, below, rest)
            return held
    elif (member := named(field.fields, step)) is not None:
        inside = held or {}
        value = _put(inside.get(member.name), member, further, raw, below, rest)
        return held if value is None else {**inside, member.name: value}
    rest[at + pointer(names)] = raw
    return held


def _enter(held: Any, field: Field, raw: Raw, at: str, rest: dict[str, Raw]) -> Any:  # noqa: ANN401
    if held is not None:
        rest[at] = raw
        return held
    return fit(raw, field, at, rest)
