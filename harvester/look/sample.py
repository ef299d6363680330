"""Some rows that speak for all: what is measured on them is told to be so."""

from __future__ import annotations

from msgspec import Struct

from harvester.look.catalog import Table
from harvester.publish.workbench import Connection, one

__all__ = ["Sample", "sample_of"]


class Sample(Struct, frozen=True):
    """Rows of a table: `source` stands behind FROM; `taken` of all `rows` are in it."""

    source: str
    rows: int
    taken: int
    how: str = "all"

    @property
    def told(self) -> str:
        """What figures about these rows are figures of."""
        if self.how == "all":
            return f"all {self.rows:,} rows"
        if self.how == "first":
            return f"the first {self.taken:,} of {self.rows:,} rows"
        return f"a sample of {self.taken:,} of {self.rows:,} rows"


def sample_of(connection: Connection, table: Table, most: int | None) -> Sample:
    """All rows, or about so many; the same ones each time.

    Whole blocks of 2,048 rows are taken from all over the table, and only those are read. Of a view
    of the lake's files that is not possible, so its first rows are taken.
    """
    rows = one(connection, f"SELECT count(*) FROM {table.relation}")
    if most is None or rows <= most:
        return Sample(table.relation, rows, rows)
    if not table.stored:
        return Sample(f"(FROM {table.relation} LIMIT {most})", rows, most, "first")
    source = f"{table.relation} TABLESAMPLE system({100 * most / rows} PERCENT) REPEATABLE (1)"
    taken = one(connection, f"SELECT count(*) FROM {source}")
    return Sample(source, rows, taken, "sample")
