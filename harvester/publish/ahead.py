"""A first harvest's rows, loaded into its database while more of them are asked for.

Who publishes would read the same files as soon as the last page is there. What was loaded counts
where the lake holds exactly these rows in the end; else the database is built as ever.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb
import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace

from harvester.errors import LakeError
from harvester.publish.aside import place_beside
from harvester.publish.attached import BUILT, ROW_GROUP_SIZE, Attached, attached
from harvester.publish.check import check
from harvester.publish.layout import Layout, table_layouts
from harvester.publish.load import (
    LARGE_ROOM,
    drop_rows,
    fill_tables,
    group_for,
    load_files,
    room_for,
    settle_keys,
)
from harvester.publish.made import Made, put_made
from harvester.publish.manifest import CommittedRun, LakeFile, Manifest, TableState
from harvester.publish.sql import text
from harvester.publish.template import make_form
from harvester.publish.workbench import KEYS, MEMORY, workbench
from harvester.store.keeper import chain_label
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["Ahead"]

_log = get_logger(__name__)

#: Enough for one group of wide rows beside a run in full swing; some of it may be spilt.
_LITTLE = "128MB"
#: So many rows are worth a DuckDB of their own, and are better compressed at once than logged.
_MANY = 2_000
#: One in so many rows may have come again: more are better built anew than mended.
_REPEATED = 10


class _Part(Struct, frozen=True):
    """A durable part, and how many rows each walk brought to it, by its label."""

    file: LakeFile
    walks: Mapping[str, int]

    def rows(self, void: Collection[str]) -> int:
        """The rows that count."""
        return sum(rows for walk, rows in self.walks.items() if walk not in void)


class _Arrived(Struct, frozen=True):
    """A part is durable; in a `calm` run there is memory and time to load it.

    So many rows are `expected` of the whole run by now.
    """

    table: str
    part: _Part
    void: frozenset[str]
    calm: bool
    expected: int


class _Rest(Struct, frozen=True):
    """No more are under way, for the time being."""

    void: frozenset[str]


class _Wanted(Struct, frozen=True):
    """The database is wanted under this name, as `made` says."""

    made: Made
    file: Path


class _Unfit(Exception):
    """What was loaded is not what is wanted; or nobody wants it."""


class Ahead:
    """Loads the parts of a lake's first run in a thread of its own.

    Nothing that goes wrong here stops a run: there is only nothing to give then.
    """

    def __init__(self, lake: Lake, target: Path, run: CommittedRun, least: int = _MANY) -> None:
        self._run = run
        self._least = least
        self._words: SimpleQueue[_Arrived | _Rest | _Wanted | None] = SimpleQueue()
        self._thread = ThreadPoolExecutor(1, "load")
        self._built = self._thread.submit(self._attempt, lake, target)

    def hear(
        self, record: Mapping[str, Any], void: frozenset[str], *, calm: bool, expected: int
    ) -> None:
        """Learns of another part from a fact of the journal; rows of `void` walks do not count."""
        if path := record.get("part"):
            walks: Counter[str] = Counter()
            for page in record["pages"]:
                walks[chain_label(page["chain"], page["epoch"])] += page["rows"]
            file = LakeFile(path, record["rows"], record["size"], self._run.run_id)
            part = _Part(file, walks)
            self._words.put(_Arrived(record["table"], part, void, calm, expected))

    def rest(self, void: frozenset[str]) -> None:
        """It seems that all have come."""
        self._words.put(_Rest(void))

    def give(self, made: Made, file: Path, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Makes the file such that it is as `made` says, if that can be done; it can be once.

        There is time for something else `meanwhile`.
        """
        self._words.put(_Wanted(made, file))
        meanwhile()
        return self._built.result()

    def close(self) -> None:
        """Ends the thread; what was not given goes."""
        self._words.put(None)
        self._thread.shutdown()

    def _attempt(self, lake: Lake, target: Path) -> bool:
        try:
            self._build(lake, target)
        except (duckdb.Error, LakeError, OSError, _Unfit) as error:
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            _log.debug("nothing loaded ahead", reason=reason)
            return False
        return True

    def _build(self, lake: Lake, target: Path) -> None:
        told = list(self._until_many())
        with place_beside(target) as aside:
            with workbench(aside.with_name("spill"), KEYS) as connection:
                with attached(connection, aside, _group(told)) as database:
                    make_form(connection, BUILT, "tables")
                    loading = _Loading(database, lake, self._run.moment)
                    made, file = self._load(loading, told)
                    fill_tables(database, lake, made.manifest, filled=made.manifest.tables)
                    put_made(connection, replace(made, versions=made.now))
                check(connection, aside, made.manifest)
            aside.replace(file)

    def _until_many(self) -> Iterator[_Arrived | _Rest]:
        """What is heard until there are rows enough."""
        rows = 0
        while rows < self._least:
            match self._words.get():
                case _Arrived() as word:
                    rows += word.part.file.rows
                    yield word
                case _Rest() as word:
                    yield word
                case _:
                    why = f"{rows} rows are few"
                    raise _Unfit(why)

    def _load(self, loading: _Loading, told: list[_Arrived | _Rest]) -> tuple[Made, Path]:
        """Loads what was told and what comes, until the database is wanted."""
        for word in chain(told, iter(self._words.get, None)):
            match word:
                case _Arrived():
                    loading.take(word)
                case _Rest(void):
                    loading.rest(void)
                case _Wanted(made, file):
                    loading.finish(made.manifest)
                    return made, file
        why = "the run has ended"
        raise _Unfit(why)


