"""Columns as pyarrow reads JSON to columns as the lake holds them: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from harvester.decode.arrow import Array, nulls
from harvester.schema import Field

__all__ = ["INPUT", "Surprise", "convert", "input_type"]

#: What pyarrow.json is told to expect; kinds that are not here are read record by record.
INPUT: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "quoted_int": pa.string(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.string(),
    "timestamp": pa.timestamp("us"),
}
#: Above this a float no longer tells neighbouring integers apart.
_EXACT = 2.0**53
#: Years 1 to 9999, which Python and databases know, in days since 1970.
_CALENDAR = (-719_162, 2_932_896)
_DAY = 86_400_000_000

Speller = Callable[[str], str]


class Surprise(Exception):
    """A slice holds something that only reading it record by record can settle."""


def input_type(field: Field, spell: Speller) -> pa.DataType | None:
    """The type in which a field is read, or None where the fast path cannot read it."""
    one = _input_struct(field, spell) if field.kind == "struct" else INPUT.get(field.kind)
    return pa.list_(one) if one is not None and field.many else one


def convert(array: Array, field: Field, spell: Speller, *, trusted: bool) -> Array:
    """A column in its final type; Surprise where a value would change on the way.

    What the slow path has checked already is trusted.
    """
    if not field.many:
        return _convert_one(array, field, spell, trusted=trusted)
    values = _convert_one(array.values, field, spell, trusted=trusted)
    return _rebuilt(array, pa.list_(values.type), 2, [values])


def _convert_one(array: Array, field: Field, spell: Speller, *, trusted: bool) -> Array:
    if field.kind == "struct":
        return _convert_struct(array, field, spell, trusted=trusted)
    if trusted and field.kind == "float":
        return array
    return _CONVERTING.get(field.kind, _as_it_is)(array)


def _convert_struct(array: Array, field: Field, spell: Speller, *, trusted: bool) -> Array:
    children = []
    for member in field.fields:
        index = array.type.get_field_index(spell(member.name))
        if index < 0:
            children.append(nulls(len(array), member.arrow_type))
        else:
            children.append(convert(array.field(index), member, spell, trusted=trusted))
    kind = pa.struct(
        [(m.name, child.type) for m, child in zip(field.fields, children, strict=True)]
    )
    return _rebuilt(array, kind, 1, children)


def _rebuilt(array: Array, kind: pa.DataType, own: int, children: list[Array]) -> Array:
    """The same list or struct around other children, nothing copied."""
    buffers = array.buffers()[:own]
    return pa.Array.from_buffers(
        kind, len(array), buffers, array.null_count, array.offset, children
    )


def _input_struct(field: Field, spell: Speller) -> pa.DataType:
    typed = ((spell(member.name), input_type(member, spell)) for member in field.fields)
    return pa.struct([(name, kind) for name, kind in typed if kind is not None])


def _as_it_is(array: Array) -> Array:
    return array


def _from_quoted(array: Array) -> Array:
    """Only the plain way to write an integer: no leading zeros, no hexadecimal."""
    numbers = pc.cast(array, pa.int64())
    if not pc.cast(numbers, pa.string()).equals(array):
        raise Surprise
    return numbers


def _exact_float(array: Array) -> Array:
    if (
        pc.all(pc.less(pc.abs(array), pa.scalar(_EXACT))).as_py() is False
    ):  # a NaN is not less either
        raise Surprise
    return array


def _date(array: Array) -> Array:
    days = pc.cast(array, pa.date32())
    _check_calendar(days, pa.int32(), 1)
    return days


def _timestamp(array: Array) -> Array:
    _check_calendar(array, pa.int64(), _DAY)
    return array


def _check_calendar(array: Array, number: pa.DataType, day: int) -> None:
    ends = pc.min_max(pc.cast(array, number)).as_py()
    if ends["min"] is not None:
        first, last = ends["min"] // day, ends["max"] // day
        if first < _CALENDAR[0] or last > _CALENDAR[1]:
            raise Surprise


_CONVERTING: Mapping[str, Callable[[Array], Array]] = {
    "quoted_int": _from_quoted,
    "float": _exact_float,
    "date": _date,
    "timestamp": _timestamp,
}
