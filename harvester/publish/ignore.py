"""What a job calls no change: which rows it is about, and values with those members taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from harvester.publish.sql import columns, name, same, text
from harvester.schema import Field

__all__ = ["Ignored"]


class Ignored(Struct, frozen=True):
    """The paths that do not count, by the id of the query that says so.

    The different sets of paths have numbers from 1: a row of `suspects` says in the column
    `ignoring` which one holds for it, and 0 is none.
    """

    by_query: Mapping[str, tuple[str, ...]]

    @property
    def sets(self) -> list[tuple[str, ...]]:
        """The different ones."""
        return sorted({paths for paths in self.by_query.values() if paths})

    def suspects(self, key: Sequence[str]) -> str:
        """The query for the changed rows, each with its set.

        A row that several queries brought has the set that they agree on, or none.
        """
        changed = "news WHERE change = 'changed'"
        if not self.sets:
            return f"SELECT *, 0 AS ignoring FROM {changed}"
        agreed = (
            f"SELECT {columns(key)}, CASE WHEN min({self._number}) = max({self._number}) "
            f"THEN min({self._number}) ELSE 0 END AS ignoring FROM delivered b "
            f"SEMI JOIN (SELECT * FROM {changed}) c ON {same('b', 'c', key)} GROUP BY ALL"
        )
        return (
            f"SELECT n.*, g.ignoring FROM (SELECT * FROM {changed}) n "
            f"JOIN ({agreed}) g ON {same('n', 'g', key)}"
        )

    @property
    def _number(self) -> str:
        """The number of a chain's set: its id begins with that of its query."""
        numbers = {paths: number for number, paths in enumerate(self.sets, 1)}
        cases = (
            f"WHEN {text(query)} THEN {numbers[paths]}"
            for query, paths in self.by_query.items()
            if paths
        )
        return f"CASE split_part(chain, '.', 1) {' '.join(cases)} ELSE 0 END"

    def text_of(self, field: Field, value: str, row: str) -> str:
        """The value as text, without what does not count in that row."""
        whole = f"CAST({value} AS VARCHAR)"
        cases = (
            f"WHEN {number} THEN CAST({_without(field, value, inner)} AS VARCHAR)"
            for number, paths in enumerate(self.sets, 1)
            if (inner := _inside(field.name, paths)) is not None
        )
        told = " ".join(cases)
        return f"CASE {row}.ignoring {told} ELSE {whole} END" if told else whole


def _inside(member: str, paths: Collection[str]) -> tuple[str, ...] | None:
    """The paths from a member on; an empty one is the member itself, and None that none is."""
    found = {path.partition(".") for path in paths}
    inner = tuple(sorted(rest for first, _, rest in found if first == member))
    return inner or None


def _without(field: Field, value: str, paths: Collection[str], depth: int = 0) -> str:
    """The value without these members; no struct and one of NULLs come out the same."""
    if "" in paths:
        return "NULL"
    if field.many:
        one = f"item{depth}"
        return f"list_transform({value}, lambda {one}: {_rest(field, one, paths, depth + 1)})"
    return _rest(field, value, paths, depth)


def _rest(field: Field, value: str, paths: Collection[str], depth: int) -> str:
    kept = []
    for member in field.fields:
        inner, place = _inside(member.name, paths), f"{value}[{text(member.name)}]"
        if inner is None:
            kept.append((member.name, place))
        elif "" not in inner:
            kept.append((member.name, _without(member, place, inner, depth)))
    if not kept:
        return "NULL"
    packed = ", ".join(f"{name(member)} := {told}" for member, told in kept)
    return f"struct_pack({packed})"
