"""A run's staged rows as answers: which chain, which question and which identifier brought each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
from msgspec import Struct, field

from harvester.catalogue import Resource
from harvester.publish.batched import batched
from harvester.publish.desk import Desk
from harvester.publish.evolve import todays_files
from harvester.publish.layout import Layout, table_layout
from harvester.publish.manifest import TableState
from harvester.publish.relations import nothing
from harvester.publish.sql import columns, name, parquet, repeats, same, sql_type
from harvester.publish.staged import put_table, take_labels, valid_rows
from harvester.publish.workbench import Connection, one
from harvester.schema import HASH, QUERY, RUN_ID
from harvester.store.lake import Lake

__all__ = ["Answers", "Asked", "Staged"]

T = TypeVar("T")

_ASKED: dict[str, pa.DataType] = {
    "chain": pa.string(),
    "query": pa.string(),
    "number": pa.int32(),
    "value": pa.string(),
    "scope": pa.int64(),
    "listed": pa.bool_(),
}


class Asked(Struct, frozen=True):
    """What a chain asked for, value by value; there may be millions in all.

    `scopes` stand for the questions, the same in every run. A chain that asked for several things
    at once is `listed`, and one more that is no value ends its `values`: for rows that answer to
    none of them. `taxa` are the numbers that the rows' lineage must hold, where they are known.
    `whole` is the chain that was cut into this one and others.
    """

    chain: str
    query: str
    values: Sequence[str | None]
    scopes: Sequence[int]
    taxa: Sequence[int | None] = ()
    whole: str = ""

    @property
    def listed(self) -> bool:
        """Whether a row may answer to any of several values."""
        return len(self.values) > 1

    def rows(self) -> Iterator[tuple[str, str, int, str | None, int, bool]]:
        """As the table `asked` has it; a value is known by its chain and number from there on."""
        told = zip(self.values, self.scopes, strict=True)
        for number, (value, scope) in enumerate(told):
            yield self.chain, self.query, number, value, scope, self.listed


class Staged(Struct, frozen=True):
    """A table's staged rows: the parts, the labels of the chains that count, what those asked."""

    desk: Desk
    resource: Resource
    state: TableState
    parts: Sequence[str]
    valid: frozenset[str]
    asked: Sequence[Asked] = ()

    @property
    def lake(self) -> Lake:
        """Where they lie."""
        return self.desk.lake

    @property
    def run_id(self) -> str:
        """The run that brought them."""
        return self.desk.run_id

    def work(self, task: Callable[[Answers], T]) -> T:
        """Does a task with the answers at hand; it may be done twice, with more room."""
        return self.desk.work(self.resource.name, self, self._laid, task)

    def _laid(self, connection: Connection) -> Answers:
        layout, folder = table_layout(self.resource), self.desk.folder(self.resource.name)
        parts = todays_files(self.lake, layout, dict.fromkeys(self.parts), f"{folder}/parts")
        answers = Answers(connection, layout, self, parts)
        answers.see()
        return answers


