"""Everything that the documentation shows is run, against the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.spec import load_job
from tests.wire.packages import ndjson, package, squeezed
from tests.wire.reference import reports

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Shown:
    page: Path
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.splitlines()[0][:60]}"


def _blocks(language: str) -> Iterator[Shown]:
    for page in PAGES:
        for match in BLOCK.finditer(page.read_text()):
            if match[1] == language:
                yield Shown(page, match[2])


def _commands() -> list[Shown]:
    return [
        Shown(block.page, line.removeprefix("$ "))
        for block in _blocks("console")
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]


COMMANDS = _commands()
QUERIES = list(_blocks("sql"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as a user has it: the jobs, the README's first job, and one harvest behind them."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(ROOT / "jobs", folder / "jobs")
    (folder / "primates.yaml").write_text(_first_job("README.md"))
    (folder / "my-genes.yaml").write_text(_first_job("jobs.md"))
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        (folder / "url").write_text(served.url)
        done = _harvester(folder, "run", "jobs/quickstart.yaml", "--rps", "1000")
        assert done.returncode == 0, done.stderr
        _save_packages(folder, served.url)
        yield folder


def _save_packages(folder: Path, url: str) -> None:
    """What somebody has downloaded before: today's package, one of a year ago, and genes."""
    genomes = reports(url, "/genome/taxon/9443/dataset_report")
    for name in ("ncbi_dataset.zip", "last_year.zip"):
        package(folder / name, {"assembly_data_report.jsonl": ndjson(genomes)})
    genes = reports(url, "/gene/id/672,7157/dataset_report")
    squeezed(folder / "genes.jsonl.gz", ndjson(genes))
    sequences = reports(url, "/genome/accession/GCF_000001405.40/sequence_reports")
    (folder / "GCF_000001405.40").mkdir()
    (folder / "GCF_000001405.40" / "sequence_report.jsonl").write_bytes(ndjson(sequences))


def _first_job(page: str) -> str:
    return next(block.text for block in _blocks("yaml") if block.page.name == page)


def _harvester(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harvester", *words],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HARVESTER_BASE_URL": (folder / "url").read_text(),
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("shown", COMMANDS, ids=str)
def test_shown_commands_work(shown: Shown, place: Path) -> None:
    program, *words = shlex.split(shown.text, comments=True)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text()
        assert re.search(rf"^{words[0]}:", makefile, re.MULTILINE)
        return
    assert program == "harvester"
    if words[:1] in (["sandbox"], ["browse"]):  # they serve until they are told to end
        assert _harvester(place, words[0], "--help").returncode == 0
        return
    done = _harvester(place, *words)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shown", QUERIES, ids=str)
def test_shown_queries_work(shown: Shown, place: Path) -> None:
    done = _harvester(place, "query", shown.text)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_documentation_shows_something_to_run() -> None:
    assert len(COMMANDS) > 8
    assert len(QUERIES) > 5


def test_the_first_job_is_a_job(tmp_path: Path) -> None:
    path = tmp_path / "primates.yaml"
    path.write_text(_first_job("README.md"))
    assert load_job(path).name == "primates"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target