def _group(told: Iterable[_Arrived | _Rest]) -> int:
    """How many rows of the first table are compressed together."""
    arrived = [word for word in told if isinstance(word, _Arrived)]
    files = [word.part.file for word in arrived if word.table == arrived[0].table]
    return group_for(files, arrived[-1].expected)


class _Loading(Struct):
    """The tables as they fill, and how many rows of them count.

    One grows while its rows arrive, in a transaction that ends when no more come: so a group is
    compressed when it is full, and once. Another would hold a group in memory beside it.
    What is void once stays so: at least all rows that count in the end are loaded, and others
    taken back.
    """

    database: Attached
    lake: Lake
    moment: datetime
    _void: frozenset[str] = frozenset()
    _expected: int = 0
    _waiting: dict[str, list[_Part]] = field(default_factory=lambda: defaultdict(list))
    _loaded: Counter[str] = field(default_factory=Counter)
    _parts: dict[str, list[tuple[_Part, frozenset[str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _growing: str = ""
    _added: int = 0
    _rested: bool = False

    def take(self, arrived: _Arrived) -> None:
        """Adds what waits of the table that grows, or lets one grow of which much waits."""
        self._waiting[arrived.table].append(arrived.part)
        self._expected = arrived.expected
        if self._rested or not arrived.calm:
            return
        self._void = arrived.void
        if self._growing != arrived.table:
            much = ROW_GROUP_SIZE if self._growing else _MANY
            if self._rows(arrived.table) < much:
                return
            self._end()
            self._begin(arrived.table, _LITTLE)
        self._add()

    def rest(self, void: frozenset[str]) -> None:
        """Loads what waits if it is little; more must not take memory that the run needs now."""
        self._void, self._rested = void, True
        if self._rows(*self._waiting) < ROW_GROUP_SIZE:
            self._load()

    def _load(self) -> None:
        """Loads all that waits."""
        self._end()
        for table in list(self._waiting):
            self._begin(table)
            self._end()

    def finish(self, manifest: Manifest) -> None:
        """Loads the rest, if then all rows are those of the lake, and all of these are current."""
        self._load()
        for table in self._loaded:
            self._take_back(table)
            self._settle(table, manifest.table(table))
        for table in {*manifest.tables, *self._loaded}:
            held, loaded = manifest.table(table), self._loaded[table]
            if not held.rows == held.versions == loaded:
                why = f"{loaded} rows of {table} are loaded, {held.rows} count"
                raise _Unfit(why)

    def _rows(self, *tables: str) -> int:
        """How many rows of these tables wait."""
        return sum(part.file.rows for table in tables for part in self._waiting[table])

    def _begin(self, table: str, wide: str = MEMORY) -> None:
        pa.default_memory_pool().release_unused()
        files = [part.file for part in self._waiting[table]]
        self.database.at_most(group_for(files, self._expected))
        large = self.database.group > ROW_GROUP_SIZE
        self._set("memory_limit", LARGE_ROOM if large else room_for(files, wide))
        self._run("BEGIN")
        self._growing, self._added = table, 0

    def _add(self) -> None:
        """Adds what waits; groups that are full are compressed."""
        parts = self._waiting.pop(self._growing, [])
        if parts:
            files = [part.file for part in parts]
            void = self._void.intersection(walk for part in parts for walk in part.walks)
            layout = _layouts()[self._growing]
            load_files(self.database.connection, self.lake, layout, files, self.moment, void)
            self._added += sum(part.rows(void) for part in parts)
            self._parts[self._growing] += [(part, void) for part in parts]

    def _end(self) -> None:
        """Adds what waits of the table that grows, if one does, and compresses what is left."""
        if not self._growing:
            return
        self._add()
        if self._added >= _MANY:
            self._set("checkpoint_threshold", "1KB")
        self._run("COMMIT")
        self._run("RESET checkpoint_threshold")
        self._set("memory_limit", KEYS)
        self._loaded[self._growing] += self._added
        _log.debug("rows loaded ahead", table=self._growing, rows=self._added)
        self._growing = ""

    def _take_back(self, table: str) -> None:
        """Takes back rows of walks that turned out to be void when these were loaded already."""
        late = [part for part, void in self._parts[table] if part.walks.keys() & self._void - void]
        if late:
            files, layout = [part.file for part in late], _layouts()[table]
            gone = drop_rows(self.database.connection, self.lake, layout, files, self._void)
            self._loaded[table] -= gone
            _log.debug("rows taken back", table=table, rows=gone)

    def _settle(self, table: str, held: TableState) -> None:
        """Of what came more than once, keeps the row that counts."""
        if not 0 < self._loaded[table] - held.rows <= held.rows / _REPEATED:
            return
        self._set("memory_limit", MEMORY)
        layout, seen = _layouts()[table], self.moment
        gone = settle_keys(self.database.connection, self.lake, layout, held.data, seen)
        self._set("memory_limit", KEYS)
        self._loaded[table] -= gone
        _log.debug("rows that came again left out", table=table, rows=gone)

    def _set(self, option: str, value: str) -> None:
        self._run(f"SET {option} = {text(value)}")

    def _run(self, statement: str) -> None:
        self.database.connection.execute(statement)


def _layouts() -> Mapping[str, Layout]:
    return {layout.name: layout for layout in table_layouts()}
