"""What staged rows answer: how many each identifier brought, how many each chain and query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa

from harvester.catalogue import Resource
from harvester.publish.evolve import todays_files
from harvester.publish.layout import table_layout
from harvester.publish.sql import columns, name
from harvester.publish.staged import put_table, take_labels, valid_rows
from harvester.publish.workbench import Connection, workbench
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
    wanted = _identifying(resource)
    if not (parts and asked and wanted):
        return {}
    with _rows(lake, resource, parts, valid, wanted) as (connection, rows):
        pairs = [(chain, value) for chain, values in asked.items() for value in values]
        put_table(connection, "asked", _table(("chain", "value"), pairs))
        found = connection.execute(
            f"SELECT a.chain, a.value, count(*) FROM asked a JOIN "
            f"(SELECT chain, unnest({_names(resource, wanted)}) AS name FROM ({rows})) n "
            f"ON n.chain = a.chain AND lower(n.name) = lower(a.value) GROUP BY a.chain, a.value"
        ).fetchall()
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for chain, value, count in found:
        counts[chain][value] = count
    return dict(counts)


def chain_counts(
    lake: Lake, resource: Resource, parts: Sequence[str], valid: frozenset[str]
) -> dict[str, ChainCount]:
    """The rows and the distinct keys of each chain."""
    if not parts:
        return {}
    with _rows(lake, resource, parts, valid, resource.key) as (connection, rows):
        key = columns(resource.key)
        grouped = f"SELECT chain, count(*) AS times FROM ({rows}) GROUP BY chain, {key}"
        found = connection.execute(
            f"SELECT chain, sum(times), count(*) FROM ({grouped}) GROUP BY chain"
        ).fetchall()
    return {chain: ChainCount(int(times), keys) for chain, times, keys in found}


def distinct_keys(
    lake: Lake,
    resource: Resource,
    parts: Sequence[str],
    valid: frozenset[str],
    group_of: Mapping[str, str],
) -> dict[str, int]:
    """The distinct keys of each group of chains, such as the chains of one query."""
    if not parts:
        return {}
    with _rows(lake, resource, parts, valid, resource.key) as (connection, rows):
        put_table(connection, "groups", _table(("member", "whole"), list(group_of.items())))
        grouped = (
            f"SELECT DISTINCT whole, {columns(resource.key)} "
            f"FROM ({rows}) JOIN groups ON member = chain"
        )
        found = connection.execute(
            f"SELECT whole, count(*) FROM ({grouped}) GROUP BY whole"
        ).fetchall()
    return {str(group): int(keys) for group, keys in found}


@contextmanager
def _rows(
    lake: Lake,
    resource: Resource,
    parts: Sequence[str],
    valid: frozenset[str],
    wanted: Sequence[str],
) -> Iterator[tuple[Connection, str]]:
    """A workbench, and on it the query for the rows that count."""
    scratch = f"{PurePosixPath(parts[0]).parent}/tmp"
    try:
        staged = todays_files(lake, table_layout(resource), dict.fromkeys(parts), f"{scratch}/parts")
        with workbench(lake.path(f"{scratch}/spill")) as connection:
            take_labels(connection, valid)
            yield connection, valid_rows(lake, staged, wanted)
    finally:
        lake.delete_folder(scratch)


def _identifying(resource: Resource) -> list[str]:
    echo = [QUERY.name] if resource.has_query_echo else []
    return [*resource.identified_by, *echo]


def _names(resource: Resource, wanted: Sequence[str]) -> str:
    """The names that a row answers to, as a list."""
    names = []
    for column in resource.identified_by:
        told = f"lower(CAST({name(column)} AS VARCHAR))"
        names.append(told)
        if column.endswith("accession"):
            names.append(f"regexp_replace({told}, '[.][0-9]+$', '')")
    own = f"CAST(list_distinct([{', '.join(names)}]) AS VARCHAR[])"
    if QUERY.name not in wanted:
        return own
    echoed = f"list_distinct({name(QUERY.name)})"
    return f"CASE WHEN len({echoed}) > 0 THEN {echoed} ELSE {own} END"


def _table(names: tuple[str, str], rows: Sequence[tuple[str, str]]) -> pa.Table:
    first, second = names
    return pa.table(
        {
            first: pa.array([row[0] for row in rows], pa.string()),
            second: pa.array([row[1] for row in rows], pa.string()),
        }
    )
