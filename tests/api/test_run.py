"""`run` and `arun`: results, errors, stopping, and that what is left behind goes on."""

from __future__ import annotations

import asyncio
import json
import pickle
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harvester
from harvester.api.failures import judged
from harvester.runner import Outcome
from harvester.sandbox import SandboxConfig, Served, serve_in_thread
from harvester.store.lake import Lake
from harvester.store.lock import hold
from tests.api.jobs import JOB, LONG, options
from tests.wire.hostile import Asked, Told, serve

CONTRACT = [
    "run_id", "job", "status", "resumed", "started_at", "finished_at", "seconds", "requests",
    "retries", "throttled", "bytes_received", "records", "duplicates", "quarantined",
    "unmodelled_fields", "missing", "failed", "tables", "lake", "database",
]  # fmt: skip


def test_a_summary_holds_what_run_json_prints(first: harvester.Summary, place: Path) -> None:
    assert list(first.to_dict())[: len(CONTRACT)] == CONTRACT
    assert json.loads(json.dumps(first.to_dict())) == first.to_dict()
    assert (first.status, first.records) == ("complete", 4)
    assert first.tables["gene"] == harvester.TableFigures(rows=2, added=2)
    assert first.database == str(place / "x.duckdb")


def test_an_argument_beats_the_environment_which_beats_the_job_and_hooks_are_told(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARVESTER_BASE_URL", asked["base_url"])
    monkeypatch.setenv("HARVESTER_LAKE", str(asked["lake"]))
    monkeypatch.setenv("HARVESTER_DATABASE", "nowhere.duckdb")
    job = {**JOB, "hooks": {"on_success": ["tee", "told.json"]}}
    summary = harvester.run(job, database=asked["database"], rps=1000, progress=False)
    assert (summary.lake, summary.database) == (str(asked["lake"]), str(asked["database"]))
    assert [path.name for path in tmp_path.iterdir()] == ["told.json"]
    assert json.loads(Path("told.json").read_text()) == summary.to_dict()
    with pytest.raises(harvester.SpecError, match=r"^rps must be a number above 0"):
        harvester.run(JOB, rps=0)


# Where an event loop runs.


def test_run_works_where_a_loop_runs_and_tells_nothing_to_a_pipe(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    async def cell() -> harvester.Summary:
        return harvester.run(JOB, **asked | {"progress": None})

    assert asyncio.run(cell()).status == "complete"
    assert capsys.readouterr() == ("", "")


def test_arun_asks_in_the_callers_loop_and_does_not_hold_it_up(asked: dict[str, Any]) -> None:
    threads: set[int] = set()
    handlers: list[object] = []
    beats = 0

    def look(progress: harvester.Progress) -> None:
        if progress.stage == "harvesting":
            threads.add(threading.get_ident())
            handlers.extend(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)))

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    async def program() -> harvester.Summary:
        heart = asyncio.create_task(beat())
        handlers.extend(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)))
        summary = await harvester.arun(JOB, **asked | {"progress": look})
        heart.cancel()
        return summary

    assert asyncio.run(program()).status == "complete"
    assert threads == {threading.get_ident()}
    assert set(handlers[::2]) == {handlers[0]}
    assert set(handlers[1::2]) == {handlers[1]}
    assert beats > 10


@pytest.mark.parametrize("in_threads", [True, False])
def test_two_runs_at_once_keep_to_one_rate_limit(tmp_path: Path, *, in_threads: bool) -> None:
    def asked(name: str) -> dict[str, Any]:
        return options(served, tmp_path / name) | {"rps": 10}

    async def both() -> list[harvester.Summary]:
        if in_threads:
            runs = [asyncio.to_thread(harvester.run, LONG, **asked(name)) for name in "ab"]
        else:
            runs = [harvester.arun(LONG, **asked(name)) for name in "ab"]
        return await asyncio.gather(*runs)

    with serve_in_thread(SandboxConfig(latency=0.0, rps=10)) as served:
        summaries = asyncio.run(both())
        assert served.stats.busiest_second <= 10
    assert [(s.status, s.throttled) for s in summaries] == [("complete", 0)] * 2
    assert sum(s.requests for s in summaries) >= 16


# What is raised.


def test_a_partial_run_is_a_result_unless_it_is_checked(
    asked: dict[str, Any], calm: Served
) -> None:
    calm.faults.set("gene/400")
    said = "^panel: not all of it came, the rest is published: gene ids 672, 7157: NCBI answered"
    with pytest.raises(harvester.PartialRun, match=said) as caught:
        harvester.run(JOB, check=True, **asked)
    summary = caught.value.summary
    assert (summary.status, len(summary.failed)) == ("partial", 1)
    assert summary.tables["genome"].rows == 2
    assert judged(Outcome(summary), check=False, strict=False) is summary
    with pytest.raises(harvester.PartialRun, match=said):
        judged(Outcome(summary), check=False, strict=True)


def test_strictly_an_identifier_that_nobody_knows_is_an_error(asked: dict[str, Any]) -> None:
    job = {"name": "j", "harvest": [{"resource": "gene", "ids": [672, 999999999]}]}
    with pytest.raises(harvester.PartialRun, match=r"^j: unknown to NCBI: gene 999999999$") as it:
        harvester.run(job, strict=True, **asked)
    summary = it.value.summary
    assert summary.status == "complete"
    assert judged(Outcome(summary), check=True, strict=False).missing[0]["value"] == "999999999"


