"""A signal ends a command, whatever it still had to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread

ROOT = Path(__file__).parents[2]
JOB = "name: {0}\nharvest: [{{resource: genome, taxa: [human, 10090, 562]}}]\n"


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_the_jobs_after_the_one_that_is_stopped_are_not_begun(
    which: signal.Signals, tmp_path: Path
) -> None:
    for name in "ab":
        places = f"lake: lake-{name}\ndatabase: {name}.duckdb\n"
        (tmp_path / f"{name}.yaml").write_text(JOB.format(name) + places)
    with serve_in_thread(SandboxConfig(latency=0.3, rps=0)) as served:
        words = ["run", "a.yaml", "b.yaml", "--base-url", served.url, "--rps", "5"]
        with subprocess.Popen(
            [sys.executable, "-m", "harvester", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            first = next(line for line in process.stderr if "name=human" in line)
            process.send_signal(which)
            _, said = process.communicate(timeout=60)
    assert "job=a" in first
    assert process.returncode == 128 + which
    assert "run started" not in said
    assert not (tmp_path / "lake-b").exists()
