"""A disk that takes no more of what a command has to say: the harvest itself is not lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

FULL = Path("/dev/full")
NO_ROOM = "No space left on device"
RUN = ("run", "good.yaml", "--sandbox", "--json")

pytestmark = pytest.mark.skipif(not FULL.is_char_device(), reason="no device that is always full")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    job = "name: good\nharvest:\n  - resource: gene\n    ids: [672]\n"
    (tmp_path / "good.yaml").write_text(job)
    return tmp_path


def _harvester(
    folder: Path,
    *words: str,
    stdout: int | IO[str] = subprocess.PIPE,
    stderr: int | IO[str] = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harvester", *words]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HARVESTER_", "NCBI_"))}
    environment = {**kept, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=stdout, stderr=stderr, text=True, check=False
    )


@pytest.mark.parametrize("words", [("--version",), ("validate", "good.yaml"), RUN])
def test_output_that_cannot_be_written_is_told_in_a_line(
    words: tuple[str, ...], folder: Path
) -> None:
    with FULL.open("w") as full:
        done = _harvester(folder, *words, stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"harvester: its output cannot be written: {NO_ROOM}"
    assert "bug" not in done.stderr


def test_who_can_tell_nobody_ends_by_the_same_status(folder: Path) -> None:
    with FULL.open("w") as full:
        assert _harvester(folder, "validate", "good.yaml", stdout=full, stderr=full).returncode == 1
        assert _harvester(folder, "run", "none.yaml", stderr=full).returncode == 2


def test_a_run_whose_log_is_full_is_a_run(folder: Path) -> None:
    with FULL.open("w") as full:
        done = _harvester(folder, *RUN, stderr=full)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "complete")


def test_a_log_file_that_takes_no_more_is_told_once(folder: Path) -> None:
    done = _harvester(folder, *RUN, "--log-file", str(FULL))
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "complete")
    assert done.stderr == f"harvester: the log file {FULL} takes no more: {NO_ROOM}\n"


def test_a_log_that_nobody_reads_any_more_ends_the_run(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        assert _harvester(folder, *RUN, stderr=pipe).returncode == 1
