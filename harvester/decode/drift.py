"""What the schema does not know yet: fields, types and enum values, counted over a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from harvester.decode.arrow import Array, elements
from harvester.decode.fitting import Surplus
from harvester.decode.names import pattern
from harvester.decode.strict import json_text
from harvester.model import Drift
from harvester.schema import Field

__all__ = ["DriftBook", "Enums"]

_SAMPLE = 200
#: Findings of one page that are told apart; pointers that are told whole.
_MOST_FINDINGS = 1000
_LONGEST_POINTER = 1000
_MORE = "/…"


class DriftBook:
    """Counts over one page; the first value of each kind is its sample."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._samples: dict[tuple[str, str, str], str] = {}

    def note_surplus(self, surplus: Surplus) -> None:
        """What one record held beyond the columns."""
        for pointer, value in surplus.values.items():
            self._note(pattern(pointer), surplus.kinds[pointer], value)

    def note_enum(self, pointer: str, value: str, count: int) -> None:
        """An enum value that is not among the field's choices."""
        self._note(pointer, "enum", value, count, value)

    def drifts(self) -> tuple[Drift, ...]:
        """All that was noted, in the order of first sight."""
        return tuple(
            Drift(pointer, kind, self._samples[pointer, kind, which], count)
            for (pointer, kind, which), count in self._counts.items()
        )

    def _note(
        self,
        pointer: str,
        kind: str,
        value: Any,  # noqa: ANN401 - parsed JSON
        count: int = 1,
        which: str = "",
    ) -> None:
        about = (pointer[:_LONGEST_POINTER], kind, which[:_SAMPLE])
        if about not in self._counts and len(self._counts) >= _MOST_FINDINGS:
            about = (_MORE, kind, "")
        if about not in self._counts:
            self._samples[about] = json_text(value)[:_SAMPLE]
        self._counts[about] = self._counts.get(about, 0) + count


class Enums:
    """The enum fields of a table, wherever they are nested."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._leaves = [
            (path, _pointer(path), frozenset(path[-1].choices)) for path in _enum_paths(fields, ())
        ]

    def note_unknown(self, batch: pa.RecordBatch, book: DriftBook) -> None:
        """Notes the values that are no choice of their field."""
        for path, pointer, choices in self._leaves:
            leaf = _leaf(batch, path)
            if choices.issuperset(pc.unique(leaf).drop_null().to_pylist()):
                continue
            for value, count in Counter(leaf.drop_null().to_pylist()).items():
                if value not in choices:
                    book.note_enum(pointer, value, count)


def _enum_paths(fields: Sequence[Field], above: tuple[Field, ...]) -> Iterator[tuple[Field, ...]]:
    for field in fields:
        path = (*above, field)
        if field.choices:
            yield path
        yield from _enum_paths(field.fields, path)


def _pointer(path: Sequence[Field]) -> str:
    return "".join(f"/{field.name}" + "/-" * field.many for field in path)


def _leaf(batch: pa.RecordBatch, path: Sequence[Field]) -> Array:
    array: Array = batch.column(path[0].name)
    for above, field in pairwise(path):
        struct = elements(array) if above.many else array
        array = struct.field(above.fields.index(field))
    return elements(array) if path[-1].many else array
