"""`harvester sandbox` as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from harvester.cli.sandbox import sandbox
from harvester.errors import SpecError
from harvester.sandbox import FAULTS, SandboxConfig, serve_in_thread

ROOT = Path(__file__).parents[2]
COMMAND = "from harvester.cli.sandbox import sandbox; sandbox()"
QUICK = ("--port", "0", "--rps", "0", "--latency", "0", "--scale", "0.1")


@contextmanager
def started(*flags: str, hash_seed: str = "0") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox in a child process, and its address."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *flags],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            found = re.match(r"sandbox at (http://127\.0\.0\.1:\d+/datasets/v2) ", line)
            assert found, line
            assert f"HARVESTER_BASE_URL={found[1]} harvester run JOB" in line
            yield process, found[1]
        finally:
            process.kill()


def body(url: str) -> bytes:
    with urlopen(url) as response:  # noqa: S310 - loopback
        found: bytes = response.read()
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_end(number: signal.Signals) -> None:
    with started(*QUICK, "--size", "gene:human=30") as (process, url):
        assert b'"total_count":30' in body(f"{url}/gene/taxon/human")
        assert b'"requests":1' in body(url.replace("/datasets/v2", "/sandbox/stats"))
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_two_processes_answer_alike() -> None:
    paths = (
        "/genome/taxon/primates/dataset_report?page_size=200",
        "/gene/taxon/human?page_size=200",
        "/virus/taxon/1335626/dataset_report",
        "/taxonomy/taxon/9606,562,11320/dataset_report",
        "/genome/accession/GCF_000001405.40/annotation_report?page_size=200",
        "/genome/accession/GCF_000001405.40/sequence_reports",
    )
    answers = []
    for hash_seed in ("1", "2"):
        with started(*QUICK, hash_seed=hash_seed) as (_, url):
            answers.append([body(url + path) for path in paths])
    assert answers[0] == answers[1]


def test_a_taken_port_is_told() -> None:
    with serve_in_thread(SandboxConfig()) as served:
        port = served.url.split(":")[2].split("/")[0]
        outcome = CliRunner().invoke(sandbox, ["--port", port])
    assert isinstance(outcome.exception, SpecError)
    assert f"cannot listen on 127.0.0.1:{port}" in str(outcome.exception)


def test_the_help_names_every_fault() -> None:
    shown = CliRunner().invoke(sandbox, ["--help"]).output
    assert all(f"  {name} " in shown for name in FAULTS)


def test_the_documentation_names_every_flag_and_fault() -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    flags = [option for parameter in sandbox.params for option in parameter.opts]
    assert [name for name in (*flags, *FAULTS) if f"`{name}" not in text] == []
