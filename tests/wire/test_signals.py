"""A signal ends a command, whatever it still had to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread

ROOT = Path(__file__).parents[2]
JOB = "name: {0}\nharvest: [{{resource: genome, taxa: [human, 10090, 562]}}]\n"


def _begun(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harvester", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_the_jobs_after_the_one_that_is_stopped_are_not_begun(
    which: signal.Signals, tmp_path: Path
) -> None:
    for name in "ab":
        places = f"lake: lake-{name}\ndatabase: {name}.duckdb\n"
        (tmp_path / f"{name}.yaml").write_text(JOB.format(name) + places)
    with serve_in_thread(SandboxConfig(latency=0.3, rps=0)) as served:
        words = ["run", "a.yaml", "b.yaml", "--base-url", served.url, "--rps", "5"]
        with _begun(tmp_path, *words) as process:
            assert process.stderr is not None
            first = next(line for line in process.stderr if "name=human" in line)
            process.send_signal(which)
            _, said = process.communicate(timeout=60)
    assert "job=a" in first
    assert process.returncode == 128 + which
    assert "run started" not in said
    assert not (tmp_path / "lake-b").exists()


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_hook_does_not_outlive_the_command(which: signal.Signals, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "told")
    hook = "import signal; told = open('told', 'w', buffering=1); print('begun', file=told)"
    command = [sys.executable, "-S", "-c", f"{hook}; signal.pause()"]
    job = {"name": "a", "harvest": [{"resource": "gene", "ids": [672]}]}
    (tmp_path / "a.yaml").write_text(json.dumps({**job, "hooks": {"on_success": command}}))
    with (
        serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served,
        _begun(tmp_path, "run", "a.yaml", "--base-url", served.url) as process,
        (tmp_path / "told").open() as told,
    ):
        assert told.readline() == "begun\n"
        process.send_signal(which)
        out, said = process.communicate(timeout=60)
        assert told.read() == ""  # the hook's end of it is closed
    assert process.returncode == 128 + which
    assert out.startswith("a: complete; ")
    assert said.endswith(
        "interrupted; nothing is half done, the same command goes on or starts over\n"
    )


def test_a_module_that_is_being_imported_is_not_interrupted(tmp_path: Path) -> None:
    """Some take the process down with them, or leave the signal unheard."""
    code = """
import atexit, os, signal, sys
class Bell:
    def find_spec(self, name, path=None, target=None):
        if name == 'harvester.publish.check':
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Bell())
sys.argv = ['harvester', 'publish']
from harvester.cli.main import main
atexit.register(lambda: print('harvester.cli.publish' in sys.modules, flush=True))
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (143, "True\n"), done.stderr
