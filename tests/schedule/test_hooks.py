"""Hooks are real processes: told the summary, without a shell, without the key, never for ever."""

from __future__ import annotations

import asyncio
import json
import os
import select
import sys
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from harvester.errors import LakeError, LakeLocked, SpecError
from harvester.hooks import call_hooks, failure, hooks_after, hooks_after_error
from harvester.model import Hooks, Job
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.schedule.child import Child
from tests.schedule.days import summary
from tests.wire.runs import harvester

KEY = "0123456789abcdef-secret"
CHANGED = {"gene": {"rows": 3, "added": 0, "changed": 1, "removed": 0}}
SAME = {"gene": {"rows": 3, "added": 0, "changed": 0, "removed": 0}}


def python(code: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", f"import os, sys; {code}", *words)


def call(
    command: tuple[str, ...], seconds: float = 10.0, document: Mapping[str, Any] | None = None
) -> list[Any]:
    """Calls one hook, and gives what was logged."""
    hooks = Hooks(on_change=command, timeout=seconds)
    with capture_logs() as logs:
        asyncio.run(call_hooks(hooks, ["on_change"], document or summary("job")))
    return logs


def test_a_hook_reads_the_summary_and_gets_its_arguments_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "told"
    code = f"open({str(file)!r}, 'w').write(sys.stdin.read() + repr(sys.argv[1:]))"
    awkward = ("$HOME", "*", "a b; exit 1", "", "ä")
    assert [log["log_level"] for log in call(python(code, *awkward))] == ["debug"]
    told, _, arguments = file.read_text().partition("\n")
    assert json.loads(told) == summary("job")
    assert arguments == repr(list(awkward))


def test_a_hook_does_not_get_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    monkeypatch.setenv("NCBI_API_KEY_FILE", "/somewhere")
    monkeypatch.setenv("HARVESTER_LAKE", "kept")
    file = tmp_path / "told"
    code = f"open({str(file)!r}, 'w').write(repr(dict(os.environ)) + sys.stdin.read())"
    call(python(code), document=failure(Job("job", ()), f"a reason with {KEY} in it"))
    told = file.read_text()
    assert "NCBI_API_KEY" not in told
    assert KEY not in told
    assert "[API key]" in told
    assert "'HARVESTER_LAKE': 'kept'" in told


def test_a_hook_that_fails_is_told_with_the_end_of_what_it_said() -> None:
    code = "print('x' * 100_000); print('and then', file=sys.stderr); sys.exit(7)"
    (log,) = call(python(code))
    assert (log["event"], log["exit_status"]) == ("a hook failed", 7)
    assert log["said"].endswith("and then")
    assert len(log["said"]) < 2100


def test_a_hook_that_is_not_there_is_told() -> None:
    (log,) = call(("no-such-program-anywhere", "x"))
    assert log["event"] == "a hook could not be started"
    assert "No such file" in log["reason"]


def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """Each of its processes holds the pipe open: it ends when the last of them is gone."""
    os.mkfifo(pipe := tmp_path / "pids")
    code = (
        f"pipe = open({str(pipe)!r}, 'w'); child = os.fork(); "
        "print(os.getpid(), file=pipe, flush=True); import time; time.sleep(600)"
    )
    with FileIO(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)) as told:
        (log,) = call(python(code), seconds=2.5)
        pids = b"".join(_until_closed(told)).split()
    assert (log["event"], log["seconds"]) == ("a hook took too long and was ended", 2.5)
    assert len(pids) == 2


def _until_closed(told: FileIO) -> Iterator[bytes]:
    while True:
        assert select.select([told], [], [], 30.0)[0], "a process of the hook lives on"
        if not (piece := told.read(1000)):
            return
        yield piece


def test_a_hook_need_not_read_a_long_summary() -> None:
    long = summary("job", missing=[{"value": "x" * 100}] * 20_000)
    assert [log["event"] for log in call(python("pass"), document=long)] == ["hook done"]


@pytest.mark.parametrize(
    ("good", "tables", "called"),
    [
        (True, SAME, ["on_success"]),
        (True, CHANGED, ["on_change", "on_success"]),
        (False, CHANGED, ["on_change", "on_failure"]),
        (False, {}, ["on_failure"]),
    ],
)
def test_which_hooks_are_called(
    *, good: bool, tables: dict[str, Any], called: list[str], tmp_path: Path
) -> None:
    hooks_after(_noting(tmp_path), summary("job", tables=tables), good=good)
    assert (tmp_path / "called").read_text().split() == called


def _noting(folder: Path) -> Job:
    code = f"open({str(folder / 'called')!r}, 'a').write(sys.argv[1] + chr(10))"
    good, bad, news = (python(code, name) for name in ("on_success", "on_failure", "on_change"))
    return Job("job", (), hooks=Hooks(good, bad, news))


def test_a_run_that_breaks_off_has_failed_and_one_that_did_not_begin_has_not(
    tmp_path: Path,
) -> None:
    job = _noting(tmp_path)
    for early in (LakeLocked("held"), SpecError("bad")):
        hooks_after_error(job, early)
    assert not (tmp_path / "called").exists()
    for error in (LakeError("damaged"), RuntimeError("a bug")):
        hooks_after_error(job, error)
    assert (tmp_path / "called").read_text().split() == ["on_failure"] * 2


@pytest.mark.parametrize(
    ("command", "called"),
    [(["sh", "-c", "kill -9 $$"], True), (["sh", "-c", "exit 2"], True), (["false"], False)],
)
def test_of_a_run_that_cannot_tell_it_the_schedule_tells_it(
    *, command: list[str], called: bool, tmp_path: Path
) -> None:
    asyncio.run(Child(lambda _: command)(_noting(tmp_path)))
    assert (tmp_path / "called").exists() == called


def test_the_hooks_of_a_job_are_called_after_run_whatever_they_do(tmp_path: Path) -> None:
    code = "open(sys.argv[1], 'w').write(sys.stdin.read()); print('noise'); sys.exit(1)"
    hooks = {name: list(python(code, name)) for name in ("on_success", "on_change", "on_failure")}
    job = {"name": "job", "harvest": [{"resource": "gene", "ids": [672]}], "hooks": hooks}
    (tmp_path / "job.yaml").write_text(json.dumps(job))
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        done = harvester(tmp_path, "run", "job.yaml", "--json", HARVESTER_BASE_URL=served.url)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("a hook failed") == 2
    told = json.loads(done.stdout)
    assert json.loads((tmp_path / "on_success").read_text()) == told
    assert json.loads((tmp_path / "on_change").read_text()) == told
    assert not (tmp_path / "on_failure").exists()
