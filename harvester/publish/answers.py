"""A run's staged rows as answers: which chain, which question and which identifier brought each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple, TypeVar

import pyarrow as pa
from msgspec import Struct

from harvester.catalogue import Resource
from harvester.publish.evolve import todays_files
from harvester.publish.layout import Layout, table_layout
from harvester.publish.manifest import TableState
from harvester.publish.sql import columns, name, sql_type
from harvester.publish.staged import SCRATCH, put_table, take_labels, valid_rows
from harvester.publish.workbench import KEYS, Connection, with_room, workbench
from harvester.schema import QUERY
from harvester.store.lake import Lake

__all__ = ["Answers", "Asked", "Staged"]

T = TypeVar("T")


class Asked(NamedTuple):
    """One thing that a chain asked for; there may be millions.

    `scope` stands for the question, the same in every run. A chain that asked for several things
    at once is `listed`, with one more entry without a value: for rows that answer to none of them.
    `taxon` is the number that the rows' lineage must hold, where it is known.
    """

    chain: str
    query: str
    value: str | None
    scope: int
    listed: bool = False
    taxon: int | None = None


class Staged(Struct, frozen=True):
    """A table's staged rows: the parts, the labels of the chains that count, what those asked."""

    lake: Lake
    run_id: str
    resource: Resource
    state: TableState
    parts: Sequence[str]
    valid: frozenset[str]
    asked: Sequence[Asked]

    def work(self, task: Callable[[Answers], T]) -> T:
        """Does a task with the answers at hand; it may be done twice, with more room."""
        layout = table_layout(self.resource)
        scratch = str(PurePosixPath("_runs", self.run_id, SCRATCH))

        def inside(room: str) -> T:
            with workbench(self.lake.path(f"{scratch}/spill"), room) as connection:
                answers = Answers(connection, layout, self, parts)
                answers.see()
                return task(answers)

        try:
            once = dict.fromkeys(self.parts)
            parts = todays_files(self.lake, layout, once, f"{scratch}/parts")
            return with_room(inside, KEYS)
        finally:
            self.lake.delete_folder(scratch)


class Answers(Struct, frozen=True):
    """Makes these tables in its connection.

    `asked`: what each chain asked for. `delivered`: each row that counts, by chain, place and key.
    `named`: the values of lists that a row answers. `present`: the questions that brought a key.
    """

    connection: Connection
    layout: Layout
    staged: Staged
    parts: Sequence[str]

    def see(self) -> None:
        """Makes the tables."""
        put_table(self.connection, "asked", _table(self.staged.asked))
        self._see_delivered()
        self._see_named()

    def see_present(self) -> None:
        """Makes the table `present`, for those who ask what was there in earlier runs."""
        key, d_key = columns(self.layout.key), columns(self.layout.key, "d")
        self.run(
            f"CREATE TABLE IF NOT EXISTS present AS SELECT DISTINCT scope, {key} FROM ("
            f"SELECT a.scope, {d_key} FROM delivered d JOIN asked a USING (chain) "
            f"WHERE NOT a.listed UNION ALL "
            f"SELECT a.scope, {d_key} FROM delivered d JOIN named n USING (place) "
            f"JOIN asked a ON a.chain = d.chain AND a.value = n.value UNION ALL "
            f"SELECT a.scope, {d_key} FROM delivered d JOIN asked a USING (chain) "
            f"ANTI JOIN named n USING (place) WHERE a.listed AND a.value IS NULL)"
        )

    def run(self, statement: str) -> None:
        """Runs one statement."""
        self.connection.execute(statement)

    def rows(self, wanted: Sequence[str]) -> str:
        """A query for some columns of all rows that count, with their place and chain."""
        return valid_rows(self.staged.lake, self.parts, wanted)

    def _see_delivered(self) -> None:
        if not self.parts:
            typed = ", ".join(f"{name(f.name)} {sql_type(f)}" for f in self.layout.key_fields)
            self.run(f"CREATE TABLE delivered (chain VARCHAR, place BIGINT, {typed})")
            return
        take_labels(self.connection, self.staged.valid)
        key = columns(self.layout.key)
        rows = self.rows(self.layout.key)
        self.run(f"CREATE TABLE delivered AS SELECT chain, place, {key} FROM ({rows})")

    def _see_named(self) -> None:
        """A row answers what it echoes; without an echo, what its identifying columns hold."""
        resource = self.staged.resource
        told = [*resource.identified_by, *([QUERY.name] if resource.has_query_echo else ())]
        self.run("CREATE TABLE named (place BIGINT, value VARCHAR)")
        if not (self.parts and told and any(one.listed for one in self.staged.asked)):
            return
        self.run(
            f"INSERT INTO named SELECT DISTINCT n.place, a.value FROM asked a "
            f"JOIN (SELECT place, chain, unnest({_names(resource)}) AS name "
            f"FROM ({self.rows(told)})) n "
            f"ON a.listed AND a.chain = n.chain AND lower(a.value) = lower(n.name)"
        )


def _names(resource: Resource) -> str:
    """The names that a row answers to, as a list; an accession also without its version."""
    names = list(_own_names(resource))
    own = f"CAST(list_distinct([{', '.join(names)}]) AS VARCHAR[])"
    if not resource.has_query_echo:
        return own
    echoed = f"list_distinct({name(QUERY.name)})"
    return f"CASE WHEN len({echoed}) > 0 THEN {echoed} ELSE {own} END"


def _own_names(resource: Resource) -> Iterator[str]:
    for column in resource.identified_by:
        told = f"lower(CAST({name(column)} AS VARCHAR))"
        yield told
        if column.endswith("accession"):
            yield f"regexp_replace({told}, '[.][0-9]+$', '')"


def _table(asked: Sequence[Asked]) -> pa.Table:
    return pa.table(
        {
            "chain": pa.array([one.chain for one in asked], pa.string()),
            "query": pa.array([one.query for one in asked], pa.string()),
            "value": pa.array([one.value for one in asked], pa.string()),
            "scope": pa.array([one.scope for one in asked], pa.int64()),
            "listed": pa.array([one.listed for one in asked], pa.bool_()),
            "taxon": pa.array([one.taxon for one in asked], pa.int64()),
        }
    )
