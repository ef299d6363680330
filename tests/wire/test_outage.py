"""NCBI is away, wholly or in part: how long a run waits, how it ends, and what it says."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harvester.sandbox import SandboxConfig, Served, serve_in_thread
from tests.wire.runs import harvester

ROOT = Path(__file__).parents[2]
JOB = """\
name: night
patience: {patience}
harvest:
  - resource: genome
    taxa: [9606, 10090, 9598, 9593, 9544, 10116, 7955, 511145]
  - resource: gene
    taxa: [9598, 511145]
  - resource: virus_summary
    taxa: [1335626]
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as server:
        yield server


@pytest.fixture
def calm(served: Served) -> Iterator[Served]:
    yield served
    served.faults.set("")


def _run(
    folder: Path, url: str, patience: str, *flags: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    (folder / "night.yaml").write_text(JOB.format(patience=patience))
    words = ["run", "night.yaml", "--base-url", url, "--rps", "1000", "--json", *flags]
    done = harvester(folder, *words)
    return done, json.loads(done.stdout)


def _rows(folder: Path, table: str) -> int:
    with duckdb.connect(str(folder / "data/harvest.duckdb"), read_only=True) as connection:
        found: int = connection.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        return found


def _verdict(stderr: str) -> str:
    (line,) = (line for line in stderr.splitlines() if line.startswith("harvester: "))
    return line


def test_where_nobody_listens_the_run_ends_after_its_patience_and_can_go_on(
    tmp_path: Path,
) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen: who connects is refused
        port = taken.getsockname()[1]
        began = time.monotonic()
        done, summary = _run(tmp_path, f"http://127.0.0.1:{port}/datasets/v2", "2s")
        took = time.monotonic() - began
    assert done.returncode == 4, done.stderr
    assert 2 < took < 20
    assert summary["status"] == "failed"
    assert "out of service" in _verdict(done.stderr)
    assert "connect: " in _verdict(done.stderr)
    assert "`patience: 2s`" in _verdict(done.stderr)
    assert not (tmp_path / "data/harvest.duckdb").exists()


def test_a_run_that_met_an_outage_goes_on_when_it_is_over(calm: Served, tmp_path: Path) -> None:
    calm.faults.set("503@6+")
    done, first = _run(tmp_path, calm.url, "1s")
    assert done.returncode == 4, done.stderr
    assert "out of service" in _verdict(done.stderr)
    calm.faults.set("")
    done, second = _run(tmp_path, calm.url, "1s")
    assert done.returncode == 0, done.stderr
    assert second["resumed"]
    assert second["run_id"] == first["run_id"]
    assert _rows(tmp_path, "gene") > 0


def test_a_blocked_address_is_told(calm: Served, tmp_path: Path) -> None:
    calm.faults.set("html403")
    done, summary = _run(tmp_path, calm.url, "1s")
    assert done.returncode == 4, done.stderr
    assert summary["status"] == "failed"
    assert "blocked this address" in _verdict(done.stderr)


def test_too_many_requests_without_end_is_a_block(calm: Served, tmp_path: Path) -> None:
    calm.faults.set("429")
    done, _ = _run(tmp_path, calm.url, "1s")
    assert done.returncode == 4, done.stderr
    assert "blocked this address" in _verdict(done.stderr)
    assert "http 429" in _verdict(done.stderr)


def test_a_name_that_nobody_knows_is_told(tmp_path: Path) -> None:
    done, _ = _run(tmp_path, "https://no-such-host.invalid/datasets/v2", "1s")
    assert done.returncode == 4, done.stderr
    assert "name resolution" in _verdict(done.stderr)
    assert "out of service or out of reach" in _verdict(done.stderr)


def test_an_outage_shorter_than_the_patience_is_waited_out(calm: Served, tmp_path: Path) -> None:
    # Two workers: when the eighth failure stops them, the ninth is under way or is the first probe.
    calm.faults.set("503@1-9")
    done, summary = _run(tmp_path, calm.url, "10s", "--concurrency", "2")
    assert done.returncode == 0, done.stderr
    assert summary["status"] == "complete"
    assert summary["retries"] == 9
    said_in_turn = (
        "all requests pause",
        "asking whether NCBI answers again",
        "NCBI answers again",
        "{'http 503': 9}",
    )
    for said in said_in_turn:
        assert said in done.stderr


def test_one_resource_out_of_order_spoils_no_other(calm: Served, tmp_path: Path) -> None:
    calm.faults.set("gene/500@1+")
    done, summary = _run(tmp_path, calm.url, "2s")
    assert done.returncode == 3, done.stderr
    assert summary["status"] == "partial"
    assert [entry["resource"] for entry in summary["failed"]] == ["gene"]
    assert "http 500" in summary["failed"][0]["reason"]
    assert _rows(tmp_path, "genome") > 0
    assert "harvester: NCBI" not in done.stderr
