"""Files that an older harvester wrote, read under the schema of today."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.errors import LakeError
from harvester.publish import LakeFile, TableState, read_manifest, write_manifest
from harvester.publish.evolve import todays_files, todays_rows, upgrade
from harvester.publish.layout import Layout, table_layout
from harvester.publish.lift import lift
from harvester.schema import EXTRA, RUN_ID, Field
from harvester.store.lake import Lake
from tests.publish.place import Place


def _field(name: str, kind: Any, *fields: Field, many: bool = False) -> Field:
    return Field(name, kind, "", many, fields)


MEMBERS = (_field("kept", "string"), _field("came_later", "quoted_int"))
TODAY = Layout(
    "made_up",
    "",
    (
        _field("key", "string"),
        _field("born", "date"),
        _field("seen_at", "timestamp"),
        _field("rate", "float"),
        _field("count", "int"),
        _field("yes", "bool"),
        _field("raw", "json"),
        _field("words", "string", many=True),
        _field("one", "struct", *MEMBERS),
        _field("some", "struct", *MEMBERS, many=True),
        RUN_ID,
        EXTRA,
    ),
    key=("key",),
)
BEFORE = pa.schema(
    [
        ("key", pa.string()),
        ("one", pa.struct([("kept", pa.string())])),
        ("some", pa.list_(pa.struct([("kept", pa.string())]))),
        ("_run_id", pa.string()),
        ("_extra", pa.string()),
    ]
)


def _evolved(tmp_path: Path, rows: list[Any], before: pa.Schema = BEFORE) -> list[Any]:
    lake = Lake(tmp_path)
    with lake.create("old.parquet") as sink:
        pq.write_table(pa.Table.from_pylist(rows, before), sink, row_group_size=2)
    batches = list(todays_rows(lake, TODAY, "old.parquet"))
    return pa.Table.from_batches(batches, TODAY.arrow).to_pylist()


def _one(tmp_path: Path, **row: Any) -> dict[str, Any]:
    extra = json.dumps(row.pop("extra")) if "extra" in row else None
    (evolved,) = _evolved(tmp_path, [{"key": "k", **row, "_extra": extra}])
    return {name: value for name, value in evolved.items() if value is not None}


def test_what_came_later_is_null(tmp_path: Path) -> None:
    assert _one(tmp_path, one={"kept": "a"}, some=[{"kept": "b"}, None]) == {
        "key": "k",
        "one": {"kept": "a", "came_later": None},
        "some": [{"kept": "b", "came_later": None}, None],
    }


def test_surplus_values_move_into_their_columns(tmp_path: Path) -> None:
    extra = {
        "/born": "2026-01-02",
        "/seen_at": "2026-01-02T03:04:05+01:00",
        "/rate": 1,
        "/count": "12",
        "/yes": False,
        "/raw": {"any": [1.50, None]},
        "/words": ["a", "b"],
        "/one/came_later": "7",
        "/some/1/came_later": 8,
    }
    row = _one(tmp_path, one={"kept": "a"}, some=[{"kept": "b"}, {"kept": "c"}], extra=extra)
    assert row == {
        "key": "k",
        "born": date(2026, 1, 2),
        "seen_at": datetime(2026, 1, 2, 2, 4, 5),  # noqa: DTZ001
        "rate": 1.0,
        "count": 12,
        "yes": False,
        "raw": '{"any": [1.5, null]}',
        "words": ["a", "b"],
        "one": {"kept": "a", "came_later": 7},
        "some": [{"kept": "b", "came_later": None}, {"kept": "c", "came_later": 8}],
    }


def test_camel_case_is_understood_and_whole_objects_are_taken_apart(tmp_path: Path) -> None:
    extra = {"/seenAt": "2026-01-02", "/one": {"cameLater": 1, "new": {"x": 1}, "kept": 5}}
    assert _one(tmp_path, extra=extra) == {
        "key": "k",
        "seen_at": datetime(2026, 1, 2),  # noqa: DTZ001
        "one": {"kept": None, "came_later": 1},
        "_extra": '{"/one/new":{"x": 1},"/one/kept":5}',
    }


@pytest.mark.parametrize(
    "extra",
    [
        {"/count": 1.5},
        {"/count": True},
        {"/count": 2**63},
        {"/count": "007"},
        {"/yes": "true"},
        {"/born": "2026-02-30"},
        {"/born": "2026"},
        {"/rate": "1"},
        {"/words": "a"},
        {"/words/0": "a"},
        {"/one": 1},
        {"/one/nobody/knows": 1},
        {"/some/0/came_later": 1},
        {"/some/x/came_later": 1},
        {"/unknown": None},
        {"/count#1": 1},
        {"/@wrapper/count": 1},
        {"/a~1b~0": 1.10},
        {"/key": "other"},
        {"": 1},
    ],
)
def test_what_fits_no_column_stays_as_it_was(extra: dict[str, Any], tmp_path: Path) -> None:
    row = _one(tmp_path, extra=extra)
    assert row.pop("_extra") == json.dumps(extra)
    assert row == {"key": "k"}


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = '{"/count":1,"/unknown":1.10000000000000000000001,"/one":{"x":1e400}}'
    (row,) = _evolved(tmp_path, [{"key": "k", "_extra": text}])
    assert row["count"] == 1
    assert row["_extra"] == '{"/unknown":1.10000000000000000000001,"/one/x":1e400}'


def test_surplus_that_is_no_json_stays(tmp_path: Path) -> None:
    (row,) = _evolved(tmp_path, [{"key": "k", "_extra": "{oops"}])
    assert row["_extra"] == "{oops"


def test_columns_that_are_gone_or_of_another_type_are_not_lost(tmp_path: Path) -> None:
    before = pa.schema(
        [
            ("key", pa.string()),
            ("gone", pa.list_(pa.date32())),
            ("count", pa.string()),
            ("one", pa.struct([("kept", pa.string()), ("gone", pa.int64())])),
            ("_extra", pa.string()),
        ]
    )
    rows = [
        {"key": "a", "gone": [date(2026, 1, 1)], "count": "5", "one": {"kept": "x", "gone": 1}},
        {"key": "b", "count": "five", "one": {"kept": None, "gone": None}, "_extra": '{"/rate":2}'},
        {"key": "c"},
    ]
    a, b, c = _evolved(tmp_path, rows, before)
    assert (a["count"], a["one"]) == (5, {"kept": "x", "came_later": None})
    assert json.loads(a["_extra"]) == {"/gone": ["2026-01-01"], "/one/gone": 1}
    assert (b["count"], b["rate"], json.loads(b["_extra"])) == (None, 2.0, {"/count": "five"})
    assert {name: value for name, value in c.items() if value is not None} == {"key": "c"}


@given(st.permutations(BEFORE.names))
def test_the_order_of_columns_does_not_matter(order: list[str]) -> None:
    row = {"key": "k", "one": {"kept": "a"}, "some": [], "_run_id": "r", "_extra": '{"/x":1}'}
    table = pa.Table.from_pylist([row], BEFORE).select(order)
    assert lift(table, TODAY.columns).equals(table)


def test_staged_parts_of_an_older_harvester_are_brought_up_to_date(tmp_path: Path) -> None:
    lake, today = Lake(tmp_path), replace(TODAY, columns=TODAY.columns)
    for path, schema in (("old.parquet", BEFORE), ("new.parquet", today.arrow)):
        with lake.create(path) as sink:
            pq.write_table(pa.Table.from_pylist([{"key": path}], schema), sink)
    old, new = todays_files(lake, today, ["old.parquet", "new.parquet"], "scratch")
    assert new == "new.parquet"
    assert old.startswith("scratch/")
    assert pq.read_table(lake.path(old))["key"].to_pylist() == ["old.parquet"]


def _age(place: Place, table: str, lost: str) -> None:
    """Makes the table's files what they were before a column was known."""
    manifest = place.manifest
    files = []
    for file in manifest.table(table).data:
        rows = pq.read_table(place.lake.path(file.path))
        extra = [
            json.dumps({f"/{lost}": value}) if value is not None else None
            for value in rows.column(lost).to_pylist()
        ]
        aged = rows.drop([lost, "_extra"]).append_column("_extra", pa.array(extra, pa.string()))
        with place.lake.create(file.path) as sink:
            pq.write_table(aged, sink)
        files.append(replace(file, fingerprint="of old"))
    state = TableState(tuple(files), manifest.table(table).ended)
    write_manifest(place.lake, replace(manifest, tables={**manifest.tables, table: state}))


