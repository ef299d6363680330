"""What runs added, changed, removed and brought back, asked of a published database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
from msgspec import Struct

from harvester.catalogue import RESOURCES, Resource
from harvester.publish.sql import key_text, name, path, text, texts
from harvester.publish.views import MOMENTS
from harvester.publish.workbench import Connection
from harvester.schema import load_schema

__all__ = ["CHANGES", "Changes", "PublishedRun", "published_runs"]

#: As the schema lists them, and those first that an analyst looks for first.
CHANGES = next(f.choices for f in load_schema("meta/changes").fields if f.name == "change")
_FIRST = ("removed", "returned", "changed", "added")
_BATCH = 10_000


class PublishedRun(Struct, frozen=True):
    """A run that the database holds; `began` is in UTC."""

    run_id: str
    job: str
    status: str
    began: datetime


def published_runs(connection: Connection) -> list[PublishedRun]:
    """All runs in the order of their commits."""
    found = connection.execute(
        f"SELECT m.run_id, coalesce(r.job, ''), coalesce(r.status, ''), m.moment FROM {MOMENTS} m "
        "LEFT JOIN meta.runs r USING (run_id) ORDER BY m.moment, r.finished_at, m.run_id"
    )
    return [PublishedRun(*row) for row in found.fetchall()]


class Changes(Struct, frozen=True):
    """What some runs did to some tables."""

    connection: Connection
    runs: Sequence[str]
    tables: Sequence[str]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows of each table, by kind of change; all tables that the runs asked for."""
        asked = self.connection.execute(
            f"SELECT DISTINCT resource FROM meta.queries WHERE {self._of_these('resource')}"
        )
        told = {table for (table,) in asked.fetchall()}
        found = self.connection.execute(
            "SELECT table_name, change, count(*) FROM meta.changes "
            f"WHERE {self._of_these('table_name')} GROUP BY ALL"
        ).fetchall()
        told |= {table for table, _, _ in found}
        counts = {table: dict.fromkeys(CHANGES, 0) for table in self.tables if table in told}
        for table, change, rows in found:
            counts[table][change] = rows
        return counts

    def rows(self, limit: int | None = None) -> pa.RecordBatchReader:
        """The rows that are not as they were; of many so many, fairly of each kind and table."""
        chosen = f"SELECT * FROM meta.changes WHERE {self._of_these('table_name')}"
        if limit is not None:
            turn = "row_number() OVER (PARTITION BY table_name, change ORDER BY run_id, key)"
            chosen += f" ORDER BY {turn}, {_rank('change', _FIRST)}, table_name LIMIT {limit}"
        rows: pa.RecordBatchReader = self.connection.sql(
            f"WITH chosen AS MATERIALIZED ({chosen}), names AS ({self._names()}) "
            "SELECT run_id, table_name, key, n.name, change, columns "
            "FROM chosen LEFT JOIN names n USING (table_name, key) "
            f"ORDER BY {_rank('table_name', self.tables)}, {_rank('change', _FIRST)}, run_id, key"
        ).to_arrow_reader(_BATCH)
        return rows

    def _names(self) -> str:
        """What people call the rows: each by its newest version, as some are gone."""
        called = (RESOURCES[table] for table in self.counts())
        found = [_called(resource) for resource in called if resource.called]
        nobody = "SELECT '' AS table_name, '' AS key, '' AS name WHERE false"
        return " UNION ALL ".join([nobody, *found])

    def _of_these(self, table: str) -> str:
        return (
            f"run_id IN (SELECT unnest({texts(self.runs)})) "
            f"AND {name(table)} IN (SELECT unnest({texts(self.tables)}))"
        )


def _called(resource: Resource) -> str:
    key, table = key_text(resource.key), text(resource.name)
    return (
        f"SELECT {table}, {key} AS key, arg_max({path(resource.called)}, _valid_from) "
        f"FROM main.{name(f'{resource.name}_history')} "
        f"WHERE {key} IN (SELECT c.key FROM chosen c WHERE c.table_name = {table}) GROUP BY ALL"
    )


def _rank(column: str, order: Sequence[str]) -> str:
    return f"list_position({texts(order)}, {name(column)})"
