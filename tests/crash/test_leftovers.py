"""What dead runs leave is swept by journal and manifest; nothing else is ever touched."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from harvester.model import Job, Query
from harvester.publish import (
    CommittedRun,
    LakeFile,
    Manifest,
    TableState,
    leftovers,
    read_manifest,
    write_manifest,
)
from harvester.runs import open_run, runs_of, tidy, waiting_runs
from harvester.store.lake import Lake

DONE = "20260101T020000Z-done"
DEAD = "20260102T020000Z-dead"
BASE = "http://127.0.0.1"

NAMED = [f"genome/{DONE}-00001.parquet", f"_meta/runs/{DONE}.parquet"]
OLD_LAYOUT = [f"genome/{DONE}-00001@0123456789abcdef.parquet"]
LEFT = [
    f"genome/{DONE}-00002.parquet",
    f"genome/{DEAD}-00001.parquet",
    f"genome/.{DEAD}-00002.parquet.tmp",
    f"_ended/genome/{DEAD}.parquet",
    f"_members/gene/{DEAD}.parquet",
    f"_meta/changes/{DEAD}-genome.parquet",
    f"_meta/items/.{DEAD}.parquet.tmp",
    ".manifest.json.tmp",
    f"_reports/.{DEAD}.html.tmp",
]
FOREIGN = [
    "notes.txt",
    "genome/notes.parquet",
    "genome/20260102.parquet",
    f"genome/{DEAD}-00001.parquet.bak",
    f"genome/mine/{DEAD}-00001.parquet",
    f"backup/{DEAD}-00001.parquet",
    f"backup/genome/{DEAD}-00001.parquet",
    f"{DEAD}-00001.parquet",
    "_runs/notes.txt",
    "_runs/mine/journal.jsonl",
    f"_runs/{DEAD}/notes.txt",
    ".lock",
    "_reports/20260103T020000Z-fail.html",
    f"_reports/{DONE}.html",
    "_reports/notes.html.tmp",
]


def _job(name: str, lake: Lake) -> Job:
    queries = (Query("q", "genome", "taxa", ("562",)),)
    return Job(name, queries, database=str(lake.root / "../harvest.duckdb"))


def _filled(folder: Path, *paths: str) -> Lake:
    lake = Lake(folder)
    files = tuple(LakeFile(path, 1, 1, DONE) for path in NAMED)
    run = CommittedRun(DONE, "2026-01-01T02:00:00Z", "other")
    write_manifest(
        lake, Manifest().with_run(run, {"genome": TableState(files[:1])}, {"runs": files[1:]})
    )
    for path in paths:
        lake.write(path, b"x")
    return lake


def test_leftovers_are_the_harvesters_own_files_that_no_manifest_names(tmp_path: Path) -> None:
    lake = _filled(tmp_path / "lake", *NAMED, *OLD_LAYOUT, *LEFT, *FOREIGN)
    assert leftovers(lake, read_manifest(lake)) == sorted(LEFT)


def test_dead_runs_are_swept_and_what_can_be_resumed_stays(tmp_path: Path) -> None:
    lake = _filled(tmp_path / "lake", *NAMED, *LEFT, *FOREIGN)
    waiting = open_run(lake, _job("waiting", lake), BASE)
    over = open_run(lake, _job("over", lake), BASE)
    over.record(**{"is": "committed", "status": "failed"})
    for run in (waiting, over):
        run.journal.close()
        lake.write(f"_runs/{run.id}/genome-01-00001.parquet", b"x")
        lake.write(f"_runs/{run.id}/scratch/parts/00000.parquet", b"x")
    lake.write(f"_runs/{DONE}/genome-01-00001.parquet", b"x")
    lake.write(f"_runs/{DEAD}/quarantine-genome-01-00001.parquet", b"x")
    (tmp_path / "lake/_runs/20260103T020000Z-born").mkdir()
    before = set(lake.list(""))
    with capture_logs() as said:
        tidy(lake)
    swept = before - set(lake.list(""))
    assert swept == {path for path in before if over.id in path} | {
        f"_runs/{DONE}/genome-01-00001.parquet",
        f"_runs/{DEAD}/quarantine-genome-01-00001.parquet",
    }
    assert {path for path in before if waiting.id in path} <= set(lake.list(""))
    assert set(FOREIGN) <= set(lake.list(""))
    assert not (tmp_path / "lake/_runs" / over.id).exists()
    assert not (tmp_path / "lake/_runs/20260103T020000Z-born").exists()
    assert {entry["left_by"] for entry in said if "left_by" in entry} == {over.id, DONE, DEAD}
    again = open_run(lake, _job("waiting", lake), BASE)
    again.journal.close()
    assert (again.id, again.resumed) == (waiting.id, True)


def test_what_is_removed_is_said(tmp_path: Path) -> None:
    lake = _filled(tmp_path / "lake", *LEFT)
    with capture_logs() as said:
        tidy(lake)
    assert [e["path"] for e in said if e["log_level"] == "info"] == sorted(LEFT)


def test_a_run_that_the_manifest_names_is_over_whatever_its_journal_says(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    run = open_run(lake, _job("nightly", lake), BASE)
    run.journal.close()
    assert [one.run_id for one in waiting_runs(lake)] == [run.id]
    done = CommittedRun(run.id, "2026-01-01T02:00:00Z", "nightly")
    write_manifest(lake, Manifest().with_run(done, {}, {}))
    assert waiting_runs(lake) == []
    assert [one.run_id for one in runs_of(lake)] == [run.id]


def test_a_fresh_start_forgets_the_runs_of_its_own_job_only(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    runs = {name: open_run(lake, _job(name, lake), BASE) for name in ("mine", "yours")}
    for run in runs.values():
        run.journal.close()
    fresh = open_run(lake, _job("mine", lake), BASE, fresh=True)
    fresh.journal.close()
    assert {one.run_id for one in waiting_runs(lake)} == {runs["yours"].id, fresh.id}