def test_publishing_upgrades_the_lake_once(place: Place) -> None:
    rows = [{"accession": "A", "submitter": "S"}, {"accession": "B"}]
    place.run("genome", rows)
    _age(place, "genome", "submitter")
    place.build("views")
    told = "SELECT accession, submitter, _extra FROM genome ORDER BY ALL"
    assert place.ask(told) == [("A", "S", None), ("B", None, None)]
    upgraded = place.manifest
    assert upgrade(place.lake, upgraded) == upgraded
    (file,) = upgraded.table("genome").data
    assert file.fingerprint == table_layout(RESOURCES["genome"]).fingerprint
    assert place.lake.size(file.path) == file.bytes
    place.build("tables")
    assert place.manifest == upgraded
    assert place.ask(told) == [("A", "S", None), ("B", None, None)]


def test_a_merge_sees_old_files_as_they_would_be_today(place: Place) -> None:
    rows = [{"accession": "A", "submitter": "S"}, {"accession": "B", "submitter": "T"}]
    place.run("genome", rows)
    _age(place, "genome", "submitter")
    again = [{"accession": "A", "submitter": "S"}, {"accession": "B", "submitter": "U"}]
    change = place.run("genome", [row | {"_hash": 1} for row in again])
    assert (change.rows, change.changed) == (2, 1)
    place.build()
    assert place.ask("SELECT submitter FROM genome ORDER BY accession") == ["S", "U"]
    assert place.ask("SELECT count(*) FROM genome_history") == [3]


def test_meta_tables_grow_columns_too(place: Place) -> None:
    place.run("genome", [{"accession": "A"}])
    manifest = place.manifest
    (file,) = manifest.meta["runs"]
    rows = pq.read_table(place.lake.path(file.path)).drop(["job_digest", "throttled"])
    with place.lake.create(file.path) as sink:
        pq.write_table(rows, sink)
    old = {**manifest.meta, "runs": (replace(file, fingerprint="of old"),)}
    write_manifest(place.lake, replace(manifest, meta=old))
    place.build()
    assert place.ask("SELECT run_id, throttled FROM meta.runs") == [("run1", None)]


def test_a_file_with_too_few_rows_is_not_upgraded(place: Place) -> None:
    place.run("genome", [{"accession": "A"}])
    manifest = read_manifest(place.lake)
    files = [replace(file, rows=2, fingerprint="") for file in manifest.table("genome").data]
    assert isinstance(files[0], LakeFile)
    broken = replace(manifest, tables={"genome": TableState(tuple(files))})
    with pytest.raises(LakeError, match="does not hold the 2 rows"):
        upgrade(place.lake, broken)
