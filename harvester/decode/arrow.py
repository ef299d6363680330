"""The few calls of pyarrow whose type stubs are narrower than pyarrow itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import pyarrow as pa
from pyarrow import json as arrow_json

__all__ = ["Array", "Type", "concat", "elements", "nulls", "parse_lines", "repeat"]

#: An array of a type that is known when the program runs, not before.
Array: TypeAlias = Any
#: A type that is known when the program runs, not before.
Type: TypeAlias = Any


def nulls(rows: int, kind: Type) -> Array:
    """A column without values."""
    return pa.nulls(rows, kind)


def repeat(value: object, kind: Type, rows: int) -> Array:
    """A column that holds the same value everywhere."""
    return pa.repeat(cast("Any", pa.scalar(value, kind)), rows)


def elements(lists: Array) -> Array:
    """What lists hold, copied only out of slices: where a list is null, readers put nothing."""
    if lists.offset:
        return lists.flatten()
    return lists.values.slice(0, lists.offsets[-1].as_py())


def concat(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of all batches in one."""
    if len(batches) == 1:
        return batches[0]
    return cast("pa.RecordBatch", cast("Any", pa).concat_batches(batches))


def parse_lines(data: bytes, options: arrow_json.ParseOptions) -> dict[str, Array]:
    """The columns of JSON lines, each in one piece; no Python lock is held meanwhile."""
    table = arrow_json.read_json(
        cast("Any", pa.py_buffer(data)),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=options,
    ).combine_chunks()
    return {name: table.column(name).chunk(0) for name in table.column_names}
