"""Folding a lake's files: databases say what they said before, but for what is given up."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.compaction import Compaction, Keep, fold_lake, preview
from harvester.errors import SpecError
from harvester.publish import LakeFile, is_current, write_manifest
from harvester.publish.choice import newest, rows_each, tiers
from harvester.publish.files import write_files
from harvester.publish.layout import table_layout
from harvester.publish.pointing import pointing
from harvester.publish.ranked import Ranked
from harvester.publish.sql import parquet
from harvester.publish.workbench import workbench
from harvester.runs import tidy
from harvester.store.parts import Sizes
from tests.publish.contents import contents, rebuilt
from tests.publish.place import Place, Row, moment
from tests.publish.test_model import KEY, MANY, RUN, Model, Run, harvest

AT_ONCE = timedelta(0)
MB = 2**20
ROWS: list[Row] = [
    {
        "accession": f"A{number}",
        "submitter": None if number % 3 else "first",
        "assembly_info": {"assembly_level": "Contig", "assembly_name": f"{number}"},
        "_extra": '{"/x":1}' if number % 5 else None,
    }
    for number in range(40)
]


def _compact(place: Place, keep: Keep | None = None, *databases: Path) -> Compaction:
    return fold_lake(place.lake, databases, keep or Keep(grace=AT_ONCE), lambda _: None)


def _nights(place: Place, nights: int) -> None:
    """The first brings all rows; then some change each night, and one goes."""
    place.run("genome", ROWS)
    for night in range(nights):
        some: list[Row] = [{"accession": f"A{n}", "submitter": f"{night}"} for n in range(3)]
        place.run("genome", some, removed=[{"accession": f"A{3 + night}"}])


def _data_rows(place: Place) -> list[dict[str, Any]]:
    """Every version, as the files hold it."""
    schema = table_layout(RESOURCES["genome"]).arrow
    paths = [place.lake.path(file.path) for file in place.manifest.table("genome").data]
    rows = pa.concat_tables([pq.ParquetFile(path).read().cast(schema) for path in paths])
    return sorted(rows.to_pylist(), key=lambda row: (row["accession"], row["_run_id"]))


def _as_large_as(place: Place, size: int) -> None:
    """As if the files with rows had so many bytes: that is what the manifest says of them."""
    state = place.manifest.table("genome")
    data = tuple(replace(file, bytes=size) for file in state.data)
    write_manifest(
        place.lake, replace(place.manifest, tables={"genome": replace(state, data=data)})
    )


def _weight(place: Place) -> int:
    return sum(place.lake.size(path) for path in place.manifest.paths())


@pytest.mark.timeout(300)
@settings(max_examples=1)
@given(st.lists(st.tuples(RUN, st.sampled_from(["fold", "publish"])), min_size=2, max_size=4))
def test_nothing_that_a_database_says_is_another(runs: list[tuple[Run, str]]) -> None:
    """Brought up to date and built anew, right after a compaction and after later runs."""
    with tempfile.TemporaryDirectory() as folder:
        place, model = Place(Path(folder)), Model()
        place.run("sequence", MANY)
        place.build()
        for number, (run, then) in enumerate(runs, 2):
            expected, change = model.run(number, run), harvest(place, run)
            for kind in ("added", "changed", "returned", "removed"):
                assert getattr(change, kind) == expected[kind]
            if then == "publish":
                place.update()
            else:
                before = rebuilt(place)
                _compact(place, None, place.file)
                assert rebuilt(place) == before
                assert not tiers(place.manifest.table("sequence").data)
        place.update()
        assert contents(place.file, place.runs) == rebuilt(place)
        history = place.ask(
            f"SELECT {', '.join(KEY)}, length, _valid_from, _valid_to FROM sequence_history "
            "WHERE NOT starts_with(assembly_accession, 'M')"
        )
        assert sorted(history, key=str) == sorted(model.history(), key=str)


def test_rows_are_as_they_were_and_sorted(place: Place) -> None:
    _nights(place, 3)
    before = _data_rows(place)
    _compact(place)
    (file,) = place.manifest.table("genome").data
    assert _data_rows(place) == before
    with pq.ParquetFile(place.lake.path(file.path)) as parquet:
        names = parquet.read(["accession", "_run_id"]).to_pylist()
    keys = [(len(row["accession"]), row["accession"], row["_run_id"]) for row in names]
    assert all(one < other for one, other in pairwise(keys))


def test_what_nobody_has_to_read_again_is_not(place: Place) -> None:
    """A database of tables that has all rows is copied; the rows are not loaded anew."""
    _nights(place, 2)
    place.build()
    (built,) = place.ask("SELECT versions FROM versions._made")
    place.run("genome", [{"accession": "B"}])
    place.update()
    done = _compact(place, None, place.file)
    assert done.databases == (place.file,)
    assert place.ask("SELECT versions FROM versions._made") == [built]
    assert pointing(place.file).stands_on(place.manifest)
    change = place.run("genome", [{"accession": "C"}, {"accession": "A9", "submitter": "new"}])
    assert (change.added, change.changed) == (1, 1)
    assert place.ask("SELECT count(*) FROM meta.changes WHERE change = 'changed'") == [6]
    assert place.update()
    assert contents(place.file, place.runs) == rebuilt(place)


def test_a_second_time_there_is_nothing_to_do(place: Place) -> None:
    _nights(place, 2)
    place.build()
    assert _compact(place, None, place.file).plan.folds
    manifest, changed = place.manifest, place.file.stat().st_ino
    done = _compact(place, None, place.file)
    assert (done.plan.folds, done.databases) == ((), ())
    assert (place.manifest, place.file.stat().st_ino) == (manifest, changed)


def test_the_past_of_the_last_runs_is_kept_and_older_ones_are_given_up(place: Place) -> None:
    _nights(place, 4)
    place.build()
    told = "SELECT * EXCLUDE _extra FROM genome_as_of('{}') ORDER BY ALL"
    now = place.ask("SELECT * FROM genome ORDER BY accession")
    then = {number: place.ask(told.format(moment(number))) for number in (4, 5)}
    ended = f"SELECT count(*) FROM genome_history WHERE _valid_to >= '{moment(4)}'"
    kept = place.ask(ended)
    done = _compact(place, Keep(runs=2, grace=AT_ONCE), place.file)
    assert done.plan.given_up
    assert place.ask("SELECT * FROM genome ORDER BY accession") == now
    for number, rows in then.items():
        assert place.ask(told.format(moment(number))) == rows
    assert place.ask(ended) == kept
    assert place.ask("SELECT count(*) FROM genome_history WHERE _valid_to IS NOT NULL") == kept
    assert place.ask("SELECT DISTINCT run_id FROM meta.changes ORDER BY ALL") == ["run4", "run5"]
    assert place.ask("SELECT count(*) FROM meta.runs") == [5]
    assert place.ask("SELECT count(*) FROM genome_history WHERE _valid_from IS NULL") == [0]
    assert contents(place.file, place.runs) == rebuilt(place)


def test_days_are_counted_from_now_and_the_newest_run_stays(place: Place) -> None:
    _nights(place, 3)
    assert preview(place.lake, Keep(days=99_999)).given_up == 0
    assert preview(place.lake, Keep(days=1)).kept == frozenset({"run4"})
    assert preview(place.lake, Keep(runs=2, days=1)).kept == frozenset({"run3", "run4"})


def test_few_rows_of_a_large_file_are_not_worth_it(place: Place) -> None:
    _nights(place, 1)
    place.run("genome", [{"accession": "A39", "submitter": "last"}])
    _as_large_as(place, 20 * MB)
    plan = preview(place.lake, Keep(runs=1))
    # Of 40 versions of the first run 4 are over by the second: a tenth and not more.
    assert plan.spared == 4
    place.run("genome", [{"accession": "A38", "submitter": "last"}])
    _as_large_as(place, 20 * MB)
    plan = preview(place.lake, Keep(runs=1))
    assert [fold.given_up for fold in plan.folds if fold.part == "rows"] == [5]


def test_views_point_at_the_new_files_and_the_old_ones_have_their_grace(place: Place) -> None:
    _nights(place, 2)
    place.build("views")
    old = place.manifest.paths()
    with duckdb.connect(str(place.file), read_only=True) as reader:
        done = _compact(place, Keep(grace=timedelta(days=1)), place.file)
        assert reader.execute("SELECT count(*) FROM genome_history").fetchall() == [(46,)]
    assert done.removed == ()
    assert {file.path for file in place.manifest.retired} == set(old)
    assert is_current(place.file, place.lake, place.manifest)
    assert pointing(place.file).register == "views"
    tidy(place.lake)
    assert set(old) < set(place.lake.list(""))
    place.run("genome", [{"accession": "B"}])
    assert _compact(place, Keep(grace=timedelta(hours=1)), place.file).removed == ()
    later = _compact(place, None, place.file)
    assert {file.path for file in later.removed} > set(old)
    assert set(old).isdisjoint(place.lake.list(""))
    assert place.ask("SELECT count(*) FROM genome_history") == [47]


def test_without_grace_only_the_files_of_the_tables_are_left(place: Place) -> None:
    _nights(place, 2)
    place.build("views")
    before = _weight(place)
    done = _compact(place, None, place.file)
    assert sum(file.bytes for file in done.removed) == before
    named = {"manifest.json", ".lock", *place.manifest.paths()}
    assert set(place.lake.list("")) == named
    assert place.ask("SELECT count(*) FROM genome_history") == [46]


def test_a_file_that_is_no_database_of_ours_stays_as_it_is(place: Place, tmp_path: Path) -> None:
    _nights(place, 1)
    mine = tmp_path / "mine.duckdb"
    with duckdb.connect(str(mine)) as connection:
        connection.execute("CREATE TABLE mine (a INT)")
    manifest, before = place.manifest, mine.read_bytes()
    with pytest.raises(SpecError, match="no database that the harvester can bring up to date"):
        _compact(place, None, mine)
    assert (place.manifest, mine.read_bytes()) == (manifest, before)


SIZES = st.lists(st.integers(1, 40 * MB), max_size=60)


def _files(sizes: list[int]) -> list[LakeFile]:
    return [LakeFile(f"{n}", size // 20, size, "r") for n, size in enumerate(sizes)]


@given(SIZES)
def test_what_is_folded_is_small_and_grows_and_little_is_left(sizes: list[int]) -> None:
    files = _files(sizes)
    groups = tiers(files)
    for group in groups:
        assert len(group) > 1
        weight = sum(file.bytes for file in group)
        for file in group:
            assert file.bytes < 16 * MB
            assert weight >= 2 * file.bytes or file.bytes <= 4 * MB
    folded = {file.path for group in groups for file in group}
    left = sorted(f.bytes for f in files if f.path not in folded and f.bytes < 16 * MB)
    # Those that are left grow so fast that they are few.
    assert all(other > max(one, 4 * MB) for one, other in pairwise(left))


@given(SIZES)
def test_of_files_in_an_order_the_last_ones_are_folded(sizes: list[int]) -> None:
    files = _files(sizes)
    chosen = newest(files)
    assert chosen == (files[-len(chosen) :] if chosen else [])
    assert len(chosen) != 1


def _folded_each_night(sizes: list[int]) -> Iterator[tuple[int, int]]:
    """What each night is rewritten, and how many files there are after it."""
    files: list[LakeFile] = []
    for number, size in enumerate(sizes):
        files.append(LakeFile(f"{number}", size, size, "r"))
        rewritten = 0
        for group in tiers(files):
            weight = sum(file.bytes for file in group)
            count = -(-weight // rows_each(group))
            files = [file for file in files if file not in group]
            files += [
                LakeFile(f"{number}-{n}", weight // count, weight // count, "")
                for n in range(count)
            ]
            rewritten += weight
        yield rewritten, len(files)


@pytest.mark.parametrize("size", [MB // 10, MB, 5 * MB, 20 * MB])
def test_a_year_of_nights_rewrites_each_row_a_few_times(size: int) -> None:
    nights = list(_folded_each_night([100 * MB, *[size] * 365]))
    received = 365 * size
    assert sum(rewritten for rewritten, _ in nights) <= 25 * received
    assert nights[-1][1] <= 8 + received // (14 * MB)


def test_files_are_cut_where_they_are_large_enough(place: Place) -> None:
    files = [LakeFile(f"{number}", 11, 15 * MB, "r") for number in range(5)]
    assert rows_each(files) == 28
    batch = pa.RecordBatch.from_pydict({"a": list(range(10))})
    paths, sizes = (f"{number}.parquet" for number in range(9)), Sizes(rows=20)
    written = write_files(place.lake, paths, batch.schema, [batch] * 5, sizes)
    assert [part.rows for part in written] == [20, 20, 10]


def test_rows_are_laid_down_in_pieces(place: Place) -> None:
    _nights(place, 5)
    layout, files = table_layout(RESOURCES["genome"]), place.manifest.table("genome").data
    paths = [file.path for file in files]
    with workbench(place.lake.path("_runs/spill"), "64MB") as connection:
        ranked = Ranked(connection, place.lake, paths, layout.arrow, "_runs/rows.arrow", 4000, 7)
        rows = f"{parquet(place.lake, paths, 'file_row_number')} v"
        batches = list(ranked.batches(rows, "_run_id, submitter, accession"))
    assert len(batches) > 3
    found = pa.Table.from_batches(batches).to_pylist()
    assert found == sorted(
        _data_rows(place),
        key=lambda row: (
            row["_run_id"],
            (row["submitter"] is None, row["submitter"]),
            row["accession"],
        ),
    )
    assert not place.lake.exists("_runs/rows.arrow")


@pytest.mark.parametrize("table", list(RESOURCES))
def test_each_table_can_be_folded(table: str, place: Place) -> None:
    """Whatever its columns are called."""
    keys = table_layout(RESOURCES[table]).key_fields
    for number in (1, 2):
        value = {field.name: str(number) if field.kind == "string" else number for field in keys}
        place.run(table, [value])
    (fold,) = (
        one for one in _compact(place).plan.folds if (one.table, one.part) == (table, "rows")
    )
    assert fold.rows == 2
    (file,) = place.manifest.table(table).data
    assert file.rows == 2
