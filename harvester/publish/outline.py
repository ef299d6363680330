"""What the lake says of one run, however large, in as much as a person reads on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct, field

from harvester.publish.called import called
from harvester.publish.layout import META_TABLES
from harvester.publish.manifest import Manifest
from harvester.publish.sql import name, parquet, text, texts
from harvester.publish.workbench import KEYS, Connection, one, with_room, workbench
from harvester.store.lake import Lake

__all__ = ["CONCERNS", "EXAMPLES", "SHOWN", "VALUES", "Outline", "Some", "outline"]

Row = dict[str, Any]

#: Of anything that there are many of, so many are shown.
SHOWN = 100
#: Rows of a table that were added, and as many that changed, and so on.
EXAMPLES = 5
#: Identifiers or taxa of one query.
VALUES = 12
#: What an identifier may come to, that somebody should look at first.
CONCERNS = ("failed", "unknown", "replaced", "empty")
_RARE_FIRST = ("removed", "returned", "changed", "added")


class Some(Struct, frozen=True):
    """The first rows, and how many there are in all."""

    rows: Sequence[Row] = ()
    count: int = 0

    @property
    def more(self) -> int:
        """How many are not among them."""
        return self.count - len(self.rows)


class Outline(Struct, frozen=True):
    """A run's rows of the meta tables: `items` those that did not simply come to a good end.

    `outcomes` counts all items, `changes` all rows that are not as they were, table by table;
    a query tells with `named` how many identifiers or taxa it names.
    """

    queries: Some = field(default_factory=Some)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    items: Some = field(default_factory=Some)
    messages: Some = field(default_factory=Some)
    drift: Some = field(default_factory=Some)
    quarantine: Some = field(default_factory=Some)
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    examples: Sequence[Row] = ()
    run: Row | None = None


def outline(lake: Lake, manifest: Manifest, run_id: str) -> Outline:
    """What a committed run left in the meta tables."""

    def work(room: str) -> Outline:
        with workbench("", room) as connection:
            return _Meta(connection, lake, manifest, run_id).outline()

    return with_room(work, KEYS)


class _Meta(Struct, frozen=True):
    """One run's rows of the meta tables, as files of the lake hold them."""

    connection: Connection
    lake: Lake
    manifest: Manifest
    run_id: str

    def outline(self) -> Outline:
        there = {table: self._of(table) for table in META_TABLES}
        counts, examples = self._changes(there["changes"])
        return Outline(
            queries=self._some(there["queries"], _QUERIES, _QUERIES_ORDER),
            outcomes=self._outcomes(there["items"]),
            items=self._some(there["items"], _ITEMS, f"{_rank('outcome', CONCERNS)}, value"),
            messages=self._some(there["messages"], _MESSAGES, "level, times DESC, message"),
            drift=self._some(there["drift"], _DRIFT, "table_name, kind, pointer, sample"),
            quarantine=self._some(there["quarantine"], _QUARANTINE, "pieces DESC, reason"),
            changes=counts,
            examples=examples,
            run=next(iter(self._rows(there["runs"])), None),
        )

    def _of(self, table: str) -> str:
        """The run's rows of a table as a relation; nothing where there is no file for them."""
        files = self.manifest.meta.get(table, ())
        paths = [file.path for file in files if file.run_id in ("", self.run_id)]
        if not paths:
            return ""
        rows = parquet(self.lake, paths, "union_by_name")
        return f"(SELECT * FROM {rows} WHERE run_id = {text(self.run_id)})"

    def _rows(self, relation: str) -> list[Row]:
        if not relation:
            return []
        rows: list[Row] = self.connection.sql(f"FROM {relation}").to_arrow_table().to_pylist()
        return rows

    def _some(self, relation: str, chosen: str, order: str) -> Some:
        """So many rows of a query over the relation, and how many it has."""
        if not relation:
            return Some()
        found = f"({chosen.format(relation)})"
        rows = self._rows(f"(SELECT * FROM {found} ORDER BY {order} LIMIT {SHOWN})")
        more = len(rows) == SHOWN
        return Some(
            rows, one(self.connection, f"SELECT count(*) FROM {found}") if more else len(rows)
        )

    def _outcomes(self, relation: str) -> dict[str, int]:
        if not relation:
            return {}
        counted = f"SELECT outcome, count(*) FROM {relation} GROUP BY outcome ORDER BY outcome"
        return dict(self.connection.execute(counted).fetchall())

    def _changes(self, relation: str) -> tuple[dict[str, dict[str, int]], list[Row]]:
        """How many rows of each table were added, changed and so on, and the first of each kind."""
        if not relation:
            return {}, []
        differing = f"arg_min(struct_pack(key := key, columns := columns), key, {EXAMPLES})"
        found = self.connection.execute(
            f"SELECT table_name, change, count(*), min(key, {EXAMPLES}), "
            f"{differing} FILTER (change = 'changed') "
            f"FROM {relation} GROUP BY table_name, change "
            f"ORDER BY table_name, {_rank('change', _RARE_FIRST)}"
        ).fetchall()
        counts: dict[str, dict[str, int]] = {}
        examples: list[Row] = []
        for table, change, number, keys, changed in found:
            counts.setdefault(table, {})[change] = number
            rows = changed or [{"key": key, "columns": None} for key in keys]
            examples += ({"table_name": table, "change": change, **row} for row in rows)
        return counts, [row | {"name": name} for row, name in self._with_names(examples)]

    def _with_names(self, examples: Sequence[Row]) -> Iterator[tuple[Row, str]]:
        for table, rows in groupby(examples, lambda row: str(row["table_name"])):
            some = list(rows)
            keys = [row["key"] for row in some]
            names = called(self.connection, self.lake, self.manifest, self.run_id, table, keys)
            yield from ((row, names.get(row["key"], "")) for row in some)


def _rank(column: str, order: Sequence[str]) -> str:
    return f"list_position({texts(order)}, {name(column)})"


_QUERIES = (
    f"SELECT * REPLACE (list_slice(selectors, 1, {VALUES}) AS selectors), "
    "len(selectors) AS named FROM {}"
)
_QUERIES_ORDER = "state = 'complete', resource, query_id"
_ITEMS = f"SELECT * EXCLUDE (lineage) FROM {{}} WHERE outcome IN {CONCERNS}"
_MESSAGES = (
    "SELECT resource, level, code, message, count(*) AS times, "
    "first(identifiers[1] ORDER BY identifiers[1]) AS identifier FROM {} GROUP BY ALL"
)
_DRIFT = "SELECT table_name, kind, pointer, sample, count FROM {}"
_QUARANTINE = "SELECT table_name, reason, count(*) AS pieces FROM {} GROUP BY ALL"
