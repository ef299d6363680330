"""What a run's staged rows mean to a table: which are news, which rows are leaving it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from msgspec import Struct

from harvester.publish.compare import compare
from harvester.publish.evolve import todays_files
from harvester.publish.ignore import Ignored
from harvester.publish.layout import Layout
from harvester.publish.manifest import TableState
from harvester.publish.sql import columns, name, parquet, same, sql_type
from harvester.publish.staged import take_labels, valid_rows
from harvester.publish.workbench import Connection, one
from harvester.schema import HASH, RUN_ID
from harvester.store.lake import Lake

__all__ = ["Search"]


class Search(Struct, frozen=True):
    """Makes these tables in its connection, and nothing else.

    `delivered`: of each key the place and the digest of its last valid row, and how often it came.
    `news`: the delivered rows that are not as the lake holds them, and whether they were `added`,
    `changed` or `returned`. `differs`: of changed rows the columns. `leaving`: rows that are gone.
    """

    connection: Connection
    lake: Lake
    layout: Layout
    state: TableState
    parts: Sequence[str]
    scratch: str
    ignored: Ignored

    def find(self, valid: frozenset[str], removed_keys: pa.Table | None) -> None:
        """Looks for what is new; `removed_keys` are proven to be gone."""
        self._see_lake()
        self._see_delivered(valid)
        self._see_news()
        if one(self.connection, "SELECT count(*) FROM news WHERE change = 'changed'"):
            held = self._held_files()
            compare(self.connection, self.lake, self.layout, self.parts, held, self.ignored)
            self._run(
                "DELETE FROM news WHERE place IN (SELECT place FROM differs WHERE columns = [])"
            )
        else:
            self._run("CREATE TABLE differs (place BIGINT, columns VARCHAR[])")
        self._see_leaving(removed_keys)

    def _see_lake(self) -> None:
        """The views `ended` and `held`: versions that are over, and those that are current."""
        key = self.layout.key
        typed = ", ".join(
            f"CAST(NULL AS {sql_type(field)}) AS {name(field.name)}"
            for field in self.layout.key_fields
        )
        ended = f"SELECT {typed}, '' AS {RUN_ID.name} WHERE false"
        held = f"SELECT {typed}, '' AS {RUN_ID.name}, 0 AS {HASH.name} WHERE false"
        if self.state.ended:
            paths = (file.path for file in self.state.ended)
            ended = f"SELECT {columns(key)}, {RUN_ID.name} FROM {parquet(self.lake, paths)}"
        if self.state.data:
            files = parquet(self.lake, (file.path for file in self.state.data))
            held = f"SELECT {columns(key)}, {RUN_ID.name}, {HASH.name} FROM {files} v"
            held += f" ANTI JOIN ended e ON {same('v', 'e', (*key, RUN_ID.name))}"
        self._run(f"CREATE VIEW ended AS {ended}")
        self._run(f"CREATE VIEW held AS {held}")

    def _see_delivered(self, valid: frozenset[str]) -> None:
        key = self.layout.key
        if not self.parts:
            typed = ", ".join(f"{name(f.name)} {sql_type(f)}" for f in self.layout.key_fields)
            self._run(
                f"CREATE TABLE delivered ({typed}, place BIGINT, digest BIGINT, times BIGINT)"
            )
            return
        take_labels(self.connection, valid)
        rows = valid_rows(self.lake, self.parts, (*key, HASH.name))
        self._run(
            f"CREATE TABLE delivered AS SELECT {columns(key)}, max(place) AS place, "
            f"arg_max({HASH.name}, place) AS digest, count(*) AS times "
            f"FROM ({rows}) GROUP BY {columns(key)}"
        )

    def _see_news(self) -> None:
        """Where the digest differs the columns may still agree: that is looked at next."""
        key = self.layout.key
        self._run(
            f"CREATE TABLE news AS SELECT {columns(key, 'd')}, d.place, "
            f"h.{RUN_ID.name} AS held_by, CASE WHEN h.{RUN_ID.name} IS NOT NULL THEN 'changed' "
            f"WHEN b.before THEN 'returned' ELSE 'added' END AS change FROM delivered d "
            f"LEFT JOIN held h ON {same('d', 'h', key)} "
            f"LEFT JOIN (SELECT DISTINCT {columns(key)}, true AS before FROM ended) b "
            f"ON {same('d', 'b', key)} "
            f"WHERE h.{RUN_ID.name} IS NULL OR h.{HASH.name} <> d.digest"
        )

    def _held_files(self) -> list[str]:
        """The files that hold current versions of changed rows, each under today's layout."""
        rows = self.connection.execute("SELECT DISTINCT held_by FROM news").fetchall()
        runs = {run for (run,) in rows}
        files = [file for file in self.state.data if not file.run_id or file.run_id in runs]
        old = [file.path for file in files if file.fingerprint != self.layout.fingerprint]
        todays = todays_files(self.lake, self.layout, old, f"{self.scratch}/held")
        path_of = dict(zip(old, todays, strict=True))
        return [path_of.get(file.path, file.path) for file in files]

    def _see_leaving(self, removed_keys: pa.Table | None) -> None:
        """A row that this very run delivered stays, whatever was proven before."""
        key = self.layout.key
        source = "(SELECT * FROM held LIMIT 0)"
        if removed_keys is not None:
            source = "removed_keys"
            self.connection.register(source, removed_keys)
        self._run(
            f"CREATE TABLE leaving AS SELECT {columns(key, 'h')}, h.{RUN_ID.name} FROM held h "
            f"SEMI JOIN {source} r ON {same('h', 'r', key)} "
            f"ANTI JOIN delivered d ON {same('h', 'd', key)}"
        )

    def _run(self, statement: str) -> None:
        self.connection.execute(statement)
