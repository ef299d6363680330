"""What staged rows answer: how many each identifier brought, how many each chain and query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from harvester.catalogue import Resource
from harvester.publish.evolve import todays_files
from harvester.publish.layout import table_layout
from harvester.publish.sql import columns, name
from harvester.publish.staged import SCRATCH, put_table, take_labels, valid_rows
from harvester.publish.workbench import with_room, workbench
from harvester.schema import QUERY
from harvester.store.lake import Lake

__all__ = ["ChainCount", "chain_counts", "distinct_keys", "matched"]


@dataclass(frozen=True, slots=True)
class ChainCount:
    """What a chain brought."""

    rows: int
    keys: int


def matched(
    lake: Lake,
    resource: Resource,
    parts: Sequence[str],
    valid: frozenset[str],
    asked: Mapping[str, Sequence[str]],
) -> dict[str, dict[str, int]]:
    """For each chain of `asked`, which says what it asked for: the rows that answer each value.

    A row answers what it echoes; without an echo, what its identifying columns hold. An accession
    also answers to its name without the version, and capital letters make no difference.
    """
    told = [*resource.identified_by, *([QUERY.name] if resource.has_query_echo else ())]
    if not told:
        return {}
    pairs = _pairs([(chain, value) for chain, values in asked.items() for value in values])
    found = _Staged(lake, resource, parts, valid).ask(
        told,
        f"SELECT p.one, p.other, count(*) FROM pairs p "
        f"JOIN (SELECT chain, unnest({_names(resource)}) AS name FROM delivered) n "
        f"ON n.chain = p.one AND lower(n.name) = lower(p.other) GROUP BY p.one, p.other",
        pairs,
    )
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for chain, value, count in found:
        counts[chain][value] = count
    return dict(counts)


def chain_counts(
    lake: Lake, resource: Resource, parts: Sequence[str], valid: frozenset[str]
) -> dict[str, ChainCount]:
    """The rows and the distinct keys of each chain."""
    key = columns(resource.key)
    grouped = f"SELECT chain, count(*) AS times FROM delivered GROUP BY chain, {key}"
    found = _Staged(lake, resource, parts, valid).ask(
        resource.key, f"SELECT chain, sum(times), count(*) FROM ({grouped}) GROUP BY chain"
    )
    return {chain: ChainCount(int(times), keys) for chain, times, keys in found}


def distinct_keys(
    lake: Lake,
    resource: Resource,
    parts: Sequence[str],
    valid: frozenset[str],
    group_of: Mapping[str, str],
) -> dict[str, int]:
    """The distinct keys of each group of chains, such as the chains of one query."""
    key = columns(resource.key)
    grouped = f"SELECT DISTINCT p.other, {key} FROM delivered d JOIN pairs p ON p.one = d.chain"
    found = _Staged(lake, resource, parts, valid).ask(
        resource.key,
        f"SELECT g.other, count(*) FROM ({grouped}) g GROUP BY g.other",
        _pairs(list(group_of.items())),
    )
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A table's staged rows, to be asked one thing."""

    lake: Lake
    resource: Resource
    parts: Sequence[str]
    valid: frozenset[str]

    def ask(
        self, wanted: Sequence[str], question: str, pairs: pa.Table | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a query over the view `delivered` and the table `pairs`."""
        if not self.parts:
            return []
        scratch = str(PurePosixPath(self.parts[0]).with_name(SCRATCH))
        layout = table_layout(self.resource)

        def work(room: str) -> list[tuple[Any, ...]]:
            with workbench(self.lake.path(f"{scratch}/spill"), room) as connection:
                take_labels(connection, self.valid)
                rows = valid_rows(self.lake, staged, wanted)
                connection.execute(f"CREATE VIEW delivered AS {rows}")
                if pairs is not None:
                    put_table(connection, "pairs", pairs)
                return connection.execute(question).fetchall()

        try:
            staged = todays_files(self.lake, layout, dict.fromkeys(self.parts), f"{scratch}/parts")
            return with_room(work)
        finally:
            self.lake.delete_folder(scratch)


def _names(resource: Resource) -> str:
    """The names that a row answers to, as a list."""
    names = []
    for column in resource.identified_by:
        told = f"lower(CAST({name(column)} AS VARCHAR))"
        names.append(told)
        if column.endswith("accession"):
            names.append(f"regexp_replace({told}, '[.][0-9]+$', '')")
    own = f"CAST(list_distinct([{', '.join(names)}]) AS VARCHAR[])"
    if not resource.has_query_echo:
        return own
    echoed = f"list_distinct({name(QUERY.name)})"
    return f"CASE WHEN len({echoed}) > 0 THEN {echoed} ELSE {own} END"


def _pairs(rows: Sequence[tuple[str, str]]) -> pa.Table:
    left, right = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"one": pa.array(left, pa.string()), "other": pa.array(right, pa.string())})
