"""When each version of a row was seen last: told by what runs saw, and by who delivered what then.

A run that walked a question to its end saw all rows that the question delivers. So the newest word
of each question about a row, at the time, says which runs saw that row. Runs are told apart by
`turn`, their number in the order of commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from harvester.publish.relations import Relation
from harvester.publish.sql import columns, name, parquet, same, sql_type
from harvester.publish.staged import PART_OF, place
from harvester.publish.told import TOLD_BY, by_run
from harvester.publish.workbench import Connection, one
from harvester.schema import RUN_ID

__all__ = ["received", "with_sightings"]

_NONE = "SELECT 0::BIGINT AS place, NULL::TIMESTAMP AS moment, NULL::TIMESTAMP AS seen WHERE false"
_TABLES = ("seen", "wanted", "belonging", "latest", "sighted")


def with_sightings(
    connection: Connection, relation: Relation, moments: Mapping[str, datetime]
) -> Relation:
    """The relation that knows when its rows were seen: its `over` is filled, its `odd` if need be.

    `moments` are those of all runs.
    """
    finding = _Finding(connection, relation, list(moments.values()))
    if not relation.files.data:
        finding.make(relation.over, _NONE)
        return replace(relation, odd="")
    finding.see_seen()
    usual = finding.usual_by_run()
    finding.see_last("JOIN" if usual else "LEFT JOIN")
    finding.make_over()
    odd = ""
    if not usual:
        usual = finding.usual_by_row()
        odd = finding.make_odd(usual)
    for table in _TABLES:
        connection.execute(f"DROP TABLE {table}")
    return replace(relation, usual=[finding.moments[turn] for turn in usual], odd=odd)


def received(connection: Connection, held: Relation, fresh: Relation) -> str | None:
    """The query for the keys that a run received, told by its files in `fresh`; None for all.

    `held` has all files up to that run's own.
    """
    seen = parquet(fresh.lake, (file.path for file in fresh.files.seen))
    if one(connection, f"SELECT count(*) FROM {seen} WHERE what = 'table'"):
        return None
    every = parquet(held.lake, (file.path for file in held.files.seen))
    key = columns(held.layout.key)
    walked = (
        f"SELECT scope FROM {every} WHERE what = 'question' AND questions IN "
        f"(SELECT questions FROM {seen} WHERE what = 'questions')"
    )
    words = f"(SELECT * FROM ({_words(held)}) WHERE scope IN ({walked}))"
    # Few rows ever went: the newest word is looked for among those only.
    went = f"SELECT DISTINCT scope, {key} FROM {words} WHERE NOT present"
    of_them = f"({went}) n ON {same('w', 'n', ('scope', *held.layout.key))}"
    return (
        f"SELECT {key} FROM {words} w ANTI JOIN {of_them} "
        f"UNION ALL SELECT {key} FROM {words} w SEMI JOIN {of_them} "
        f"GROUP BY scope, {key} HAVING arg_max(present, turn) "
        f"UNION ALL SELECT {key} FROM {seen} WHERE what = 'row'"
    )


def _words(relation: Relation) -> str:
    """What each run learned of who delivers what."""
    key = relation.layout.key_fields
    if not relation.files.members:
        typed = ", ".join(f"CAST(NULL AS {sql_type(field)}) AS {name(field.name)}" for field in key)
        return f"SELECT 0::BIGINT AS scope, {typed}, true AS present, 0::BIGINT AS turn WHERE false"
    told = ("scope", *relation.layout.key, "present")
    words = by_run(relation.lake, relation.files.members, told, TOLD_BY)
    return (
        f"SELECT {columns(told, 'f')}, m.turn FROM ({words}) f "
        f"JOIN {relation.moments} m ON m.run_id = f.{TOLD_BY.name}"
    )


class _Finding(Struct, frozen=True):
    """Makes temporary tables in its connection; `moments` are those of the runs by turn."""

    connection: Connection
    relation: Relation
    moments: Sequence[datetime]

    def see_seen(self) -> None:
        """The table `seen`: all that runs saw, with their turns."""
        files, key = self.relation.files.seen, self.relation.layout.key_fields
        typed = ", ".join(f"{name(field.name)} {sql_type(field)}" for field in key)
        self._run(
            f"CREATE TEMP TABLE seen "
            f"(what VARCHAR, questions BIGINT, scope BIGINT, {typed}, turn BIGINT)"
        )
        if files:
            told = columns(["what", "questions", "scope", *self.relation.layout.key], "f")
            self._run(
                f"INSERT INTO seen SELECT {told}, m.turn "
                f"FROM {parquet(self.relation.lake, (file.path for file in files))} f "
                f"JOIN {self.relation.moments} m ON m.run_id = f.{RUN_ID.name}"
            )

    def usual_by_run(self) -> list[int]:
        """Of each file the turn at which its rows were seen last, where they share it for sure.

        That is so where no run came after the last that saw the whole table, but with new rows.
        """
        newest = "SELECT coalesce(max(turn), -1) FROM seen WHERE what = 'table'"
        whole = one(self.connection, newest)
        if one(self.connection, f"SELECT count(*) FROM seen WHERE turn > {whole}"):
            return []
        found = self.connection.execute(
            f"SELECT min(turn), max(turn) FROM (SELECT file, greatest(m.turn, {whole}) AS turn "
            f"FROM (SELECT DISTINCT file_index AS file, {RUN_ID.name} FROM {self.relation.data}) v "
            f"LEFT JOIN {self.relation.moments} m ON m.run_id = v.{RUN_ID.name}) "
            "GROUP BY file ORDER BY file"
        ).fetchall()
        return [last for _, last in found] if all(a == b for a, b in found) else []

    def see_last(self, join: str) -> None:
        """The tables `wanted`, versions by place, and `sighted`, the last turn that saw each.

        With the given join to what ended those are all versions, or only such as have ended.
        """
        relation, key = self.relation, self.relation.layout.key
        self.make(
            "TEMP wanted",
            f"SELECT {place()} AS place, {columns(key, 'v')}, coalesce(b.turn, 0) AS began, "
            f"e.turn AS ended, coalesce(e.turn, {len(self.moments)}) AS upto "
            f"FROM {relation.data} v "
            f"{join} ({relation.endings}) e ON {same('v', 'e', relation.version)} "
            f"LEFT JOIN {relation.moments} b ON b.run_id = v.{RUN_ID.name}",
        )
        self._see_belonging()
        self._see_latest()
        self.make(
            "TEMP sighted",
            f"SELECT place, max(turn) AS turn FROM (SELECT place, began AS turn FROM wanted "
            f"UNION ALL SELECT b.place, l.turn FROM belonging b "
            f"JOIN latest l ON l.scope = b.scope AND l.upto = b.upto "
            f"UNION ALL SELECT w.place, r.turn FROM wanted w "
            f"JOIN (SELECT * FROM seen WHERE what = 'row') r "
            f"ON {same('w', 'r', key)} AND r.turn < w.upto "
            f"UNION ALL SELECT w.place, t.turn FROM wanted w JOIN ({self._wholes}) t USING (upto)) "
            "GROUP BY place",
        )

    def _see_belonging(self) -> None:
        """The questions that ever delivered a version's row, and up to when they did."""
        key = self.relation.layout.key
        asked = one(self.connection, "SELECT count(*) FROM seen WHERE what = 'questions'")
        self.make(
            "TEMP belonging",
            "SELECT w.place, e.scope, CASE WHEN arg_max(e.present, e.turn) THEN any_value(w.upto) "
            f"ELSE max(e.turn) END AS upto FROM ({_words(self.relation)}) e JOIN wanted w "
            f"ON {same('e', 'w', key)} AND e.turn < w.upto WHERE {'true' if asked else 'false'} "
            "GROUP BY w.place, e.scope",
        )

    def _see_latest(self) -> None:
        """The last turn before another in which a question was walked to its end."""
        needed = "SELECT DISTINCT scope, upto FROM belonging"
        sets = "SELECT DISTINCT questions, scope FROM seen WHERE what = 'question'"
        walks = "SELECT questions, turn FROM seen WHERE what = 'questions'"
        both = f"SELECT DISTINCT questions, upto FROM ({needed}) JOIN ({sets}) USING (scope)"
        together = (
            f"SELECT n.questions, n.upto, max(w.turn) AS turn FROM ({both}) n "
            f"JOIN ({walks}) w ON w.questions = n.questions AND w.turn < n.upto GROUP BY ALL"
        )
        self.make(
            "TEMP latest",
            f"SELECT n.scope, n.upto, max(t.turn) AS turn FROM ({needed}) n "
            f"JOIN ({sets}) s USING (scope) "
            f"JOIN ({together}) t ON t.questions = s.questions AND t.upto = n.upto "
            "GROUP BY n.scope, n.upto",
        )

    @property
    def _wholes(self) -> str:
        """The last turn before another that saw the whole table."""
        return (
            "SELECT u.upto, max(s.turn) AS turn FROM (SELECT DISTINCT upto FROM wanted) u "
            "JOIN (SELECT turn FROM seen WHERE what = 'table') s ON s.turn < u.upto GROUP BY u.upto"
        )

    def make_over(self) -> None:
        """Fills the relation's own table of versions that have ended."""
        moments = self.relation.moments
        self.make(
            self.relation.over,
            f"SELECT w.place, t.moment, m.moment AS seen FROM wanted w "
            f"JOIN sighted l ON l.place = w.place JOIN {moments} t ON t.turn = w.ended "
            f"JOIN {moments} m ON m.turn = l.turn",
        )

    def usual_by_row(self) -> list[int]:
        """Of each file the turn at which most of its current rows were seen last."""
        counted = (
            f"SELECT {PART_OF} AS file, turn, count(*) AS number FROM sighted "
            "SEMI JOIN (SELECT place FROM wanted WHERE ended IS NULL) w USING (place) GROUP BY ALL"
        )
        found = dict(
            self.connection.execute(
                f"SELECT file, arg_max(turn, number) FROM ({counted}) GROUP BY file"
            ).fetchall()
        )
        return [found.get(file, 0) for file in range(len(self.relation.files.data))]

    def make_odd(self, usual: Sequence[int]) -> str:
        """Makes the table of current rows to which that does not apply; its name, if there are."""
        table = self.relation.odd
        self.make(
            table,
            f"SELECT l.place, m.moment FROM sighted l "
            f"JOIN {self.relation.moments} m ON m.turn = l.turn "
            f"SEMI JOIN (SELECT place FROM wanted WHERE ended IS NULL) w ON w.place = l.place "
            f"WHERE l.turn <> list_extract({list(usual)}, l.{PART_OF} + 1)",
        )
        if one(self.connection, f"SELECT count(*) FROM {table}"):
            return table
        self._run(f"DROP TABLE {table}")
        return ""

    def make(self, table: str, query: str) -> None:
        """Makes a table of that name, temporary where it says so."""
        temporary, _, told = table.rpartition(" ")
        self._run(f"CREATE {temporary} TABLE {told} AS {query}")

    def _run(self, statement: str) -> None:
        self.connection.execute(statement)
