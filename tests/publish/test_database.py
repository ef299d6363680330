"""The DuckDB file: complete, documented, old enough, and replaced whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harvester.catalogue import RESOURCES
from harvester.errors import LakeError
from harvester.publish import META_TABLES, Manifest, build_database, keep_quarantine, read_runs
from harvester.publish.aside import built_aside
from harvester.publish.attached import STORAGE_VERSION
from harvester.publish.layout import table_layout
from harvester.publish.sql import sql_type
from harvester.schema import flat_columns, load_schema, table_fields
from harvester.store.parts import write_rows
from tests.publish.place import Place, moment

GENOME: dict[str, Any] = {
    "accession": "A",
    "organism": {"organism_name": "Homo sapiens", "tax_id": 9606},
    "assembly_stats": {"contig_n50": 5},
    "assembly_info": {"biosample": {"attributes": [{"name": "sex", "value": "f"}]}},
    "_extra": '{"/new":{"x":[1.50,null]}}',
}


@pytest.fixture(params=["tables", "views"])
def register(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_an_empty_lake_gives_every_table_empty(place: Place, register: str) -> None:
    place.build(register)
    for table in RESOURCES:
        for name in (table, f"{table}_flat", f"{table}_history", f"{table}_as_of('2026-01-01')"):
            assert place.ask(f"SELECT count(*) FROM {name}") == [0]
    assert [place.ask(f"SELECT count(*) FROM meta.{name}") for name in META_TABLES] == [[0]] * 7


def test_columns_have_the_types_of_the_schema(place: Place, register: str) -> None:
    place.run("genome", [GENOME])
    place.build(register)
    for table, resource in RESOURCES.items():
        fields = table_fields(resource)
        found = place.ask(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' "
            f"AND table_name = '{table}' ORDER BY column_index"
        )
        typed = ", ".join(f"typeof(NULL::{sql_type(field)})" for field in fields)
        (kinds,) = place.ask(f"SELECT [{typed}]")
        assert found == [(field.name, kind) for field, kind in zip(fields, kinds, strict=True)]


def test_values_arrive_nested_and_flat(place: Place, register: str) -> None:
    place.run("genome", [GENOME])
    place.build(register)
    nested = (
        "SELECT organism.organism_name, assembly_info.biosample.attributes[1].value FROM genome"
    )
    assert place.ask(nested) == [("Homo sapiens", "f")]
    flat = "SELECT organism_tax_id, assembly_stats_contig_n50, _run_id FROM genome_flat"
    assert place.ask(flat) == [(9606, 5, "run1")]
    names = place.ask("SELECT column_name FROM (DESCRIBE genome_flat)")
    assert names == [leaf.name for leaf in flat_columns(table_fields(RESOURCES["genome"]))]
    assert place.ask("""SELECT _extra->>'$."/new".x[0]' FROM genome""") == ["1.5"]
    assert place.ask("SELECT _extra FROM genome") == [GENOME["_extra"]]
    assert place.ask("SELECT typeof(_extra) FROM genome") == ["JSON"]


def test_surplus_that_is_no_json_stops_nothing(place: Place, register: str) -> None:
    place.run("genome", [{"accession": "A", "_extra": "{oops"}])
    place.build(register)
    assert [json.loads(extra) for extra in place.ask("SELECT _extra FROM genome")] == ["{oops"]


def test_everything_is_documented(place: Place, register: str) -> None:
    place.build(register)
    unsaid = "WHERE NOT internal AND comment IS NULL AND schema_name IN ('main', 'meta')"
    assert place.ask(f"SELECT table_name, column_name FROM duckdb_columns() {unsaid}") == []
    assert place.ask(f"SELECT table_name FROM duckdb_tables() {unsaid}") == []
    assert place.ask(f"SELECT view_name FROM duckdb_views() {unsaid}") == []
    macros = "SELECT count(*) FROM duckdb_functions() WHERE function_name LIKE '%_as_of' "
    assert place.ask(f"{macros} AND comment LIKE '%as it stood%'") == [len(RESOURCES)]
    kind = "tables" if register == "tables" else "views"
    told = f"SELECT comment FROM duckdb_{kind}() WHERE {kind[:-1]}_name = 'genome' "
    assert place.ask(f"{told} AND schema_name = 'main'") == [load_schema("genome").doc]
    flat = (
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'genome_flat' "
        "AND column_name = 'organism_organism_name'"
    )
    assert all(place.ask(flat))


def test_history_and_as_of(place: Place, register: str) -> None:
    place.run("genome", [{"accession": "A", "submitter": "1"}, {"accession": "B"}])
    place.run("genome", [{"accession": "A", "submitter": "2"}], removed=[{"accession": "B"}])
    place.run("genome", [{"accession": "B"}])
    place.build(register)
    history = "SELECT accession, submitter, _valid_from, _valid_to FROM genome_history ORDER BY ALL"
    assert place.ask(history) == [
        ("A", "1", moment(1), moment(2)),
        ("A", "2", moment(2), None),
        ("B", None, moment(1), moment(2)),
        ("B", None, moment(3), None),
    ]
    then = "SELECT accession, submitter FROM genome_as_of({}) ORDER BY ALL"
    for told, rows in {
        "'2026-01-01'": [],
        "'2026-01-02'": [("A", "1"), ("B", None)],
        "DATE '2026-01-02'": [("A", "1"), ("B", None)],
        "TIMESTAMP '2026-01-02 23:59:59.999'": [("A", "1"), ("B", None)],
        "'2026-01-03T00:00:00Z'": [("A", "2")],
        "TIMESTAMPTZ '2026-01-03 01:00:00+01'": [("A", "2")],
        "TIMESTAMPTZ '2026-01-03 00:59:59+01'": [("A", "1"), ("B", None)],
        "now()": [("A", "2"), ("B", None)],
    }.items():
        assert place.ask(then.format(told)) == rows, told
    same = "(TABLE genome EXCEPT ALL FROM genome_as_of('2030-01-01'))"
    assert place.ask(f"SELECT count(*) FROM {same}") == [0]
    columns = "SELECT column_name FROM (DESCRIBE FROM genome_as_of('2026-01-02'))"
    assert place.ask(columns) == place.ask("SELECT column_name FROM (DESCRIBE genome)")


def test_meta_tables_hold_all_runs(place: Place, register: str) -> None:
    place.run("genome", [{"accession": "A"}])
    place.run("genome", [{"accession": "A", "submitter": "x"}])
    place.build(register)
    assert place.ask("SELECT run_id, job, started_at FROM meta.runs ORDER BY ALL") == [
        ("run1", "test", moment(1)),
        ("run2", "test", moment(2)),
    ]
    assert place.ask("SELECT run_id, key, change, columns FROM meta.changes ORDER BY ALL") == [
        ("run1", "A", "added", None),
        ("run2", "A", "changed", ["submitter"]),
    ]
    assert [run["run_id"] for run in read_runs(place.lake)] == ["run1", "run2"]


def test_quarantined_bytes_are_kept_but_for_void_epochs(place: Place) -> None:
    schema = load_schema("meta/quarantine").arrow()
    rows = [{"run_id": "r", "chain": f"q.0/{epoch}", "data": b"\x00\xff"} for epoch in range(3)]
    for number, row in enumerate(rows):
        write_rows(place.lake, f"_runs/r/quarantine-{number}.parquet", [row], schema)
    parts = place.lake.list("_runs/r")
    (file,) = keep_quarantine(place.lake, "r", parts, {"q.0/1", "q.0/2"})
    assert (file.path, file.rows) == ("_meta/quarantine/r.parquet", 2)
    assert keep_quarantine(place.lake, "r", parts, set()) == ()


def test_the_file_opens_in_older_versions(place: Place, register: str) -> None:
    place.run("genome", [GENOME])
    place.build(register)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{place.file}' AS built (READ_ONLY)")
        told = (
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'built'"
        )
        rows = connection.execute(told).fetchall()
    assert rows[0][0].startswith(STORAGE_VERSION)


def test_views_survive_another_name_for_the_database(place: Place, register: str) -> None:
    place.run("genome", [GENOME])
    place.build(register)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{place.file}' AS elsewhere (READ_ONLY)")
        for view in ("genome_flat", "genome_history"):
            rows = connection.execute(f"SELECT count(*) FROM elsewhere.main.{view}").fetchall()
            assert rows == [(1,)]


def test_views_leave_the_rows_in_the_lake(place: Place) -> None:
    place.run("genome", [{"accession": str(number)} for number in range(10)])
    place.build("views")
    assert place.ask("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'main'") == [0]
    (path,) = place.ask("SELECT path FROM versions._files WHERE path LIKE '%genome/run1-%'")
    Path(path).unlink()
    with pytest.raises(duckdb.Error):
        place.ask("SELECT count(*) FROM genome")


def test_a_reader_keeps_what_it_opened(place: Place) -> None:
    place.run("genome", [{"accession": "A"}])
    place.build()
    with duckdb.connect(str(place.file), read_only=True) as reader:
        place.run("genome", [{"accession": "B"}])
        old = place.file.stat().st_ino
        place.build()
        assert place.file.stat().st_ino != old
        assert reader.execute("SELECT accession FROM genome").fetchall() == [("A",)]
    assert place.ask("SELECT accession FROM genome ORDER BY ALL") == ["A", "B"]


def test_readers_never_see_half_a_database(place: Place) -> None:
    place.run("genome", [{"accession": "A"}])
    place.build()
    counts, stop = set(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            copy = duckdb.connect()
            copy.execute(f"ATTACH '{place.file}' AS seen (READ_ONLY)")
            counts.update(copy.execute("SELECT count(*) FROM seen.main.genome").fetchall())
            copy.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(3):
            place.run("genome", [{"accession": f"more {number}"}])
            place.build()
    finally:
        stop.set()
        reader.join()
    assert counts <= {(1,), (2,), (3,), (4,)}


def test_nothing_is_left_open_or_lying_about(place: Place, register: str) -> None:
    place.run("genome", [GENOME])
    before = _open_files(place.file.parent)
    place.build(register)
    assert _open_files(place.file.parent) == before
    assert sorted(path.name for path in place.file.parent.iterdir()) == ["harvest.duckdb", "lake"]


def _open_files(folder: Path) -> set[str]:
    links = (os.path.realpath(link.path) for link in os.scandir("/proc/self/fd"))
    return {link for link in links if link.startswith(str(folder))}


def _broken(place: Place, damage: str) -> None:
    (file,) = place.manifest.table("genome").data
    path = Path(place.lake.path(file.path))
    match damage:
        case "gone":
            path.unlink()
        case "torn":
            path.write_bytes(path.read_bytes()[:-100])
        case "other rows":
            other = Place(place.file.parent / "other")
            other.run("genome", [{"accession": "X"}])
            (found,) = other.manifest.table("genome").data
            path.write_bytes(Path(other.lake.path(found.path)).read_bytes())
        case "same key twice":
            other = Place(place.file.parent / "other")
            staged = other.stage("run1", "genome", [{"accession": "X"}, {"accession": "X"}])
            path.write_bytes(Path(other.lake.path(staged[0])).read_bytes())


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("gone", "DuckDB could not work"),
        ("torn", "DuckDB could not work"),
        ("other rows", "has 1 rows, the lake 2"),
        ("same key twice", "has 1 keys more than once"),
    ],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(
    damage: str, told: str, place: Place, register: str
) -> None:
    place.build()
    place.run("genome", [{"accession": "A"}, {"accession": "B"}])
    before = place.file.read_bytes()
    _broken(place, damage)
    with pytest.raises(LakeError, match=told):
        place.build(register)
    assert place.file.read_bytes() == before
    left = {path.name for path in place.file.parent.iterdir()} - {"other"}
    assert left == {"harvest.duckdb", "lake"}


def test_what_a_killed_build_left_goes_with_the_next(place: Place) -> None:
    stale = place.file.parent / ".harvest.duckdb.0123.building"
    living = place.file.parent / ".harvest.duckdb.4567.building"
    for folder in (stale, living):
        folder.mkdir()
        (folder / "lock").touch()
        (folder / "harvest.duckdb").write_bytes(b"half")
    with (living / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place.build()
        assert not stale.exists()
        assert living.exists()


def test_a_folder_that_cannot_be_written_is_said(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LakeError, match="cannot build"):
        build_database(place.lake, Manifest(), tmp_path / "file" / "x.duckdb")


def test_a_link_is_followed(place: Place, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    place.file.symlink_to(tmp_path / "disk" / "real.duckdb")
    place.build()
    assert place.file.is_symlink()
    assert (tmp_path / "disk" / "real.duckdb").is_file()


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "x.duckdb"

    def build() -> None:
        with built_aside(target) as aside:
            aside.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["it's here", "a [b] *c {d}", 'ünï "x" %20'])
def test_any_folder_will_do(name: str, tmp_path: Path, register: str) -> None:
    place = Place(tmp_path / name)
    place.run("genome", [GENOME])
    place.run("genome", [GENOME | {"submitter": "new"}])
    place.build(register)
    assert place.ask("SELECT submitter FROM genome") == ["new"]
    assert place.ask("SELECT count(*) FROM genome_history") == [2]


def test_the_flat_view_finds_columns_whatever_they_are_called() -> None:
    for resource in RESOURCES.values():
        names = [leaf.name.lower() for leaf in flat_columns(table_layout(resource).columns)]
        assert len(set(names)) == len(names)


def test_a_run_taken_up_late_ends_no_version_before_it_began(place: Place, register: str) -> None:
    """The run that began first is committed last: intervals stay intervals."""
    early = place.begin()
    parts = place.stage(early, "genome", [{"accession": "A", "submitter": "1"}])
    place.run("genome", [{"accession": "A", "submitter": "2"}])
    change = place.merge(early, "genome", parts)
    place.runs = 1
    place.commit(early, change)
    place.build(register)
    told = "SELECT submitter, _valid_from, _valid_to FROM genome_history ORDER BY ALL"
    assert place.ask(told) == [("1", moment(2), None), ("2", moment(2), moment(2))]
    assert place.ask("SELECT submitter FROM genome_as_of('2026-06-01')") == ["1"]
