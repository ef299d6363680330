"""The commands as a user types them: what they print, and how they end."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.store.lake import Lake
from harvester.store.lock import hold
from tests.wire.runs import harvester
from tests.wire.screen import plain, read_all

ROOT = Path(__file__).parents[2]
GOOD = """\
name: good
harvest:
  - resource: genome
    taxa: [human, 10090]
  - resource: gene
    ids: [672, 7157]
  - resource: virus_summary
    taxa: [1335626]
"""
BAD = """\
name: Bad Name
harvest:
  - resource: genom
    taxa: [human]
  - resource: genome
    taxa: []
    filters: {assembly_levl: [contig]}
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        yield served.url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


#: Where nobody listens.
NOBODY = "http://127.0.0.1:9"

#: Tells at its end what it has imported that no command needs, and how garbage is collected.
LEAN = """
import atexit, gc, sys
heavy = {"numpy", "pandas", "pygments", "pyarrow._s3fs", "pyarrow._hdfs"}
collected = lambda: (gc.isenabled(), gc.get_threshold()[0])
atexit.register(lambda: print(sorted(heavy & sys.modules.keys()), collected()))
from harvester.cli.main import main
main()
"""


def test_a_command_imports_nothing_heavy_that_it_does_not_need(folder: Path, url: str) -> None:
    (folder / "job.yaml").write_text("name: lean\nharvest:\n  - {resource: gene, ids: [672]}\n")
    done = subprocess.run(
        [sys.executable, "-c", LEAN, "run", "job.yaml", "--base-url", url],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[] (True, 50000)"


#: Tells what is done at its end: what was asked for, what a thread does, what Python does itself.
ENDING = """
import atexit, sys, threading, time
class Kept:
    def __del__(self): print("taken apart")
kept = Kept()
atexit.register(print, "asked for")
more = threading.Thread(target=lambda: (threading.main_thread().join(), print("thread")))
if "beside" in sys.argv: more.start(); sys.argv.remove("beside")
from harvester.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("words", "ending"),
    [
        ((), ["asked for"]),
        (("beside",), ["thread", "asked for", "taken apart"]),
    ],
)
def test_a_command_ends_at_once_where_nobody_is_at_work_in_it(
    words: tuple[str, ...], ending: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING, *words, "--version"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1:] == ending


@pytest.mark.parametrize(
    ("words", "status"), [("--help", 0), ("tables", 0), ("validate bad.yaml", 2)]
)
def test_who_closed_the_output_wants_none(folder: Path, words: str, status: int) -> None:
    command = f"exec {sys.executable} -m harvester {words} >&- 2>&-"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, check=False)
    assert done.returncode == status


def test_the_version_is_told(tmp_path: Path) -> None:
    assert harvester(tmp_path, "--version").stdout.startswith("harvester, version 0.")


@pytest.mark.parametrize("command", ["run", "plan", "validate"])
def test_a_bad_job_is_explained_line_by_line_and_nothing_is_asked(
    command: str, folder: Path
) -> None:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        done = harvester(folder, command, "bad.yaml", HARVESTER_BASE_URL=served.url)
        assert served.stats.requests == 0
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 4
    for place in ("bad.yaml:1:7", "bad.yaml:3:15", "bad.yaml:6:", "bad.yaml:7:15"):
        assert any(place in line for line in lines), place
    assert "assembly_level" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", "missing.yaml"],
        ["run", "good.yaml", "--rps", "0"],
        ["run", "good.yaml", "--nonsense"],
        ["run", "good.yaml", "--base-url", "http://example.org/datasets/v2"],
        ["harvest"],
        ["tables", "genom"],
        ["query", "SELECT 1"],
        ["publish"],
        ["publish", "--lake", "nowhere"],
        ["compact"],
        ["compact", "--keep-runs", "0"],
        ["compact", "--keep-days", "-1"],
        ["compact", "--grace", "tomorrow"],
        ["ingest", "genome"],
        ["ingest", "genom", "good.yaml"],
        ["ingest", "genome", "good.yaml"],
        ["status", "missing.yaml"],
        ["schedule", "good.yaml"],
    ],
    ids=" ".join,
)
def test_mistakes_get_one_clear_message(words: list[str], folder: Path) -> None:
    done = harvester(folder, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_validate_says_what_a_good_job_asks(folder: Path) -> None:
    done = harvester(folder, "validate", "good.yaml")
    assert done.returncode == 0
    assert done.stdout == "good.yaml: fine (3 queries, 4 page chains)\n"


def test_plan_counts_with_one_small_request_a_query_and_offline_with_none(folder: Path) -> None:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        done = harvester(folder, "plan", "good.yaml", "--json", HARVESTER_BASE_URL=served.url)
        assert done.returncode == 0, done.stderr
        assert served.stats.requests <= 3
        before = served.stats.requests
        offline = harvester(folder, "plan", "good.yaml", "--offline", HARVESTER_BASE_URL=served.url)
        assert served.stats.requests == before
    plan = json.loads(done.stdout)
    assert [query["chains"] for query in plan["queries"]] == [2, 1, 1]
    assert all(query["requests"] for query in plan["queries"])
    assert plan["complete"]
    assert offline.returncode == 0
    assert "good: at least 3 requests" in offline.stdout


def test_plan_counts_in_a_sandbox_of_its_own(folder: Path) -> None:
    done = harvester(folder, "plan", "--sandbox", "good.yaml", HARVESTER_BASE_URL=NOBODY)
    assert (done.returncode, done.stderr) == (0, "")
    assert "good: at least" not in done.stdout
    assert "good: " in done.stdout


def test_a_run_says_in_one_line_what_happened(folder: Path, url: str) -> None:
    words = ["run", "good.yaml", "--base-url", url, "--rps", "500"]
    done = harvester(folder, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("good: complete; ")
    assert " planned, 0 asked again)" in done.stdout
    planned = harvester(folder, "plan", "good.yaml", "--offline")
    assert "the last run that asked for this: " in planned.stdout
    status = harvester(folder, "status")
    assert "complete" in status.stdout
    assert "good" in status.stdout
    assert harvester(folder, "publish").returncode == 0
    asked = harvester(folder, "query", "SELECT count(*) AS n FROM gene", "--format", "csv")
    assert asked.stdout.split() == ["n", "2"]


def test_the_summary_is_one_document_with_the_promised_members(folder: Path, url: str) -> None:
    done = harvester(folder, "run", "good.yaml", "--base-url", url, "--rps", "500", "--json")
    summary = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert set(summary) == {
        "run_id", "job", "status", "resumed", "started_at", "finished_at", "seconds", "requests",
        "retries", "throttled", "bytes_received", "records", "duplicates", "quarantined",
        "unmodelled_fields", "missing", "failed", "tables", "lake", "database", "planned", "disk",
        "since",
    }  # fmt: skip
    assert set(summary["planned"]) == {"requests", "records", "bytes", "seconds", "disk"}
    assert summary["planned"]["requests"] == summary["requests"]
    assert (summary["lake"], summary["database"]) == ("data/lake", "data/harvest.duckdb")
    assert summary["records"] == sum(table["rows"] for table in summary["tables"].values())
    assert summary["bytes_received"] > 1000
    database = (folder / "data/harvest.duckdb").stat().st_size
    lake = (file for file in (folder / "data/lake").rglob("*.parquet") if "_runs" not in file.parts)
    assert summary["disk"] == database + sum(file.stat().st_size for file in lake)


def test_a_night_tells_by_how_much_lake_and_database_have_grown(folder: Path, url: str) -> None:
    def night() -> tuple[int, int]:
        done = harvester(folder, "run", "good.yaml", "--base-url", url, "--rps", "500", "--json")
        return json.loads(done.stdout)["disk"], (folder / "data/harvest.duckdb").stat().st_size

    first, before = night()
    second, after = night()
    assert max(0, after - before) <= second < first


def test_the_log_is_json_where_asked_and_goes_where_asked(folder: Path, url: str) -> None:
    words = ["run", "good.yaml", "--base-url", url, "--rps", "500", "--log-format", "json"]
    done = harvester(folder, *words, "--log-file", "run.log")
    assert done.stderr == ""
    events = [json.loads(line) for line in (folder / "run.log").read_text().splitlines()]
    assert {"run started", "run finished"} <= {event["event"] for event in events}
    assert all({"run", "job", "level", "timestamp"} <= event.keys() for event in events)


def test_flags_beat_variables_and_these_the_job(folder: Path, url: str) -> None:
    words = ["run", "good.yaml", "--rps", "500", "--json", "--lake", "flag/lake"]
    done = harvester(
        folder, *words, HARVESTER_BASE_URL=url, HARVESTER_LAKE="var", HARVESTER_DATABASE="var.db"
    )
    summary = json.loads(done.stdout)
    assert (summary["lake"], summary["database"]) == ("flag/lake", "var.db")
    assert (folder / "flag/lake/manifest.json").exists()
    assert (folder / "var.db").exists()
    assert not (folder / "data").exists()


def test_the_key_is_nowhere_but_in_the_header(folder: Path, url: str) -> None:
    key = "0123456789abcdef-secret"
    done = harvester(
        folder, "run", "good.yaml", "--base-url", url, "--rps", "500", NCBI_API_KEY=key
    )
    assert done.returncode == 0
    assert key not in done.stdout + done.stderr
    for path in folder.rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes(), path


def test_several_jobs_give_one_document_a_line(folder: Path, url: str) -> None:
    (folder / "other.yaml").write_text(GOOD.replace("name: good", "name: other"))
    words = ["run", "good.yaml", "other.yaml", "--base-url", url, "--rps", "500", "--json"]
    done = harvester(folder, *words)
    assert [json.loads(line)["job"] for line in done.stdout.splitlines()] == ["good", "other"]


def test_a_sandbox_inside_the_process_needs_no_network(folder: Path) -> None:
    done = harvester(folder, "run", "--sandbox", "good.yaml")
    assert done.returncode == 0, done.stderr


def test_a_terminal_shows_a_bar_a_query(folder: Path) -> None:
    controller, terminal = pty.openpty()
    with serve_in_thread(SandboxConfig(latency=0.2, rps=0)) as served:
        process = subprocess.Popen(
            [sys.executable, "-m", "harvester", "run", "good.yaml", "--base-url", served.url],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"},
            stdout=subprocess.PIPE,
            stderr=terminal,
            text=True,
        )
        os.close(terminal)
        shown = read_all(controller)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, shown
    assert out.startswith("good: complete; ")
    words = ("genome taxa human, 10090", "gene ids 672, 7157", "requests/s", "2/2", "limited by")
    for part in (*words, "publishing"):
        assert part in shown, part
    assert max(map(len, re.split(r"[\r\n]+", plain(shown)))) <= 80


def test_an_ingest_says_what_it_loaded_and_what_it_could_not(folder: Path) -> None:
    records = [{"accession": f"GCF_00000000{n}.1"} for n in range(3)]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "genome.jsonl").write_text(text + '{"acces')
    done = harvester(folder, "ingest", "genome", "genome.jsonl", "--json", "--log-file", "log")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["job"], summary["status"], summary["quarantined"]) == ("ingest", "complete", 1)
    assert summary["tables"] == {"genome": {"rows": 3, "added": 3, "changed": 0, "removed": 0}}
    assert done.stderr.startswith("  quarantined: genome.jsonl: 1 line: 4: not JSON: ")
    assert "file read" in (folder / "log").read_text()
    again = harvester(folder, "ingest", "genome", "genome.jsonl")
    assert again.stdout.startswith("ingest: complete; 4 records in ")
    assert again.stdout.endswith("; genome 3 rows (unchanged); 1 in quarantine\n")


def test_compact_says_what_it_will_do_and_what_it_did(folder: Path) -> None:
    for number in range(2):
        (folder / "genome.jsonl").write_text(f'{{"accession": "GCF_00000000{number}.1"}}\n')
        assert harvester(folder, "ingest", "genome", "genome.jsonl").returncode == 0
    before = sorted((folder / "data").rglob("*"))
    plan = harvester(folder, "compact", "--dry-run")
    assert plan.returncode == 0, plan.stderr
    assert plan.stdout.startswith("table ")
    assert "to fold: 10 files into 5\nnothing is done yet; " in plan.stdout
    assert sorted((folder / "data").rglob("*")) == before
    done = harvester(folder, "compact", "--json", "--grace", "0s")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["dry_run"], told["databases"]) == (False, ["data/harvest.duckdb"])
    genome = told["tables"][0]
    assert (genome["table"], genome["files"], genome["files_after"]) == ("genome", 2, 1)
    assert told["freed_bytes"] > genome["bytes"] > genome["bytes_after"]
    assert done.stderr == plan.stdout.rpartition("nothing")[0]
    again = harvester(folder, "compact")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "nothing to fold: the files are few and well-sized as they are\n"
    with hold(Lake(folder / "data/lake"), "nightly"):
        assert harvester(folder, "compact").returncode == 5
    missing = harvester(folder, "compact", "--database", "mine.duckdb")
    assert missing.returncode == 2
    assert missing.stderr.startswith("harvester: there is no database mine.duckdb: ")
