"""Which question delivered which row, over all runs: the ground on which a row may be removed.

A file of the lake holds what one run learned: for a question (its scope) and a key whether the row
was there. The newest word counts; what no question delivers any more is an orphan.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
from msgspec import Struct

from harvester.publish.answers import Answers, Staged
from harvester.publish.files import write_answer
from harvester.publish.layout import table_layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.seen import saw_all, saw_some
from harvester.publish.sql import any_of, columns, name, parquet, same, sql_type
from harvester.publish.staged import place

__all__ = ["Loss", "emptied", "losses", "orphans", "see_members", "write_members"]


class Loss(Struct, frozen=True):
    """The rows that a query used to deliver, and how many of them it left out this time."""

    members: int
    lost: int

    @property
    def percent(self) -> float:
        """The share that is lost."""
        return 100.0 * self.lost / self.members if self.members else 0.0


def losses(answers: Answers) -> dict[str, Loss]:
    """What each query used to deliver, and did not this time."""
    if not answers.staged.state.members:
        return {}
    see_members(answers)
    key = answers.layout.key
    before = (
        f"SELECT DISTINCT a.query, {columns(key, 'm')} FROM members m "
        f"JOIN (SELECT DISTINCT query, scope FROM asked) a USING (scope)"
    )
    now = (
        f"SELECT DISTINCT a.query, {columns(key, 'p')} FROM present p "
        f"JOIN (SELECT DISTINCT query, scope FROM asked) a USING (scope)"
    )
    found = answers.connection.execute(
        f"SELECT b.query, count(*), count(*) FILTER (n.query IS NULL) FROM ({before}) b "
        f"LEFT JOIN ({now}) n ON b.query = n.query AND {same('b', 'n', key)} GROUP BY b.query"
    )
    return {query: Loss(members, lost) for query, members, lost in found.fetchall()}


def emptied(answers: Answers) -> frozenset[int]:
    """The questions that used to deliver rows, and brought none this time."""
    if not answers.staged.state.members:
        return frozenset()
    see_members(answers)
    found = answers.connection.execute(
        "SELECT DISTINCT m.scope FROM members m SEMI JOIN asked a USING (scope) "
        "ANTI JOIN present p USING (scope)"
    )
    return frozenset(scope for (scope,) in found.fetchall())


def orphans(staged: Staged, settled: Collection[str], doubtful: Collection[str] = ()) -> pa.Table:
    """The keys of current rows that no question delivers any more, and a query that used to.

    Only queries that are `settled` (at their end, and within the guard) may leave a row out for
    good. Of `doubtful` ones it is told which rows they have just left out.
    """
    if not staged.state.members:
        return _nothing(staged)
    return staged.work(lambda answers: _orphans(answers, settled, doubtful))


def _orphans(answers: Answers, settled: Collection[str], doubtful: Collection[str]) -> pa.Table:
    see_members(answers)
    _see_absent(answers, {*settled, *doubtful})
    key = answers.layout.key
    # A settled query may have left the row out in an earlier run already: it is asked for again.
    once = (
        f"SELECT a.query, {columns(key, 'e')} FROM events e "
        f"JOIN asked a USING (scope) WHERE a.query IN {any_of(settled)} "
        f"UNION ALL SELECT a.query, {columns(key, 'm')} FROM members m "
        f"JOIN asked a USING (scope) WHERE a.query IN {any_of(doubtful)}"
    )
    still = (
        f"SELECT {columns(key)} FROM members m ANTI JOIN absent b "
        f"ON m.scope = b.scope AND {same('m', 'b', key)} "
        f"UNION ALL SELECT {columns(key)} FROM present"
    )
    found: pa.Table = answers.connection.sql(
        f"SELECT min(o.query) AS query, {columns(key, 'o')} FROM ({once}) o "
        f"SEMI JOIN held h ON {same('o', 'h', key)} "
        f"ANTI JOIN ({still}) s ON {same('o', 's', key)} "
        f"GROUP BY {columns(key, 'o')} ORDER BY ALL"
    ).to_arrow_table()
    return found


def write_members(staged: Staged, settled: Collection[str], *, whole: bool = False) -> TableState:
    """The files with what this run learned: who delivers which row now, and what it saw.

    It saw the `whole` table where each row came that the table has now.
    """

    def task(answers: Answers) -> TableState:
        see_members(answers)
        _see_absent(answers, settled)
        members = _write_news(answers)
        if whole:
            seen = saw_all(staged.lake, staged.resource, staged.run_id)
            return TableState(members=members, seen=seen)
        return TableState(members=members, seen=saw_some(answers, settled))

    return staged.work(task)


def _write_news(answers: Answers) -> tuple[LakeFile, ...]:
    """The file of rows that a question delivers now, or no longer."""
    key, staged = answers.layout.key, answers.staged
    path = f"_members/{answers.layout.name}/{staged.run_id}.parquet"
    schema = pa.schema(
        [
            ("scope", pa.int64()),
            *((field.name, field.arrow_type) for field in answers.layout.key_fields),
            ("present", pa.bool_()),
        ]
    )
    news = (
        f"SELECT scope, {columns(key)}, true AS present FROM present p "
        f"ANTI JOIN members m ON p.scope = m.scope AND {same('p', 'm', key)} "
        f"UNION ALL SELECT scope, {columns(key)}, false FROM absent ORDER BY ALL"
    )
    written = write_answer(staged.lake, path, schema, answers.connection, news)
    return (LakeFile(path, written.rows, written.size, staged.run_id),) if written else ()


def _see_absent(answers: Answers, settled: Collection[str]) -> None:
    """The table `absent`: what the questions of settled queries used to deliver, and do not now."""
    key = answers.layout.key
    answers.run(
        f"CREATE OR REPLACE TABLE absent AS SELECT m.scope, {columns(key, 'm')} FROM members m "
        f"SEMI JOIN (SELECT scope FROM asked WHERE query IN {any_of(settled)}) a USING (scope) "
        f"ANTI JOIN present p ON m.scope = p.scope AND {same('m', 'p', key)}"
    )


def see_members(answers: Answers) -> None:
    """The views `events` and `members` over the files of all runs.

    And the table `went`, what a question left out once: only of that the newest word is looked for.
    """
    answers.see_present()
    answers.see_lake()
    if answers.knows("members"):
        return
    layout, lake, state = answers.layout, answers.staged.lake, answers.staged.state
    key = columns(layout.key)
    typed = ", ".join(f"CAST(NULL AS {sql_type(f)}) AS {name(f.name)}" for f in layout.key_fields)
    events = f"SELECT 0::BIGINT AS scope, {typed}, true AS present, 0::BIGINT AS turn WHERE false"
    if state.members:
        files = parquet(lake, (file.path for file in state.members), "file_row_number")
        # Where runs' files were folded, a later word stands below the earlier ones.
        events = f"SELECT scope, {key}, present, {place()} AS turn FROM {files}"
    answers.run(f"CREATE VIEW events AS {events}")
    answers.run(f"CREATE TABLE went AS SELECT DISTINCT scope, {key} FROM events WHERE NOT present")
    of_them = f"went w ON {same('e', 'w', ('scope', *layout.key))}"
    answers.run(
        f"CREATE VIEW members AS SELECT scope, {key} FROM events e ANTI JOIN {of_them} "
        f"UNION ALL SELECT scope, {key} FROM events e SEMI JOIN {of_them} "
        f"GROUP BY scope, {key} HAVING arg_max(present, turn)"
    )


def _nothing(staged: Staged) -> pa.Table:
    fields = table_layout(staged.resource).key_fields
    return pa.schema(
        [("query", pa.string()), *((field.name, field.arrow_type) for field in fields)]
    ).empty_table()
