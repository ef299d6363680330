"""What a table's staged rows amount to: per chain, per query, per identifier."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from msgspec import Struct, field

from harvester.catalogue.types import Lineage
from harvester.publish.answers import Answers, Staged
from harvester.publish.batched import SOME
from harvester.publish.members import Loss, emptied, losses
from harvester.publish.sql import columns, name, path
from harvester.publish.staged import put_table
from harvester.publish.steady import is_steady

__all__ = ["ChainCount", "Survey", "survey"]


class ChainCount(Struct, frozen=True):
    """What a chain brought."""

    rows: int
    keys: int


class Survey(Struct, frozen=True):
    """What arrived, and what did not.

    By chain: `chains`, and `strays`, rows of another taxon; and of a list `matches`, how many rows
    answer each of its values, where any does. By chain that was cut: `wholes`, the distinct keys of
    all its shards. By query: `queries`, distinct keys, and `losses`. And `emptied`, questions that
    used to bring rows and brought none now; and tables that are `steady`: all questions asked of
    these brought the same rows as ever.
    """

    chains: Mapping[str, ChainCount] = field(default_factory=dict)
    queries: Mapping[str, int] = field(default_factory=dict)
    matches: Mapping[str, Sequence[int]] = field(default_factory=dict)
    losses: Mapping[str, Loss] = field(default_factory=dict)
    emptied: frozenset[int] = frozenset()
    strays: Mapping[str, int] = field(default_factory=dict)
    steady: frozenset[str] = frozenset()
    wholes: Mapping[str, int] = field(default_factory=dict)

    def __or__(self, other: Survey) -> Survey:
        """Both tables' figures."""
        return Survey(
            {**self.chains, **other.chains},
            {**self.queries, **other.queries},
            {**self.matches, **other.matches},
            {**self.losses, **other.losses},
            self.emptied | other.emptied,
            {**self.strays, **other.strays},
            self.steady | other.steady,
            {**self.wholes, **other.wholes},
        )


def survey(staged: Staged) -> Survey:
    """Counts what arrived, and what did not although it used to."""
    return staged.work(_survey)


def _survey(answers: Answers) -> Survey:
    queries, steady = _queries(answers), is_steady(answers)
    return Survey(
        _chains(answers),
        queries,
        _matches(answers),
        {query: Loss(rows, 0) for query, rows in queries.items()} if steady else losses(answers),
        frozenset() if steady else emptied(answers),
        _strays(answers),
        frozenset([answers.layout.name] if steady else []),
        _wholes(answers),
    )


def _chains(answers: Answers) -> dict[str, ChainCount]:
    counted = "SELECT chain, count(*), count(*) FROM delivered GROUP BY chain"
    if not answers.each_once:
        key = columns(answers.layout.key)
        grouped = f"SELECT chain, count(*) AS times FROM delivered GROUP BY chain, {key}"
        counted = f"SELECT chain, sum(times), count(*) FROM ({grouped}) GROUP BY chain"
    found = answers.connection.execute(counted)
    return {chain: ChainCount(int(rows), keys) for chain, rows, keys in found.fetchall()}


def _queries(answers: Answers) -> dict[str, int]:
    asked = "(SELECT DISTINCT chain, query FROM asked) a"
    by_chain = "(SELECT chain, count(*) AS keys FROM delivered GROUP BY chain)"
    counted = f"SELECT query, sum(keys) FROM {by_chain} JOIN {asked} USING (chain) GROUP BY query"
    if not answers.each_once:
        key = columns(answers.layout.key, "d")
        grouped = f"SELECT DISTINCT a.query, {key} FROM delivered d JOIN {asked} USING (chain)"
        counted = f"SELECT query, count(*) FROM ({grouped}) GROUP BY query"
    found = answers.connection.execute(counted)
    return {query: int(keys) for query, keys in found.fetchall()}


def _wholes(answers: Answers) -> dict[str, int]:
    """The different keys that came by any shard of each chain that was cut."""
    cut = {one.chain: one.whole for one in answers.staged.asked if one.whole}
    if not cut:
        return {}
    rows = {"chain": pa.array(cut, pa.string()), "whole": pa.array(cut.values(), pa.string())}
    put_table(answers.connection, "cut", pa.table(rows))
    came = f"SELECT whole, {columns(answers.layout.key)} FROM delivered JOIN cut USING (chain)"
    if not answers.each_once:
        came = f"SELECT DISTINCT * FROM ({came})"
    found = answers.connection.execute(f"SELECT whole, count(*) FROM ({came}) GROUP BY whole")
    return dict(found.fetchall())


def _matches(answers: Answers) -> dict[str, array[int]]:
    found = answers.connection.execute(
        "SELECT d.chain, n.number, count(*) FROM named n JOIN delivered d USING (place) "
        "GROUP BY ALL"
    )
    values = {one.chain: len(one.values) - 1 for one in answers.staged.asked}
    matches: dict[str, array[int]] = {}
    while some := found.fetchmany(SOME):
        for chain, number, count in some:
            if chain not in matches:
                matches[chain] = array("q", bytes(8 * values[chain]))
            matches[chain][number] = count
    return matches


def _strays(answers: Answers) -> dict[str, int]:
    """The rows of each chain whose lineage does not hold the taxon that was asked for."""
    lineage, taxa = answers.staged.resource.lineage, dict(_taxa(answers.staged))
    if lineage is None or not taxa or not answers.parts:
        return {}
    chains = {
        "chain": pa.array(list(taxa), pa.string()),
        "numbers": pa.array(list(taxa.values()), pa.list_(pa.int64())),
    }
    put_table(answers.connection, "taxa", pa.table(chains))
    own, above = path(lineage.own), _above(lineage)
    rows = answers.rows(tuple(dict.fromkeys((lineage.own[0], lineage.above[0]))))
    found = answers.connection.execute(
        f"SELECT chain, count(*) FROM ({rows}) JOIN taxa USING (chain) WHERE len({above}) > 0 "
        f"AND NOT list_has_any(list_append({above}, {own}), numbers) GROUP BY chain"
    )
    return dict(found.fetchall())


def _taxa(staged: Staged) -> Iterator[tuple[str, list[int]]]:
    """The numbers that each chain asked for, where all of them are known."""
    for one in staged.asked:
        known = [number for number in one.taxa if number is not None]
        if known and len(known) == len(one.taxa):
            yield one.chain, known


def _above(lineage: Lineage) -> str:
    above = path(lineage.above)
    if not lineage.member:
        return above
    return f"[taxon.{name(lineage.member)} FOR taxon IN {above}]"
