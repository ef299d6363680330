"""`harvester run` with several jobs: one that cannot be run keeps no other from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.store.lake import Lake
from harvester.store.lock import hold
from tests.wire.runs import harvester

ROOT = Path(__file__).parents[2]
JOB = "name: {0}\nharvest: [{{resource: gene, ids: [672]}}]\nlake: {0}.lake\ndatabase: {1}\n"


@pytest.fixture
def url() -> Iterator[str]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        yield served.url


def _write(folder: Path, name: str, database: str = "") -> None:
    (folder / f"{name}.yaml").write_text(JOB.format(name, database or f"{name}.duckdb"))


def test_a_lake_that_is_held_keeps_no_other_job_waiting(url: str, tmp_path: Path) -> None:
    for name in "abc":
        _write(tmp_path, name)
    with hold(Lake(str(tmp_path / "b.lake")), "another"):
        done = harvester(
            tmp_path, "run", *(f"{name}.yaml" for name in "abc"), "--json", "--base-url", url
        )
    assert done.returncode == 5
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["job"], one["status"]) for one in told] == [("a", "complete"), ("c", "complete")]
    assert "harvester: b: " in done.stderr


def test_a_database_that_cannot_be_keeps_no_other_job_waiting(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _write(tmp_path, "a", "file/a.duckdb")
    _write(tmp_path, "b")
    done = harvester(tmp_path, "run", "a.yaml", "b.yaml", "--json", "--base-url", url)
    assert done.returncode == 2
    assert [json.loads(line)["job"] for line in done.stdout.splitlines()] == ["b"]
    assert "harvester: a: the database file/a.duckdb cannot be read" in done.stderr


def test_that_nobody_reads_is_no_bug_and_keeps_no_hook_waiting(url: str, tmp_path: Path) -> None:
    for name in "ab":
        _write(tmp_path, name)
        with (tmp_path / f"{name}.yaml").open("a") as job:
            job.write(f"hooks: {{on_success: [touch, good-{name}]}}\n")
    words = [sys.executable, "-m", "harvester", "run", "a.yaml", "b.yaml", "--base-url", url]
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    assert "this is a bug" not in said
    assert "Broken" not in said
    assert {"good-a", "good-b"} <= {path.name for path in tmp_path.iterdir()}