def test_where_nothing_came_the_error_knows_why(calm: Served, tmp_path: Path) -> None:
    calm.faults.set("400")
    with pytest.raises(harvester.NothingHarvested, match="nothing could be harvested") as caught:
        harvester.run(JOB, **options(calm, tmp_path))
    assert not isinstance(caught.value, harvester.OutOfServiceError)
    assert [one["resource"] for one in caught.value.summary.failed] == ["genome", "gene"]
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made in this line
    assert (str(again), again.summary) == (str(caught.value), caught.value.summary)


def test_that_ncbi_is_away_is_an_error_of_its_own(asked: dict[str, Any], calm: Served) -> None:
    calm.faults.set("503")
    with pytest.raises(harvester.OutOfServiceError, match=r"^panel: .*out of service") as caught:
        harvester.run({**JOB, "patience": 1}, **asked)
    assert isinstance(caught.value, harvester.NCBIAway)
    assert caught.value.summary.status == "failed"
    calm.faults.set("")
    assert harvester.run(JOB, **asked).resumed


def test_a_lake_that_is_held_is_told(asked: dict[str, Any]) -> None:
    with hold(Lake(str(asked["lake"])), "other"), pytest.raises(harvester.LakeLocked, match="oth"):
        harvester.run(JOB, **asked)


# Stopping.


def _when_records_came(then: Callable[[], object]) -> Callable[[harvester.Progress], None]:
    """Calls `then` once, when records have come and more are to come."""
    done: list[harvester.Progress] = []

    def look(progress: harvester.Progress) -> None:
        if progress.records and not done:
            done.append(progress)
            then()

    return look


def test_however_it_is_stopped_the_next_run_goes_on(tmp_path: Path) -> None:
    with serve_in_thread(SandboxConfig(latency=0.3, rps=0)) as slow:
        where = options(slow, tmp_path) | {"concurrency": 1}
        slow.faults.set("genome/hang@2+")  # to drain would take its time
        assert asyncio.run(_cancelled(where, times=2)) < 4
        slow.faults.set("")
        _interrupted(where)
        assert asyncio.run(_cancelled(where, times=1)) < 4
        summary = harvester.run(LONG, **where)
        asked = slow.stats.by_status[200]
    assert (summary.status, summary.resumed) == ("complete", True)
    assert summary.tables["genome"].rows == summary.records > 40
    assert asked < 8 + 3 + 3  # what was durable was not asked for again


def test_what_is_looked_up_when_it_is_cancelled_is_waited_for_no_longer(tmp_path: Path) -> None:
    looked, over = threading.Event(), threading.Event()

    def answer(_: Asked) -> Told:
        looked.set()
        over.wait(30)
        return Told(b"{}")

    async def stop(url: str) -> set[asyncio.Task[Any]]:
        job = {"name": "j", "harvest": [{"resource": "genome", "taxa": ["human"]}]}
        lake, file = tmp_path / "lake", tmp_path / "x.duckdb"
        run = harvester.arun(job, lake=lake, database=file, base_url=url, progress=False)
        work = asyncio.create_task(run)
        await asyncio.to_thread(looked.wait, 30)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        return asyncio.all_tasks() - {asyncio.current_task()}

    with serve(answer) as server:
        left = asyncio.run(stop(server.url))
        over.set()
    assert not left


async def _cancelled(where: dict[str, Any], times: int) -> float:
    """Seconds from the first cancellation to the end."""
    arrived = asyncio.Event()
    look = _when_records_came(arrived.set)
    work = asyncio.create_task(harvester.arun(LONG, **where | {"progress": look}))
    await arrived.wait()
    began = asyncio.get_running_loop().time()
    for _ in range(times):
        work.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError) as caught:
        await work
    assert "the next run of the job goes on" in caught.value.__notes__[0]
    return asyncio.get_running_loop().time() - began


def _interrupted(where: dict[str, Any]) -> None:
    """Ctrl-C, as the terminal sends it."""
    handler, main = signal.getsignal(signal.SIGINT), threading.main_thread().ident or 0
    look = _when_records_came(lambda: signal.pthread_kill(main, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt) as caught:
        harvester.run(LONG, **where | {"progress": look})
    assert "the next run of the job goes on" in caught.value.__notes__[0]
    assert signal.getsignal(signal.SIGINT) is handler
    with hold(Lake(str(where["lake"]))):
        pass  # nothing goes on in a thread that was left behind


# Progress.


def test_progress_is_a_line_that_is_wiped_at_the_end(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    harvester.run(JOB, **asked | {"progress": True})
    out, err = capsys.readouterr()
    *shown, wiped, end = err.split("\r")
    assert out == ""
    assert any("panel: 4 of 4 records, " in line for line in shown)
    assert "panel: 4 records, publishing" in shown[-1]
    assert (wiped.strip(), end) == ("", "")
    assert all(len(line) < 80 for line in shown)


def test_what_a_watcher_raises_ends_the_run_and_it_can_go_on(asked: dict[str, Any]) -> None:
    def refuse(progress: harvester.Progress) -> None:
        raise ZeroDivisionError(progress.job)

    job = {**JOB, "name": "watched"}
    with pytest.raises(ZeroDivisionError, match="watched"):
        harvester.run(job, **asked | {"progress": refuse})
    assert harvester.run(job, **asked).resumed
