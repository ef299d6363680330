"""What a run saw of a table: rows that stay as they were keep the run that brought them.

A file of the lake says it in few rows, by `what` of them it is: the whole `table`; the `questions`
of a query, spelled out as one `question` each when they are asked together for the first time,
which says that whatever these deliver was received; or a `row` that came without that, by its key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pyarrow as pa

from harvester.catalogue import Resource
from harvester.publish.answers import Answers
from harvester.publish.files import batches_of, write_file
from harvester.publish.layout import Layout, table_layout
from harvester.publish.manifest import LakeFile
from harvester.publish.sql import any_of, columns, parquet, same, text
from harvester.schema import RUN_ID
from harvester.store.lake import Lake

__all__ = ["saw_all", "saw_some", "seen_schema"]


def saw_all(lake: Lake, resource: Resource, run_id: str) -> tuple[LakeFile, ...]:
    """The file that says that a run received each row that the table has now."""
    layout = table_layout(resource)
    schema = seen_schema(layout)
    rows = pa.RecordBatch.from_pylist([{RUN_ID.name: run_id, "what": "table"}], schema)
    return _written(lake, layout, run_id, [rows])


def saw_some(answers: Answers, settled: Collection[str]) -> tuple[LakeFile, ...]:
    """The file that says what a run received; needs `present` and `held`."""
    staged, layout = answers.staged, answers.layout
    _see_walked(answers, settled)
    known = "SELECT 0::BIGINT AS questions WHERE false"
    if staged.state.seen:
        files = parquet(staged.lake, (file.path for file in staged.state.seen))
        known = f"SELECT questions FROM {files} WHERE what = 'question'"
    told = (
        "SELECT DISTINCT 'questions' AS what, questions FROM walked UNION ALL BY NAME "
        "SELECT 'question' AS what, questions, scope FROM walked "
        f"ANTI JOIN ({known}) USING (questions) UNION ALL BY NAME "
        f"SELECT 'row' AS what, {columns(layout.key)} FROM ({_loose(answers, settled)})"
    )
    of_run = f"SELECT {text(staged.run_id)} AS {RUN_ID.name}, t.* FROM ({told}) t"
    schema = seen_schema(layout)
    ordered = f"SELECT {columns(schema.names)} FROM ({of_run}) ORDER BY ALL"
    return _written(
        staged.lake, layout, staged.run_id, batches_of(answers.connection, ordered, schema)
    )


def _see_walked(answers: Answers, settled: Collection[str]) -> None:
    """The table `walked`: the questions of queries that came to their end, by what they make up."""
    together = "string_agg(CAST(scope AS VARCHAR), ',' ORDER BY scope)"
    answers.run(
        f"CREATE OR REPLACE TABLE walked AS "
        f"SELECT DISTINCT questions, unnest(scopes) AS scope FROM ("
        f"SELECT CAST(md5_number_lower({together}) >> 1 AS BIGINT) AS questions, "
        f"list(scope) AS scopes FROM (SELECT DISTINCT query, scope FROM asked "
        f"WHERE query IN {any_of(settled)}) GROUP BY query)"
    )


def _loose(answers: Answers, settled: Collection[str]) -> str:
    """The keys of rows that were there before, and came by other chains than those."""
    key = answers.layout.key
    chains = f"SELECT chain FROM asked WHERE query IN {any_of(settled)}"
    return (
        f"SELECT DISTINCT {columns(key, 'd')} FROM delivered d "
        f"ANTI JOIN ({chains}) c ON c.chain = d.chain "
        f"SEMI JOIN held h ON {same('d', 'h', key)} "
        f"ANTI JOIN (SELECT {columns(key, 'p')} FROM present p SEMI JOIN walked USING (scope)) p "
        f"ON {same('d', 'p', key)}"
    )


def seen_schema(layout: Layout) -> pa.Schema:
    """The columns of such a file."""
    numbers = dict.fromkeys(("questions", "scope"), pa.int64())
    key = {field.name: field.arrow_type for field in layout.key_fields}
    types: dict[str, pa.DataType] = {
        RUN_ID.name: pa.string(),
        "what": pa.string(),
        **numbers,
        **key,
    }
    return pa.schema(types)


def _written(
    lake: Lake, layout: Layout, run_id: str, batches: Iterable[pa.RecordBatch]
) -> tuple[LakeFile, ...]:
    path = f"_seen/{layout.name}/{run_id}.parquet"
    written = write_file(lake, path, seen_schema(layout), batches)
    return (LakeFile(path, written.rows, written.size, run_id),) if written else ()
