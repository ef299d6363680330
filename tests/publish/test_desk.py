"""A desk reads a table's rows once, whoever asks them, and again when they are others."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import duckdb
import pytest

from harvester.errors import LakeError
from harvester.publish import Desk
from harvester.publish.workbench import KEYS, MEMORY, Connection, workbench
from harvester.store.lake import Lake

RUN = "run1"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(Lake(tmp_path), RUN)) as desk:
        yield desk


class Reader:
    """Lays down one row, and counts how often."""

    def __init__(self, told: int) -> None:
        self.told = told
        self.read = 0

    def lay(self, connection: Connection) -> Connection:
        self.read += 1
        connection.execute(f"CREATE TABLE delivered AS SELECT {self.told} AS told")
        return connection


def _told(connection: Connection) -> object:
    return connection.execute("FROM delivered").fetchall()


def _memory(connection: Connection) -> object:
    asked = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    return asked[0][0]


def test_the_same_rows_are_read_once_also_with_another_table_between(desk: Desk) -> None:
    genes, genomes = Reader(1), Reader(2)
    for _ in range(2):
        assert desk.work("gene", genes, genes.lay, _told) == [(1,)]
        assert desk.work("genome", genomes, genomes.lay, _told) == [(2,)]
    assert (genes.read, genomes.read) == (1, 1)


def test_other_rows_of_a_table_take_the_place_of_the_first(desk: Desk) -> None:
    before, after = Reader(1), Reader(2)
    assert desk.work("gene", before, before.lay, _told) == [(1,)]
    assert desk.work("gene", after, after.lay, _told) == [(2,)]
    assert desk.work("gene", before, before.lay, _told) == [(1,)]


def test_where_a_task_fails_it_and_all_later_ones_have_more_room(desk: Desk) -> None:
    rows, rooms = Reader(1), []

    def greedy(connection: Connection) -> object:
        rooms.append(_memory(connection))
        connection.execute("CREATE TABLE made AS SELECT 1 AS x")
        if len(rooms) == 1:
            raise duckdb.OutOfMemoryException
        return _told(connection)

    assert desk.work("gene", rows, rows.lay, greedy) == [(1,)]
    rooms.append(desk.work("gene", rows, rows.lay, _memory))
    assert rows.read == 2  # what lies there need not be read again
    desk.clear()
    rooms.append(desk.work("gene", rows, rows.lay, _memory))
    assert rooms == [_in_mebibytes(room) for room in (KEYS, MEMORY, MEMORY, MEMORY)]


def test_what_cannot_be_done_is_told_and_the_next_table_is_not_the_worse_for_it(desk: Desk) -> None:
    rows = Reader(1)
    with pytest.raises(LakeError, match="nonsense"):
        desk.work("gene", rows, rows.lay, lambda connection: connection.execute("SELECT nonsense"))
    assert desk.work("genome", rows, rows.lay, _told) == [(1,)]


def test_cleared_it_leaves_no_file_and_can_be_used_again(desk: Desk, tmp_path: Path) -> None:
    rows = Reader(1)
    desk.lake.write(f"{desk.folder('gene')}/copy", b"")
    desk.work("gene", rows, rows.lay, _told)
    desk.clear()
    assert list(tmp_path.rglob("*")) == [tmp_path / "_runs", tmp_path / "_runs" / RUN]
    assert desk.work("gene", rows, rows.lay, _told) == [(1,)]
    assert rows.read == 2


def test_it_is_closed_when_the_task_under_way_is_done_and_then_refuses(desk: Desk) -> None:
    rows, begun, go_on = Reader(1), Event(), Event()

    def slow(connection: Connection) -> object:
        begun.set()
        assert go_on.wait(30)
        return _told(connection)

    with ThreadPoolExecutor(2) as threads:
        told = threads.submit(desk.work, "gene", rows, rows.lay, slow)
        assert begun.wait(30)
        closed = threads.submit(desk.close)
        assert not closed.done()
        go_on.set()
        assert told.result() == [(1,)]
        closed.result()
    with pytest.raises(LakeError, match="the run is over"):
        desk.work("gene", rows, rows.lay, _told)


def test_what_a_task_that_failed_had_made_is_not_there_for_the_next(desk: Desk) -> None:
    rows = Reader(1)

    def fails(connection: Connection) -> None:
        connection.execute("DELETE FROM delivered")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it is the one above
        desk.work("gene", rows, rows.lay, fails)
    assert desk.work("gene", rows, rows.lay, _told) == [(1,)]


def test_a_duckdb_in_which_something_failed_is_nobodys_any_more(desk: Desk) -> None:
    rows = Reader(1)

    def fails(connection: Connection) -> None:
        connection.execute("ATTACH ':memory:' AS stays")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it is the one above
        desk.work("gene", rows, rows.lay, fails)
    with workbench("", KEYS) as other:
        names = other.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    assert ("stays",) not in names


def _in_mebibytes(room: str) -> str:
    """As DuckDB says it."""
    return f"{int(room.removesuffix('MB')) * 10**6 / 2**20:.1f} MiB"
