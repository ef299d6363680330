"""What a run's staged rows mean to a table: which are news, which rows are leaving it."""

from __future__ import annotations

import pyarrow as pa
from msgspec import Struct

from harvester.publish.answers import Answers, Staged
from harvester.publish.compare import compare
from harvester.publish.evolve import todays_files
from harvester.publish.ignore import Ignored
from harvester.publish.layout import Layout
from harvester.publish.sql import columns, same
from harvester.publish.workbench import Connection, one
from harvester.schema import HASH, RUN_ID

__all__ = ["Search"]


class Search(Struct, frozen=True):
    """Makes these tables beside the answers, and nothing else; it may be done again.

    `arrived`: of each key the place and the digest of its last valid row, and how often it came.
    `news`: the rows of these that are not as the lake holds them, and whether they were `added`,
    `changed` or `returned`. `differs`: of changed rows the columns. `leaving`: rows that are gone.
    """

    answers: Answers
    ignored: Ignored

    @property
    def staged(self) -> Staged:
        """What came."""
        return self.answers.staged

    @property
    def layout(self) -> Layout:
        """The table's."""
        return self.answers.layout

    @property
    def connection(self) -> Connection:
        """Where the tables are made."""
        return self.answers.connection

    def find(self, removed_keys: pa.Table | None) -> None:
        """Looks for what is new; `removed_keys` are proven to be gone."""
        self.answers.see_lake()
        self._see_arrived()
        self._see_news()
        if one(self.connection, "SELECT count(*) FROM news WHERE change = 'changed'"):
            compare(self.answers, self._held_files(), self.ignored)
            self._run(
                "DELETE FROM news WHERE place IN (SELECT place FROM differs WHERE columns = [])"
            )
        else:
            self._run("CREATE OR REPLACE TABLE differs (place BIGINT, columns VARCHAR[])")
        self._see_leaving(removed_keys)

    def _see_arrived(self) -> None:
        if self.answers.knows("arrived"):
            return
        key = columns(self.layout.key)
        if self.answers.each_once:
            arrived = f"SELECT {key}, place, digest, 1::BIGINT AS times FROM delivered"
            self._run(f"CREATE VIEW arrived AS {arrived}")
            return
        self._run(
            f"CREATE TABLE arrived AS SELECT {key}, max(place) AS place, "
            f"arg_max(digest, place) AS digest, count(*) AS times FROM delivered GROUP BY {key}"
        )

    def _see_news(self) -> None:
        """Where the digest differs the columns may still agree: that is looked at next."""
        key = self.layout.key
        self._run(
            f"CREATE OR REPLACE TABLE news AS SELECT {columns(key, 'd')}, d.place, "
            f"h.{RUN_ID.name} AS held_by, CASE WHEN h.{RUN_ID.name} IS NOT NULL THEN 'changed' "
            f"WHEN b.before THEN 'returned' ELSE 'added' END AS change FROM arrived d "
            f"LEFT JOIN held h ON {same('d', 'h', key)} "
            f"LEFT JOIN (SELECT DISTINCT {columns(key)}, true AS before FROM ended) b "
            f"ON {same('d', 'b', key)} "
            f"WHERE h.{RUN_ID.name} IS NULL OR h.{HASH.name} <> d.digest"
        )

    def _held_files(self) -> list[str]:
        """The files that hold current versions of changed rows, each under today's layout."""
        staged, layout = self.staged, self.layout
        rows = self.connection.execute("SELECT DISTINCT held_by FROM news").fetchall()
        runs = {run for (run,) in rows}
        files = [file for file in staged.state.data if not file.run_id or file.run_id in runs]
        old = [file.path for file in files if file.fingerprint != layout.fingerprint]
        folder = f"{staged.desk.folder(layout.name)}/held"
        path_of = dict(zip(old, todays_files(staged.lake, layout, old, folder), strict=True))
        return [path_of.get(file.path, file.path) for file in files]

    def _see_leaving(self, removed_keys: pa.Table | None) -> None:
        """A row that this very run delivered stays, whatever was proven before."""
        key = self.layout.key
        source = "(SELECT * FROM held LIMIT 0)"
        if removed_keys is not None:
            source = "removed_keys"
            self.connection.register(source, removed_keys)
        self._run(
            f"CREATE OR REPLACE TABLE leaving AS SELECT {columns(key, 'h')}, h.{RUN_ID.name} "
            f"FROM held h SEMI JOIN {source} r ON {same('h', 'r', key)} "
            f"ANTI JOIN delivered d ON {same('h', 'd', key)}"
        )

    def _run(self, statement: str) -> None:
        self.answers.run(statement)
