"""The manifest: what the lake is, written at once, read strictly."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harvester.errors import LakeError
from harvester.publish import (
    CommittedRun,
    LakeFile,
    Manifest,
    Retired,
    TableState,
    read_manifest,
    write_manifest,
)
from harvester.publish.manifest import manifest_text, parse_manifest
from harvester.store.lake import Lake


def _file(path: str, rows: int = 1, run_id: str = "r1") -> LakeFile:
    return LakeFile(path, rows, 100, run_id, "f")


def _run(run_id: str, started_at: str = "2026-01-01T00:00:00.500Z") -> CommittedRun:
    return CommittedRun(run_id, started_at, "job")


FULL = Manifest().with_run(
    _run("r1"),
    {"genome": TableState((_file("genome/r1-00001.parquet", 5),))},
    {"runs": (_file("_meta/runs/r1.parquet"),)},
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_a_lake_without_a_manifest_is_empty(lake: Lake) -> None:
    assert read_manifest(lake) == Manifest()
    assert Manifest().table("genome") == TableState()


def test_what_is_written_is_read(lake: Lake) -> None:
    write_manifest(lake, FULL)
    assert read_manifest(lake) == FULL
    assert lake.list("") == ["manifest.json"]


def test_a_lake_of_the_first_days_names_neither_members_nor_what_was_seen(lake: Lake) -> None:
    write_manifest(lake, FULL)
    body = json.loads((lake.read("manifest.json") or b"").decode())
    for table in body["tables"].values():
        del table["members"], table["seen"]
    lake.write("manifest.json", json.dumps(body).encode())
    assert read_manifest(lake) == FULL


def test_a_run_adds_its_files_to_those_before() -> None:
    ended = _file("_ended/genome/r2.parquet", 2, "r2")
    more = TableState((_file("genome/r2-00001.parquet", 3, "r2"),), (ended,))
    both = FULL.with_run(_run("r2"), {"genome": more, "gene": TableState()}, {"items": ()})
    assert [file.path for file in both.table("genome").data] == [
        "genome/r1-00001.parquet",
        "genome/r2-00001.parquet",
    ]
    assert (both.table("genome").versions, both.table("genome").rows) == (8, 6)
    assert [run.run_id for run in both.runs] == ["r1", "r2"]
    assert both.has("r2")
    assert not FULL.has("r2")
    assert both.meta["runs"] == FULL.meta["runs"]


def test_no_run_is_committed_twice() -> None:
    more = {"genome": TableState((_file("genome/r1-00002.parquet"),))}
    assert FULL.with_run(_run("r1"), more, {"runs": (_file("x"),)}) == FULL


def test_moments_follow_the_commits() -> None:
    late = FULL.with_run(_run("r2", "2026-01-03T00:00:00Z"), {}, {})
    late = late.with_run(_run("r3", "2026-01-02T01:00:00+01:00"), {}, {})
    late = late.with_run(_run("r4", "2026-01-04T02:00:00+02:00"), {}, {})
    assert list(late.moments().values()) == [
        datetime(2026, 1, 1, 0, 0, 0, 500_000),  # noqa: DTZ001
        datetime(2026, 1, 3),  # noqa: DTZ001
        datetime(2026, 1, 3),  # noqa: DTZ001
        datetime(2026, 1, 4),  # noqa: DTZ001
    ]
    assert Manifest().moments() == {}


def _changed(**changes: Any) -> dict[str, Any]:
    body = {"version": 1, "runs": [], "tables": {}, "meta": {}}
    return {key: value for key, value in {**body, **changes}.items() if value is not ...}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (_changed(version=3), "version 3.*newer harvester"),
        (_changed(news=1), "'news'.*newer harvester"),
        (_changed(tables={"genome": {"data": [], "ended": [], "news": []}}), "'news'.*newer"),
        (_changed(runs=[{"run_id": "r", "started_at": "", "job": "", "news": 1}]), "'news'"),
        (_changed(meta={"runs": [{"path": "p", "news": 1}]}), "'news'"),
        (_changed(meta=...), "damaged"),
        (_changed(version=...), "damaged"),
        (_changed(runs=[{"run_id": "r"}]), "damaged"),
        (_changed(tables=[]), "damaged"),
        ([], "damaged"),
    ],
)
def test_what_cannot_be_understood_is_said(body: Any, told: str, lake: Lake) -> None:
    lake.write("manifest.json", json.dumps(body).encode())
    with pytest.raises(LakeError, match=told):
        read_manifest(lake)


def test_a_torn_manifest_is_damaged(lake: Lake) -> None:
    lake.write("manifest.json", b'{"version": 1, "ru')
    with pytest.raises(LakeError, match="damaged"):
        read_manifest(lake)


def test_a_lake_with_folded_files_is_refused_by_who_knows_none() -> None:
    own, folded = LakeFile("a", 1, 1, "r"), LakeFile("b", 1, 1, "")
    retired = (Retired("a", 1, "2026-01-01T00:00:00Z"),)
    for files, version in (((own,), 1), ((own, folded), 2)):
        manifest = Manifest(tables={"genome": TableState(files)}, retired=retired)
        text = manifest_text(manifest)
        assert json.loads(text)["version"] == version
        assert parse_manifest(text, "here") == manifest
