"""A run's staged rows against a table: what is new, what changed, what came back, what went.

Nothing that the lake holds is touched, and all new files have names that follow from the input:
a merge that was cut short is simply done again. The manifest makes its outcome count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import pyarrow as pa

from harvester.catalogue import Resource
from harvester.publish.adopt import adopt, chosen, row_count
from harvester.publish.compare import compare
from harvester.publish.evolve import todays_files
from harvester.publish.files import batches_of, write_file, write_files
from harvester.publish.layout import Layout, meta_layout, table_layout
from harvester.publish.manifest import LakeFile, TableState
from harvester.publish.sql import columns, name, parquet, same, sql_type, text
from harvester.publish.staged import PART_OF, SCRATCH, row_of, take_labels, valid_rows
from harvester.publish.workbench import Connection, one, with_room, workbench
from harvester.schema import HASH, RUN_ID
from harvester.store.lake import Lake

__all__ = ["TableChange", "merge_table"]


@dataclass(frozen=True, slots=True)
class TableChange:
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


def merge_table(
    lake: Lake,
    state: TableState,
    resource: Resource,
    parts: Sequence[str],
    valid: frozenset[str],
    run_id: str,
    *,
    removed_keys: pa.Table | None = None,
) -> TableChange:
    """Finds what is fresh in the staged parts and gives it files in the lake.

    `valid` are the labels of the chains that count. `removed_keys` are rows that are proven to be
    gone; a row that this very run delivered stays.
    """
    layout = table_layout(resource)
    scratch = f"_runs/{run_id}/{SCRATCH}"

    def work(room: str) -> TableChange:
        with workbench(lake.path(f"{scratch}/spill"), room) as connection:
            merge = _Merge(connection, lake, layout, state, staged, run_id, scratch)
            merge.find(valid, removed_keys)
            return merge.write()

    try:
        staged = todays_files(lake, layout, dict.fromkeys(parts), f"{scratch}/parts")
        return with_room(work)
    finally:
        lake.delete_folder(scratch)


@dataclass(frozen=True, slots=True)
class _Merge:
    """One merge at work: `find` looks, `write` makes files."""

    connection: Connection
    lake: Lake
    layout: Layout
    state: TableState
    parts: Sequence[str]
    run_id: str
    scratch: str

    def find(self, valid: frozenset[str], removed_keys: pa.Table | None) -> None:
        """Makes the tables `delivered`, `news`, `differs` and `leaving`."""
        self._see_lake()
        self._see_delivered(valid)
        self._run(self._news_sql())
        if one(self.connection, "SELECT count(*) FROM news WHERE change = 'changed'"):
            compare(self.connection, self.lake, self.layout, self.parts, self._held_files())
            self._run(
                "DELETE FROM news WHERE place IN (SELECT place FROM differs WHERE columns = [])"
            )
        else:
            self._run("CREATE TABLE differs (place BIGINT, columns VARCHAR[])")
        self._see_leaving(removed_keys)

    def write(self) -> TableChange:
        """Gives the fresh rows, the ended versions and the changes their files."""
        files = TableState(tuple(self._data_files()), self._ended_files())
        counted = dict(
            self.connection.execute("SELECT change, count(*) FROM news GROUP BY change").fetchall()
        )
        records = one(self.connection, "SELECT sum(times) FROM delivered")
        return TableChange(
            self.layout.name,
            rows=(self.state + files).rows,
            added=counted.get("added", 0),
            changed=counted.get("changed", 0),
            returned=counted.get("returned", 0),
            removed=one(self.connection, "SELECT count(*) FROM leaving"),
            records=records,
            duplicates=records - one(self.connection, "SELECT count(*) FROM delivered"),
            files=files,
            changes=self._changes_files(),
        )

    def _see_lake(self) -> None:
        """The views `ended` and `held`: versions that are over, and those that are current."""
        key, layout = self.layout.key, self.layout
        typed = ", ".join(
            f"CAST(NULL AS {sql_type(field)}) AS {name(field.name)}" for field in layout.key_fields
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
        """The table `delivered`: of each key the place and the digest of its last valid row."""
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

    def _news_sql(self) -> str:
        """The table `news`: delivered rows that may differ from what the lake holds."""
        key = self.layout.key
        return (
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
        files = [file for file in self.state.data if file.run_id in runs]
        old = [file.path for file in files if file.fingerprint != self.layout.fingerprint]
        todays = todays_files(self.lake, self.layout, old, f"{self.scratch}/held")
        path_of = dict(zip(old, todays, strict=True))
        return [path_of.get(file.path, file.path) for file in files]

    def _see_leaving(self, removed_keys: pa.Table | None) -> None:
        """The table `leaving`: current versions that are gone, unless this run delivered them."""
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

    def _data_files(self) -> Iterator[LakeFile]:
        """The files of fresh rows: parts where all is fresh as they are, of others a copy."""
        paths = (f"{self.layout.name}/{self.run_id}-{number:05d}.parquet" for number in count(1))
        mixed = []
        for part, fresh in self._fresh_counts():
            if fresh < row_count(self.lake, self.parts[part]):
                mixed.append(part)
                continue
            path = next(paths)
            adopt(self.lake, self.parts[part], path)
            yield self._lake_file(path, fresh)
        for written in write_files(self.lake, paths, self.layout.arrow, self._copied(mixed)):
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
            for batch in chosen(self.lake, self.parts[part], numbers):
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
        path = f"_ended/{self.layout.name}/{self.run_id}.parquet"
        return self._written(path, schema, ended)

    def _changes_files(self) -> tuple[LakeFile, ...]:
        layout, key = meta_layout("changes"), _key_text(self.layout.key)
        head = f"SELECT {text(self.run_id)}, {text(self.layout.name)}, {key}"
        told = (
            f"{head}, change, columns FROM news LEFT JOIN differs USING (place) "
            f"UNION ALL {head}, 'removed', NULL FROM leaving"
        )
        path = f"_meta/changes/{self.run_id}-{self.layout.name}.parquet"
        return self._written(path, layout.arrow, told, layout.fingerprint)

    def _written(
        self, path: str, schema: pa.Schema, statement: str, fingerprint: str = ""
    ) -> tuple[LakeFile, ...]:
        named = f"SELECT * FROM ({statement}) t({columns(schema.names)})"
        written = write_file(self.lake, path, schema, batches_of(self.connection, named, schema))
        if written is None:
            return ()
        return (LakeFile(path, written.rows, written.size, self.run_id, fingerprint),)

    def _lake_file(self, path: str, rows: int) -> LakeFile:
        size = self.lake.size(path)
        return LakeFile(path, rows, size, self.run_id, self.layout.fingerprint)

    def _run(self, statement: str) -> None:
        self.connection.execute(statement)


def _key_text(key: Sequence[str]) -> str:
    """A row's key as one text: the value itself, or a JSON list where the key has parts."""
    if len(key) == 1:
        return f"CAST({name(key[0])} AS VARCHAR)"
    parts = (f"to_json({name(column)})" for column in key)
    return f"CAST(json_array({', '.join(parts)}) AS VARCHAR)"
