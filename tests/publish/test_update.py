"""The last database brought up to date: what it is trusted with, and what it is not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from harvester.errors import LakeError
from harvester.publish import LakeFile, Manifest, TableState, build_database
from harvester.publish.attached import STORAGE_VERSION
from harvester.publish.check import check
from harvester.publish.duplicate import duplicate
from harvester.publish.made import Made, beyond, put_made, read_made
from harvester.publish.trust import doubts
from harvester.publish.workbench import KEYS, workbench
from tests.publish.contents import contents, rebuilt
from tests.publish.place import Place, Row, moment

ROWS: list[Row] = [{"accession": f"A{number}", "submitter": "first"} for number in range(40)]
NEWS: list[Row] = [{"accession": "A1", "submitter": "second"}, {"accession": "B", "_extra": "{"}]
GONE: list[Row] = [{"accession": "A2"}]


@pytest.fixture
def published(place: Place) -> Place:
    """A first night, published."""
    place.run("genome", ROWS)
    place.build()
    return place


def _is_right(place: Place) -> bool:
    return contents(place.file, place.runs) == rebuilt(place)


def test_a_night_is_added(published: Place) -> None:
    published.run("genome", NEWS, removed=GONE)
    assert published.update()
    assert _is_right(published)
    told = "SELECT accession, _valid_from, _valid_to FROM genome_history WHERE submitter = 'first' "
    assert published.ask(f"{told} AND _valid_to IS NOT NULL ORDER BY ALL") == [
        ("A1", moment(1), moment(2)),
        ("A2", moment(1), moment(2)),
    ]


def test_nights_that_bring_new_tables_or_nothing_are_added_too(published: Place) -> None:
    published.run("gene", [{"gene_id": 7}])
    assert published.update()
    published.run("genome", ROWS)
    assert published.update()
    assert published.update()
    assert _is_right(published)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM gene WHERE gene_id = 2", 'main."gene" has 1 rows, the lake 2'),
        ("DELETE FROM versions.gene", 'versions."gene" has 0 rows, the lake 1'),
        ("INSERT INTO versions._runs FROM versions._runs", "versions._runs has 4 rows, the lake 2"),
        ("UPDATE versions._runs SET run_id = 'same'", "has 1 rows, the lake 2"),
    ],
)
def test_a_night_that_went_wrong_is_seen_by_its_check(damage: str, told: str, place: Place) -> None:
    place.run("gene", [{"gene_id": 1, "symbol": "a"}, {"gene_id": 2, "symbol": "b"}])
    place.run("gene", [{"gene_id": 1, "symbol": "A"}, {"gene_id": 2, "symbol": "b"}])
    place.build()
    with duckdb.connect(str(place.file)) as connection:
        connection.execute(damage)
    with workbench("", KEYS) as bench, pytest.raises(LakeError, match=re.escape(told)):
        check(bench, place.file, place.manifest, gained=place.manifest)


def test_a_row_that_leaves_and_returns_between_two_databases(published: Place) -> None:
    published.run("genome", removed=GONE)
    published.run("genome", GONE)
    published.run("genome", [{"accession": "A2", "submitter": "third"}])
    assert published.update()
    assert _is_right(published)
    assert published.ask("SELECT count(*) FROM genome_history WHERE accession = 'A2'") == [3]


def test_a_run_taken_up_late_is_added(published: Place) -> None:
    """It began before the one that the database has, and is committed after it."""
    early = published.begin()
    parts = published.stage(early, "genome", NEWS)
    change = published.merge(early, "genome", parts)
    published.runs = 0
    published.commit(early, change)
    published.runs = 2
    assert published.update()
    assert _is_right(published)


def test_many_versions_are_moved_some_at_a_time(place: Place) -> None:
    def row(number: int, text: str) -> Row:
        return {"assembly_accession": "G", "row_id": str(number), "symbol": text}

    place.run("annotation", [row(number, "first") for number in range(25_000)])
    place.build()
    place.run("annotation", [row(number, "second") for number in range(2, 20_002)])
    assert place.update()
    moved = "SELECT count(*), count(DISTINCT row_id) FROM annotation_history WHERE _valid_to"
    assert place.ask(f"{moved} = '{moment(2)}' AND symbol = 'first'") == [(20_000, 20_000)]
    assert place.ask("SELECT symbol, count(*) FROM annotation GROUP BY ALL ORDER BY ALL") == [
        ("first", 5_000),
        ("second", 20_000),
    ]


def test_an_updated_file_opens_in_older_versions(published: Place) -> None:
    published.run("genome", NEWS)
    assert published.update()
    told = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
    assert published.ask(told)[0].startswith(STORAGE_VERSION)


def test_a_reader_keeps_what_it_opened(published: Place) -> None:
    with duckdb.connect(str(published.file), read_only=True) as reader:
        published.run("genome", NEWS)
        build_database(published.lake, published.manifest, published.file, anew=False)
        assert reader.execute("SELECT count(*) FROM genome").fetchall() == [(40,)]
    assert published.ask("SELECT count(*) FROM genome") == [41]


def _write(place: Place, statement: str) -> None:
    with duckdb.connect(str(place.file)) as connection:
        connection.execute(statement)


def _secretly(place: Place, statement: str) -> None:
    """Writes, and puts the clock back."""
    before = place.file.stat().st_mtime_ns
    _write(place, statement)
    os.utime(place.file, ns=(before, before))


TAMPERED: dict[str, Callable[[Place], object]] = {
    "gone": lambda place: place.file.unlink(),
    "no database": lambda place: place.file.write_bytes(b"checksumDUCKtext"),
    "written to": lambda place: _write(place, "UPDATE genome SET submitter = 'mine'"),
    "a table of one's own": lambda place: _write(place, "CREATE TABLE mine (a INT)"),
    "being written to": lambda place: place.file.with_name("harvest.duckdb.wal").touch(),
    "rows gone": lambda place: _secretly(place, "DELETE FROM genome WHERE accession = 'A5'"),
    "another key": lambda place: _secretly(
        place, "UPDATE genome SET accession = 'mine' WHERE accession = 'A1'"
    ),
    "same key twice": lambda place: _secretly(
        place, "UPDATE genome SET accession = 'B' WHERE accession = 'A5'"
    ),
    "another form": lambda place: _secretly(place, "UPDATE versions._made SET form = 'older'"),
    "says nonsense": lambda place: _secretly(place, "UPDATE versions._made SET manifest = '{}'"),
    "says too little": lambda place: _secretly(place, "UPDATE versions._made SET versions = NULL"),
    "no such table": lambda place: _secretly(place, "DROP TABLE versions._made"),
    "views": lambda place: place.build("views"),
}


@pytest.mark.parametrize("tampered", TAMPERED)
def test_a_database_that_is_not_as_it_was_left_is_built_whole(
    tampered: str, published: Place
) -> None:
    TAMPERED[tampered](published)
    published.run("genome", NEWS, removed=GONE)
    assert not published.update()
    published.file.with_name("harvest.duckdb.wal").unlink(missing_ok=True)
    assert published.ask("SELECT count(*) FROM genome WHERE submitter = 'first'") == [38]
    assert published.ask("SELECT count(*) FROM genome") == [40]
    assert published.ask("SELECT count(*) FROM genome_history") == [42]
    assert published.ask("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'mine'") == [0]


def test_a_database_of_another_lake_is_not_added_to(published: Place) -> None:
    other = Place(published.file.parent / "other")
    other.run("genome", ROWS[1:])
    published.lake = other.lake
    published.run("genome", NEWS)
    assert not published.update()
    assert _is_right(published)


def test_a_database_of_many_new_rows_is_built_whole(published: Place) -> None:
    published.run("genome", [{"accession": f"B{number}"} for number in range(40)])
    assert not published.update()
    assert _is_right(published)


def test_files_of_another_layout_are_not_added_to(published: Place) -> None:
    manifest = published.manifest
    (file,) = manifest.table("genome").data
    held = replace(manifest, tables={"genome": TableState((replace(file, fingerprint="old"),))})
    assert beyond(held, manifest) is None


def _file(path: str) -> LakeFile:
    return LakeFile(path, 1, 1, "run")


def test_only_what_begins_as_it_was_has_gained() -> None:
    a, b, c = map(_file, "abc")
    before = Manifest(tables={"genome": TableState((a,), (b,), (c,))}, meta={"runs": (a,)})
    after = Manifest(
        tables={"genome": TableState((a, b), (b,)), "gene": TableState((c,))},
        meta={"runs": (a, c)},
    )
    gained = beyond(before, after)
    assert gained is not None
    assert gained.table("genome") == TableState((b,))
    assert gained.table("gene") == TableState((c,))
    assert gained.meta == {"runs": (c,)}
    assert beyond(after, before) is None
    assert beyond(before, replace(after, meta={})) is None
    assert beyond(before, replace(after, meta={"runs": (c, a)})) is None
    assert beyond(before, replace(after, tables={"gene": TableState((c,))})) is None


def test_a_file_with_too_many_holes_is_built_whole(published: Place, tmp_path: Path) -> None:
    """Holes: more than 1.3 times what a whole build would need, and more than 16 MiB."""
    last = tmp_path / "last"
    last.touch()
    with duckdb.connect(str(published.file), read_only=True) as connection:
        held = read_made(connection)

        def reasons(size: int, needed: int) -> list[str]:
            os.truncate(last, size)
            before = replace(held, size=needed)
            return list(doubts(connection, before, before, last, held.stamp))

        mib = 2**20
        assert reasons(25 * mib, 20 * mib) == []
        assert reasons(27 * mib, 20 * mib) == ["the last one has too many holes"]
        assert reasons(15 * mib, 1 * mib) == []


def test_what_a_database_says_of_itself_is_read_again(published: Place) -> None:
    made = Made("form", published.manifest, 1, 2, 3)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA versions")
        put_made(connection, replace(made, stamp=5))
        put_made(connection, made)
        assert read_made(connection) == made


def test_a_copy_is_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(os.urandom(3_000_001))
    os.utime(source, ns=(0, 7_000_000_000))
    assert duplicate(source, target) == 7_000_000_000
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("damage", ["gone", "torn"])
def test_a_failure_leaves_the_old_file_and_nothing_else(damage: str, published: Place) -> None:
    before = published.file.read_bytes()
    published.run("genome", NEWS)
    path = Path(published.lake.path(published.manifest.table("genome").data[-1].path))
    path.unlink() if damage == "gone" else os.truncate(path, 100)
    with pytest.raises(LakeError, match="DuckDB could not work"):
        published.update()
    assert published.file.read_bytes() == before
    assert {path.name for path in published.file.parent.iterdir()} == {"harvest.duckdb", "lake"}
