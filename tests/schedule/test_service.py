"""The real process: `harvester schedule` over a real lake, asked over HTTP, stopped by signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from harvester.runs import runs_of
from harvester.sandbox import SandboxConfig, parse_size, serve_in_thread
from harvester.schedule.past import past_of
from harvester.store.lake import Lake
from tests.wire.runs import harvester

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef-secret"
#: Due once a year, on New Year's morning: only what was missed is run meanwhile.
YEARLY = "0 3 1 1 *"
JOB = """\
name: {name}
schedule: "{schedule}"
lake: {name}/lake
database: {name}/x.duckdb
harvest:
  - resource: {harvest}
"""
GENES = "gene\n    ids: [672, 7157]"


def write(folder: Path, name: str, harvest: str = GENES) -> str:
    text = JOB.format(name=name, schedule=YEARLY, harvest=harvest)
    (folder / f"{name}.yaml").write_text(text)
    return f"{name}.yaml"


class Running:
    """A schedule under way; what it logs is read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.url = self.wait_for(lambda event: event["event"] == "schedule started")["url"]

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            if wanted(self.log[-1]):
                return self.log[-1]
        raise AssertionError(self.log)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(f"{self.url}{path}", timeout=10) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def figures(self) -> dict[tuple[str, str], float]:
        """Each sample by its name and the values of its labels."""
        _, text = self.get("/metrics")
        return {
            (sample.name, " ".join(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        self.log += [json.loads(line) for line in err.splitlines()]
        self.out = out
        return self.process.returncode


@contextmanager
def scheduled(folder: Path, url: str, *words: str) -> Iterator[Running]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HARVESTER_", "NCBI_"))}
    options = ["--listen", "127.0.0.1:0", "--log-format", "json", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "harvester", "schedule", *options, *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "HARVESTER_BASE_URL": url, "NCBI_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()


def is_over(event: dict[str, Any]) -> bool:
    return bool(event["event"] == "run over")


HOOK = """\
hooks:
  on_success:
    - {python}
    - -c
    - import os, sys; open('told', 'w').write(str(os.environ) + sys.stdin.read())
"""


def test_what_is_due_runs_and_is_told_to_prometheus(tmp_path: Path) -> None:
    good = write(tmp_path, "good")
    (tmp_path / good).write_text((tmp_path / good).read_text() + HOOK.format(python=sys.executable))
    bad = write(tmp_path, "bad", "gene\n    ids: [999999999]")
    with (
        serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served,
        scheduled(tmp_path, served.url, good, bad, "--strict", "--parallel", "2") as running,
    ):
        assert running.get("/healthz") == (200, "ok\n")
        codes = {
            event["job"]: event["exit_status"]
            for event in (running.wait_for(is_over) for _ in "ab")
        }
        assert codes == {"good": 0, "bad": 3}
        ready, told = running.get("/readyz")
        assert (ready, json.loads(told)) == (200, {"ready": True, "faults": []})
        figures = running.figures()
        _, page = running.get("/metrics")
        (tmp_path / "good/lake/manifest.json").write_text("{")
        ready, told = running.get("/readyz")
        assert ready == 503
        assert "manifest.json is damaged" in json.loads(told)["faults"][0]
        assert running.stop() == 0
        assert (
            served.stats.requests
            == figures["harvester_requests_total", "good"]
            + figures["harvester_requests_total", "bad"]
        )
    summaries = {line["job"]: line for line in map(json.loads, running.out.splitlines())}
    assert figures["harvester_runs_total", "good complete"] == 1
    assert figures["harvester_runs_total", "good error"] == 0
    assert figures["harvester_records_total", "good"] == summaries["good"]["records"] == 2
    assert figures["harvester_table_rows", "good/lake gene"] == 2
    assert figures["harvester_changed_rows_total", "added good gene"] == 2
    assert figures["harvester_run_in_progress", "good"] == 0
    assert 0 < figures["harvester_seconds_since_success", "good"] < 60
    assert ("harvester_last_success_timestamp_seconds", "bad") not in figures
    new_year = datetime(datetime.now(UTC).year + 1, 1, 1, 3, tzinfo=UTC).timestamp()
    assert 0 <= figures["harvester_next_run_timestamp_seconds", "good"] - new_year <= 30
    heard = (tmp_path / "told").read_text()
    assert summaries["good"]["run_id"] in heard
    assert KEY not in heard + page + running.out + str(running.log)


def test_a_run_that_is_stopped_drains_and_goes_on_at_the_next_start(tmp_path: Path) -> None:
    name = write(tmp_path, "large", "genome\n    taxa: [562]")
    config = SandboxConfig(latency=0.3, rps=0, sizes=(parse_size("genome:562=40000"),))
    with serve_in_thread(config) as served:
        with scheduled(tmp_path, served.url, name, "--log-level", "debug") as running:
            running.wait_for(lambda event: event["event"] == "page kept")
            assert running.stop() == 143
        assert [event["status"] for event in running.log if is_over(event)] == ["interrupted"]
        assert json.loads(running.out)["status"] == "interrupted"
        assert past_of(Lake(tmp_path / "large/lake"), "large").waiting


def test_a_run_that_gave_up_is_not_due_again_before_its_time(tmp_path: Path) -> None:
    name = write(tmp_path, "job")
    (tmp_path / name).write_text((tmp_path / name).read_text() + "patience: 1s\n")
    lake = Lake(tmp_path / "job/lake")
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, faults="503")) as served:
        words = ("schedule", name, "--once", "--rps", "100")
        first = harvester(tmp_path, *words, HARVESTER_BASE_URL=served.url)
        assert first.returncode == 4, first.stderr
        began, asked = past_of(lake, "job").began, served.stats.requests
        again = harvester(tmp_path, *words, HARVESTER_BASE_URL=served.url)
        assert (again.returncode, served.stats.requests) == (0, asked)
        (run,) = runs_of(lake)
        assert run.resumable
        told = json.loads(harvester(tmp_path, "status", name, "--json").stdout)
        assert (told["status"], told["resumable"]) == ("failed", True)
        assert harvester(tmp_path, "run", name, HARVESTER_BASE_URL=served.url).returncode == 4
        past = past_of(lake, "job")
        assert past.began is not None
        assert began is not None
        assert past.began > began, "the last attempt counts"
        served.faults.set("")
        done = harvester(tmp_path, "run", name, "--json", HARVESTER_BASE_URL=served.url)
        assert json.loads(done.stdout)["resumed"]


def test_what_is_due_runs_once_and_the_lake_says_when_it_is_due_again(tmp_path: Path) -> None:
    name = write(tmp_path, "job")
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        done = harvester(tmp_path, "schedule", name, "--once", HARVESTER_BASE_URL=served.url)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("job: complete; 2 records in ")
    past = past_of(Lake(tmp_path / "job/lake"), "job")
    assert past.began is not None
    assert past.succeeded is not None
    assert timedelta() < past.succeeded - past.began < timedelta(minutes=1)
    assert (past.waiting, past.tables) == (False, {"gene": 2})
    assert past_of(Lake(tmp_path / "job/lake"), "another").began is None
    shown = json.loads(harvester(tmp_path, "schedule", name, "--dry-run", "--json").stdout)
    assert shown["last_success"] == past.succeeded.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert shown["next_run"].endswith("-01-01T03:00:00Z")
