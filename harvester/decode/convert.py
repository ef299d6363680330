"""Columns as pyarrow reads JSON to columns as the lake holds them: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from harvester.decode.arrow import Array, Type, nulls
from harvester.schema import Field

__all__ = ["Converter", "Speller", "Surprise", "converter", "input_type"]

#: What pyarrow.json is told to expect; kinds that are not here are read record by record.
_INPUT: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "quoted_int": pa.string(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.string(),
    "timestamp": pa.timestamp("us"),
}
#: Above this a float no longer tells neighbouring integers apart.
_EXACT = pa.scalar(2.0**53)
#: Years 1 to 9999, which Python and databases know, in days since 1970.
_CALENDAR = (-719_162, 2_932_896)
_DAY = 86_400_000_000

Speller = Callable[[str], str]
Converter = Callable[[Array], Array]


class Surprise(Exception):
    """A slice holds something that only reading it record by record can settle."""


def input_type(field: Field, spell: Speller, *, trusted: bool) -> Type | None:
    """The type in which a field is read, or None where it cannot be read at once.

    JSON of any shape arrives as text from the slow path alone.
    """
    if field.kind == "struct":
        one: Type | None = _input_struct(field, spell, trusted=trusted)
    else:
        one = pa.string() if trusted and field.kind == "json" else _INPUT.get(field.kind)
    return pa.list_(one) if one is not None and field.many else one


def converter(field: Field, spell: Speller, *, trusted: bool) -> Converter | None:
    """What gives a column its final type, or None where it has it already.

    It raises Surprise where a value would change on the way. What the slow path has checked
    already is trusted.
    """
    if field.kind == "struct":
        one = _struct_converter(field, spell, trusted=trusted)
    elif trusted and field.kind == "float":
        one = None
    else:
        one = _CONVERTERS.get(field.kind)
    return _each(one) if one and field.many else one


def _input_struct(field: Field, spell: Speller, *, trusted: bool) -> Type:
    typed = [(spell(m.name), input_type(m, spell, trusted=trusted)) for m in field.fields]
    return pa.struct([(name, kind) for name, kind in typed if kind is not None])


def _struct_converter(field: Field, spell: Speller, *, trusted: bool) -> Converter | None:
    inner = [converter(member, spell, trusted=trusted) for member in field.fields]
    read = _input_struct(field, spell, trusted=trusted)
    names = [member.name for member in field.fields]
    if not any(inner) and [child.name for child in read] == names:
        return None
    whole: Type = field.arrow_type
    kind = whole.value_type if field.many else whole
    indexes = [read.get_field_index(spell(name)) for name in names]

    def convert(array: Array) -> Array:
        children = [
            _child(array, index, change, kind.field(name).type)
            for name, index, change in zip(names, indexes, inner, strict=True)
        ]
        return _rebuilt(array, kind, 1, children)

    return convert


def _child(array: Array, index: int, change: Converter | None, kind: Type) -> Array:
    if index < 0:
        return nulls(len(array), kind)
    child = array.field(index)
    return change(child) if change else child


def _each(change: Converter) -> Converter:
    """Converts the elements of lists."""

    def convert(array: Array) -> Array:
        values = change(array.values)
        return _rebuilt(array, pa.list_(values.type), 2, [values])

    return convert


def _rebuilt(array: Array, kind: Type, own: int, children: Sequence[Array]) -> Array:
    """The same list or struct around other children, nothing copied."""
    buffers = array.buffers()[:own]
    return pa.Array.from_buffers(
        kind, len(array), buffers, array.null_count, array.offset, children
    )


def _from_quoted(array: Array) -> Array:
    """Only the plain way to write an integer: no leading zeros, no hexadecimal."""
    numbers = pc.cast(array, pa.int64())
    if not pc.cast(numbers, pa.string()).equals(array):
        raise Surprise
    return numbers


def _exact_float(array: Array) -> Array:
    if pc.all(pc.less(pc.abs(array), _EXACT)).as_py() is False:  # a NaN is not less either
        raise Surprise
    return array


def _date(array: Array) -> Array:
    days = pc.cast(array, pa.date32())
    _check_calendar(pc.cast(days, pa.int32()), 1)
    return days


def _timestamp(array: Array) -> Array:
    _check_calendar(pc.cast(array, pa.int64()), _DAY)
    return array


def _check_calendar(numbers: Array, day: int) -> None:
    ends: Array = pc.min_max(numbers)
    first, last = ends["min"].as_py(), ends["max"].as_py()
    if first is None:
        return
    if first // day < _CALENDAR[0] or last // day > _CALENDAR[1]:
        raise Surprise


_CONVERTERS: Mapping[str, Converter] = {
    "quoted_int": _from_quoted,
    "float": _exact_float,
    "date": _date,
    "timestamp": _timestamp,
}
