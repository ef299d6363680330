"""Which columns of a row differ from its current version, told for many rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harvester.publish.answers import Answers
from harvester.publish.ignore import Ignored
from harvester.publish.layout import Layout
from harvester.publish.sql import name, parquet, same, texts
from harvester.publish.staged import PART_OF, place
from harvester.schema import EXTRA, RUN_ID
from harvester.store.lake import Lake

__all__ = ["compare"]


def compare(answers: Answers, held: Sequence[str], ignored: Ignored) -> None:
    """Makes the table `differs`: the place of each row of `news` that changed, and its columns.

    Rows are wide and may be many, so what is compared is a digest of each value's text, which tells
    NULL, an empty list and a struct of NULLs apart, where DuckDB's digest of the value does not.
    """
    connection, lake, layout = answers.connection, answers.staged.lake, answers.layout
    suspects = ignored.suspects(layout.key)
    connection.execute(f"CREATE OR REPLACE TABLE suspects AS {suspects}")
    told = (*layout.data, EXTRA.name)
    digests = _digests(layout, ignored)
    fresh, old = _fresh(answers, digests), _held(lake, layout, held, digests)
    connection.execute(f"CREATE OR REPLACE TABLE fresh_digests AS {fresh}")
    connection.execute(f"CREATE OR REPLACE TABLE held_digests AS {old}")
    unequal = (f"f.{name(column)} IS DISTINCT FROM h.{name(column)}" for column in told)
    connection.execute(
        f"CREATE OR REPLACE TABLE differs AS "
        f"SELECT place, list_where({texts(told)}, [{', '.join(unequal)}]) AS columns "
        f"FROM fresh_digests f JOIN held_digests h USING (place)"
    )


def _fresh(answers: Answers, digests: str) -> str:
    """Digests of the staged rows that may have changed."""
    asked = f"SELECT DISTINCT {PART_OF} AS part FROM suspects ORDER BY part"
    rows = answers.connection.execute(asked)
    numbers = [int(part) for (part,) in rows.fetchall()]
    paths = (answers.parts[number] for number in numbers)
    files = parquet(answers.staged.lake, paths, "file_row_number")
    return f"SELECT a.place, {digests} FROM {files} r JOIN suspects a ON a.place = {place(numbers)}"


def _held(lake: Lake, layout: Layout, held: Sequence[str], digests: str) -> str:
    """Digests of the current versions of the same keys."""
    return (
        f"SELECT a.place, {digests} FROM {parquet(lake, held)} r "
        f"JOIN suspects a ON {same('r', 'a', layout.key)} AND r.{RUN_ID.name} = a.held_by"
    )


def _digests(layout: Layout, ignored: Ignored) -> str:
    """The digest of each column, but of what does not count."""
    texts = dict(_texts(layout, ignored))
    return ", ".join(f"hash({value}) AS {name(column)}" for column, value in texts.items())


def _texts(layout: Layout, ignored: Ignored) -> Iterator[tuple[str, str]]:
    for field in layout.columns:
        value = f"r.{name(field.name)}"
        if field.name in layout.data:
            yield field.name, ignored.text_of(field, value, "a")
    value = f"CAST(r.{name(EXTRA.name)} AS VARCHAR)"
    # The order in which surplus values were met is no news.
    entries = f"map_entries(TRY_CAST(TRY_CAST({value} AS JSON) AS MAP(VARCHAR, JSON)))"
    yield EXTRA.name, f"coalesce(CAST(list_sort({entries}) AS VARCHAR), {value})"