class Answers(Struct):
    """Makes these tables in its connection.

    `asked`: what each chain asked for. `delivered`: each row that counts, by chain, place, key and
    digest. `named`: the values of lists that a row answers, by their numbers. `present`: the
    questions that brought a key. `held` and `ended`: the versions in the lake that are current, and
    those that are over.
    """

    connection: Connection
    layout: Layout
    staged: Staged
    parts: Sequence[str]
    each_once: bool = False
    _known: set[str] = field(default_factory=set)

    def see(self) -> None:
        """Makes the tables, and sees whether each key was delivered once."""
        put_table(self.connection, "asked", _reader(self.staged.asked))
        self._see_delivered()
        self._see_named()
        self.each_once = not one(self.connection, repeats("delivered", self.layout.key))

    def see_present(self) -> None:
        """Makes the table `present`, for those who ask what was there in earlier runs."""
        if self.knows("present"):
            return
        key, d_key = columns(self.layout.key), columns(self.layout.key, "d")
        single = self.each_once and not any(one.listed for one in self.staged.asked)
        self.run(
            f"CREATE TABLE present AS "
            f"SELECT {'' if single else 'DISTINCT'} scope, {key} FROM ("
            f"SELECT a.scope, {d_key} FROM delivered d JOIN asked a USING (chain) "
            f"WHERE NOT a.listed UNION ALL "
            f"SELECT a.scope, {d_key} FROM delivered d JOIN named n USING (place) "
            f"JOIN asked a ON a.chain = d.chain AND a.number = n.number UNION ALL "
            f"SELECT a.scope, {d_key} FROM delivered d JOIN asked a USING (chain) "
            f"ANTI JOIN named n USING (place) WHERE a.listed AND a.value IS NULL)"
        )

    def see_lake(self) -> None:
        """Makes the views `ended` and `held`, for those who ask what the lake holds."""
        if self.knows("held"):
            return
        key, lake, state = self.layout.key, self.staged.lake, self.staged.state
        ended = nothing((*self.layout.key_fields, RUN_ID))
        held = nothing((*self.layout.key_fields, RUN_ID, HASH))
        if state.ended:
            paths = (file.path for file in state.ended)
            ended = f"SELECT {columns(key)}, {RUN_ID.name} FROM {parquet(lake, paths)}"
        if state.data:
            files = parquet(lake, (file.path for file in state.data))
            held = f"SELECT {columns(key)}, {RUN_ID.name}, {HASH.name} FROM {files} v"
            held += f" ANTI JOIN ended e ON {same('v', 'e', (*key, RUN_ID.name))}"
        self.run(f"CREATE VIEW ended AS {ended}")
        self.run(f"CREATE VIEW held AS {held}")

    def knows(self, what: str) -> bool:
        """Whether these tables were made by now; who asks makes them."""
        known = what in self._known
        self._known.add(what)
        return known

    def run(self, statement: str) -> None:
        """Runs one statement."""
        self.connection.execute(statement)

    def rows(self, wanted: Sequence[str]) -> str:
        """A query for some columns of all rows that count, with their place and chain."""
        return valid_rows(self.staged.lake, self.parts, wanted)

    def _see_delivered(self) -> None:
        if not self.parts:
            typed = ", ".join(f"{name(f.name)} {sql_type(f)}" for f in self.layout.key_fields)
            self.run(
                f"CREATE TABLE delivered (chain VARCHAR, place BIGINT, {typed}, digest BIGINT)"
            )
            return
        take_labels(self.connection, self.staged.valid)
        key = columns(self.layout.key)
        rows, digest = self.rows((*self.layout.key, HASH.name)), f"{HASH.name} AS digest"
        self.run(f"CREATE TABLE delivered AS SELECT chain, place, {key}, {digest} FROM ({rows})")

    def _see_named(self) -> None:
        """A row answers what it echoes; without an echo, what its identifying columns hold."""
        resource = self.staged.resource
        told = [*resource.identified_by, *([QUERY.name] if resource.has_query_echo else ())]
        self.run("CREATE TABLE named (place BIGINT, number INTEGER)")
        if not (self.parts and told and any(one.listed for one in self.staged.asked)):
            return
        self.run(
            f"INSERT INTO named SELECT DISTINCT n.place, a.number FROM asked a "
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


def _reader(asked: Sequence[Asked]) -> pa.RecordBatchReader:
    """The table `asked`, some rows at a time."""
    schema = pa.schema(_ASKED)
    return pa.RecordBatchReader.from_batches(schema, _batches(asked, schema))


def _batches(asked: Sequence[Asked], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for some in batched(row for chain in asked for row in chain.rows()):
        columns = zip(zip(*some, strict=True), schema.types, strict=True)
        yield pa.RecordBatch.from_arrays([pa.array(*told) for told in columns], schema=schema)
