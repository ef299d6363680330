"""How many rows have a value in a column, and one of these values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from harvester.look.leaves import Leaf
from harvester.look.sample import Sample
from harvester.publish.workbench import Connection

__all__ = ["Fill", "fills"]

#: Characters of an example.
_LONGEST = 200
#: Columns that are measured together: more would hold more rows in memory.
_TOGETHER = 40


class Fill(Struct, frozen=True):
    """Of one column: the share of rows with a value, none where there are no rows; a value."""

    share: float | None
    example: str | None


def fills(connection: Connection, sample: Sample, leaves: Sequence[Leaf]) -> list[Fill]:
    """The same of each column."""
    return [
        fill
        for start in range(0, len(leaves), _TOGETHER)
        for fill in _measured(connection, sample, leaves[start : start + _TOGETHER])
    ]


def _measured(connection: Connection, sample: Sample, leaves: Sequence[Leaf]) -> Iterator[Fill]:
    told = ", ".join(
        f"count(*) FILTER (WHERE {leaf.filled}), any_value(left({leaf.example}, {_LONGEST}))"
        for leaf in leaves
    )
    found = connection.execute(f"SELECT count(*), {told} FROM {sample.source}").fetchall()
    ((rows, *figures),) = found
    for filled, example in zip(figures[::2], figures[1::2], strict=True):
        yield Fill(filled / rows if rows else None, example)
