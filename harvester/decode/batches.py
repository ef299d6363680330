"""The fast path: a slice of lines to columns at once, or a Surprise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from pyarrow import json as arrow_json

from harvester.catalogue import Resource
from harvester.decode.arrow import Array, nulls, parse_lines
from harvester.decode.convert import Converter, Surprise, converter, input_type
from harvester.decode.lines import object_lines
from harvester.schema import QUERY, Field, camel

__all__ = ["Columns", "FastPath", "Form", "Piece", "Reader"]

Columns = dict[str, Array]

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Piece(NamedTuple):
    """Rows, and the lines that they were read from."""

    columns: Columns
    lines: Sequence[bytes | memoryview]


class Form(Struct, frozen=True):
    """How records are written: in a wrapper or bare, in which names; settled by the slow path."""

    wrapped: bool = False
    camel: bool = False
    settled: bool = False


class Reader:
    """Reads slices that are written in one form."""

    def __init__(self, resource: Resource, fields: Sequence[Field], form: Form) -> None:
        self._fields = fields
        self._form = form
        self._spell = camel if form.camel else str
        self._wrapper = self._spell(resource.wrapper) if form.wrapped else ""
        self._outer = set(resource.wrapper_columns) if form.wrapped else set()
        self._converters = [converter(field, self._spell, trusted=form.settled) for field in fields]
        self._echo = resource.has_query_echo and not form.settled
        self._options = arrow_json.ParseOptions(
            explicit_schema=self._input_schema(), unexpected_field_behavior="error"
        )

    def read(self, data: bytes) -> Columns:
        """The columns of the report and `_query`; Surprise where anything is not as expected."""
        try:
            columns = self._columns(parse_lines(data, self._options))
            pa.RecordBatch.from_pydict(columns).validate(full=True)
        except pa.ArrowException as error:
            raise Surprise from error
        return columns

    def _input_schema(self) -> pa.Schema:
        trusted = self._form.settled
        typed = [(f.name, input_type(f, self._spell, trusted=trusted)) for f in self._fields]
        known = [(name, kind) for name, kind in typed if kind is not None]
        outer = [(self._spell(n), k) for n, k in known if not self._wrapper or n in self._outer]
        inner = [(self._spell(n), k) for n, k in known if self._wrapper and n not in self._outer]
        wrapper = [(self._wrapper, pa.struct(inner))] if self._wrapper else []
        return pa.schema([*wrapper, *outer, *[("query", QUERY.arrow_type)] * self._echo])

    def _columns(self, found: Columns) -> Columns:
        rows = len(next(iter(found.values())))
        if self._wrapper:
            report = found.pop(self._wrapper)
            found |= zip(report.type.names, report.flatten(), strict=True)
        columns = {
            field.name: self._column(field, change, found, rows)
            for field, change in zip(self._fields, self._converters, strict=True)
        }
        return columns | ({QUERY.name: found["query"]} if self._echo else {})

    def _column(self, field: Field, change: Converter | None, found: Columns, rows: int) -> Array:
        array = found.get(self._spell(field.name))
        if array is None:
            return nulls(rows, field.arrow_type)
        return change(array) if change else array


class FastPath:
    """Reads slices in whichever form their first line is written."""

    def __init__(self, resource: Resource, fields: Sequence[Field], key: Sequence[str]) -> None:
        self._reader = cache(partial(Reader, resource, fields))  # made for the form that is met
        self._wrappers = {resource.wrapper, camel(resource.wrapper)} - {""}
        self._camel = {camel(field.name) for field in fields} - {field.name for field in fields}
        self._key = key

    def read(self, data: bytes) -> Piece:
        """All lines at once; Surprise where there is none, or one of them is unusual."""
        # An object a line, each inside its line: pyarrow crashes where data begins with `null`,
        # and by itself it would take two objects on a line, or one on two lines, for granted.
        lines = object_lines(data)
        if not lines:
            raise Surprise
        columns = self._reader(self._form(lines[0])).read(data)
        rows = len(next(iter(columns.values())))
        if rows != len(lines) or (self._key and not self._have_keys(columns)):
            raise Surprise
        return Piece(columns, lines)

    def _form(self, line: memoryview) -> Form:
        try:
            record = _MEMBERS.decode(line)
            reports = (record[name] for name in self._wrappers if name in record)
            report = next((one for one in reports if bytes(one).startswith(b"{")), None)
            names = record if report is None else _MEMBERS.decode(report)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Surprise from error
        return Form(report is not None, not self._camel.isdisjoint(names))

    def _have_keys(self, columns: Columns) -> bool:
        found = [columns[name].is_valid() for name in self._key]
        either = found[0]
        for other in found[1:]:
            either = pc.or_(either, other)
        return bool(pc.all(either).as_py())
