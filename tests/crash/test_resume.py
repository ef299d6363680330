"""Runs that are really killed, and go on where they stopped."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.runs import runs_of
from harvester.sandbox import SandboxConfig, Size, serve_in_thread
from harvester.store.lake import Lake
from tests.digests import Digests, digests_of

ROOT = Path(__file__).parents[2]
#: Some ten pages: time enough to be killed in, little enough to be done soon.
SIZES = (Size("genome", "562", 2100), Size("annotation", "GCF_000005845.2", 4200))
JOB = """\
name: crash
harvest:
  - resource: genome
    taxa: [562, 9443]
  - resource: annotation
    accessions: [GCF_000005845.2]
  - resource: gene
    ids: [672, 7157, 3105]
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_thread(SandboxConfig(latency=0.15, rps=0, sizes=SIZES)) as served:
        yield served.url


def _command(*flags: str) -> list[str]:
    words = ["run", "job.yaml", "--rps", "1000", "--concurrency", "2", "--json", *flags]
    return [sys.executable, "-m", "harvester", *words]


def _start(folder: Path, url: str, *flags: str, job: str = JOB) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    (folder / "job.yaml").write_text(job)
    return subprocess.Popen(
        _command(*flags),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HARVESTER_BASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(folder: Path, url: str, *flags: str) -> dict[str, Any]:
    process = _start(folder, url, *flags)
    out, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    summary: dict[str, Any] = json.loads(out)
    return summary


def _rows(folder: Path) -> Digests:
    return digests_of(folder / "data/harvest.duckdb", "genome", "annotation", "gene")


def _wait_for_journal(folder: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None and not list(folder.glob("data/lake/_runs/*/journal.jsonl")):
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(url: str, tmp_path_factory: pytest.TempPathFactory) -> Digests:
    """The tables of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    summary = _finish(folder, url)
    assert not summary["resumed"]
    return _rows(folder)


@pytest.mark.crash
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_and_resumed(
    seed: int, url: str, whole: Digests, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    for _ in range(2):
        process = _start(tmp_path, url)
        _wait_for_journal(tmp_path, process)
        time.sleep(chance.uniform(0.0, 1.2))
        process.kill()
        process.communicate()
    _finish(tmp_path, url)
    assert _rows(tmp_path) == whole


@pytest.mark.crash
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_drains_and_what_was_done_stays_done(
    number: signal.Signals, status: int, url: str, whole: Digests, tmp_path: Path
) -> None:
    process = _start(tmp_path, url)
    _wait_for_journal(tmp_path, process)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status, err
    stopped = json.loads(out)
    assert (stopped["status"], stopped["failed"]) == ("interrupted", [])
    assert not (tmp_path / "data/harvest.duckdb").exists()
    summary = _finish(tmp_path, url)
    assert summary["resumed"]
    assert summary["run_id"] == stopped["run_id"]
    assert _rows(tmp_path) == whole


@pytest.mark.crash
def test_a_changed_job_keeps_what_did_not_change(url: str, whole: Digests, tmp_path: Path) -> None:
    process = _start(tmp_path, url)
    _wait_for_journal(tmp_path, process)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143
    changed = JOB.replace("resource: annotation", "resource: sequence").replace(", 3105]", "]")
    process = _start(tmp_path, url, job=changed)
    out, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    assert json.loads(out)["resumed"]
    assert "the job has changed" in err
    rows = _rows(tmp_path)
    assert rows["genome"] == whole["genome"]
    assert rows["annotation"] == (0, 0)  # its query is gone, and so is what it had brought
    assert rows["gene"][0] == 2


@pytest.mark.crash
def test_fresh_forgets_the_interrupted_run(url: str, tmp_path: Path) -> None:
    process = _start(tmp_path, url)
    _wait_for_journal(tmp_path, process)
    process.kill()
    process.communicate(timeout=20)
    (left,) = tmp_path.glob("data/lake/_runs/*")
    summary = _finish(tmp_path, url, "--fresh")
    assert not summary["resumed"]
    assert summary["run_id"] != left.name
    assert not left.exists()


@pytest.mark.crash
def test_a_second_run_on_the_same_lake_is_told_so(url: str, tmp_path: Path) -> None:
    first = _start(tmp_path, url)
    _wait_for_journal(tmp_path, first)
    second = _start(tmp_path, url)
    _, err = second.communicate(timeout=20)
    assert second.returncode == 5
    assert f"process {first.pid}" in err
    first.communicate(timeout=50)
    assert first.returncode == 0


@pytest.mark.crash
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(
    url: str, whole: Digests, tmp_path: Path
) -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
        "from harvester.cli.main import main; main()"
    )
    (tmp_path / "job.yaml").write_text(JOB)
    done = subprocess.run(
        [sys.executable, "-c", code, *_command()[3:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HARVESTER_BASE_URL": url},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 1
    assert "harvester: cannot write " in done.stderr
    assert "bug" not in done.stderr
    assert not (tmp_path / "data/harvest.duckdb").exists()
    (left,) = runs_of(Lake(tmp_path / "data/lake"))
    assert left.gave_up, "a schedule waits for its next time"
    assert _finish(tmp_path, url)["resumed"]
    assert _rows(tmp_path) == whole
