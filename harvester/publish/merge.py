"""A run's staged rows against a table: what is new, what changed, what came back, what went.

Nothing that the lake holds is touched, and all new files have names that follow from the input:
a merge that was cut short is simply done again. The manifest makes its outcome count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import pyarrow as pa
from msgspec import Struct, field

from harvester.publish.adopt import adopt, chosen, row_count
from harvester.publish.answers import Answers, Staged
from harvester.publish.files import write_answer, write_files
from harvester.publish.ignore import Ignored
from harvester.publish.layout import meta_layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.news import Search
from harvester.publish.sql import columns, key_text, text
from harvester.publish.staged import PART_OF, row_of
from harvester.publish.workbench import one
from harvester.schema import RUN_ID

__all__ = ["TableChange", "merge_table"]


class TableChange(Struct, frozen=True):
    """What a run does to a table, and the files that say so once the manifest names them."""

    name: str
    rows: int
    added: int = 0
    changed: int = 0
    returned: int = 0
    removed: int = 0
    records: int = 0
    duplicates: int = 0
    files: TableState = field(default_factory=TableState)
    changes: tuple[LakeFile, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether each row came that the table has now."""
        return 0 < self.rows == self.records - self.duplicates


def merge_table(
    staged: Staged,
    *,
    removed_keys: pa.Table | None = None,
    ignored: Mapping[str, tuple[str, ...]] | None = None,
) -> TableChange:
    """Finds what is fresh in the staged parts and gives it files in the lake.

    `removed_keys` are rows that are proven to be gone; a row that this very run delivered stays.
    `ignored` are paths whose difference is no change, by the id of the query that brought the row.
    """

    def task(answers: Answers) -> TableChange:
        merge = _Merge(answers, Ignored(ignored or {}))
        merge.find(removed_keys)
        return merge.write()

    return staged.work(task)


class _Merge(Search, frozen=True):
    """A search whose findings become files."""

    def write(self) -> TableChange:
        """Gives the fresh rows, the ended versions and the changes their files."""
        files = TableState(tuple(self._data_files()), self._ended_files())
        counted = dict(
            self.connection.execute("SELECT change, count(*) FROM news GROUP BY change").fetchall()
        )
        records = one(self.connection, "SELECT sum(times) FROM arrived")
        return TableChange(
            self.layout.name,
            rows=(self.staged.state + files).rows,
            added=counted.get("added", 0),
            changed=counted.get("changed", 0),
            returned=counted.get("returned", 0),
            removed=one(self.connection, "SELECT count(*) FROM leaving"),
            records=records,
            duplicates=records - one(self.connection, "SELECT count(*) FROM arrived"),
            files=files,
            changes=self._changes_files(),
        )

    def _data_files(self) -> Iterator[LakeFile]:
        """The files of fresh rows: parts where all is fresh as they are, of others a copy."""
        paths = (
            f"{self.layout.name}/{self.staged.run_id}-{number:05d}.parquet" for number in count(1)
        )
        mixed = []
        for part, fresh in self._fresh_counts():
            if fresh < row_count(self.staged.lake, self.answers.parts[part]):
                mixed.append(part)
                continue
            path = next(paths)
            adopt(self.staged.lake, self.answers.parts[part], path)
            yield self._lake_file(path, fresh)
        for written in write_files(self.staged.lake, paths, self.layout.arrow, self._copied(mixed)):
            yield self._lake_file(written.path, written.rows)

    def _fresh_counts(self) -> list[tuple[int, int]]:
        """The parts that hold fresh rows, and how many."""
        counted = f"SELECT {PART_OF} AS part, count(*) FROM news GROUP BY part ORDER BY part"
        return [(int(part), fresh) for part, fresh in self.connection.execute(counted).fetchall()]

    def _copied(self, parts: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for part in parts:
            rows = self.connection.sql(
                f"SELECT {row_of(part)} AS number FROM news "
                f"WHERE {PART_OF} = {part} ORDER BY number"
            ).to_arrow_table()
            numbers = rows.column("number").combine_chunks()
            for batch in chosen(self.staged.lake, self.answers.parts[part], numbers):
                yield batch.cast(self.layout.arrow)

    def _ended_files(self) -> tuple[LakeFile, ...]:
        key = self.layout.key
        schema = pa.schema(
            [(field.name, field.arrow_type) for field in (*self.layout.key_fields, RUN_ID)]
        ).append(pa.field("change", pa.string()))
        ended = (
            f"SELECT {columns(key)}, held_by, 'changed' FROM news WHERE change = 'changed' "
            f"UNION ALL SELECT {columns(key)}, {RUN_ID.name}, 'removed' FROM leaving"
        )
        path = f"_ended/{self.layout.name}/{self.staged.run_id}.parquet"
        return self._written(path, schema, ended)

    def _changes_files(self) -> tuple[LakeFile, ...]:
        layout, key = meta_layout("changes"), key_text(self.layout.key)
        head = f"SELECT {text(self.staged.run_id)}, {text(self.layout.name)}, {key}"
        told = (
            f"{head}, change, columns FROM news LEFT JOIN differs USING (place) "
            f"UNION ALL {head}, 'removed', NULL FROM leaving"
        )
        path = f"_meta/changes/{self.staged.run_id}-{self.layout.name}.parquet"
        return self._written(path, layout.arrow, told, layout.fingerprint)

    def _written(
        self, path: str, schema: pa.Schema, statement: str, fingerprint: str = ""
    ) -> tuple[LakeFile, ...]:
        named = f"SELECT * FROM ({statement}) t({columns(schema.names)})"
        written = write_answer(self.staged.lake, path, schema, self.connection, named)
        if written is None:
            return ()
        return (LakeFile(path, written.rows, written.size, self.staged.run_id, fingerprint),)

    def _lake_file(self, path: str, rows: int) -> LakeFile:
        size = self.staged.lake.size(path)
        return LakeFile(path, rows, size, self.staged.run_id, self.layout.fingerprint)
