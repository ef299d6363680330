"""Everything that the documentation shows is run, against the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.spec import load_job
from tests.docs.downloads import save_packages
from tests.docs.shown import ROOT, Shown, shown
from tests.forked import program

#: Those below docs/ have tests of their own: they stand on other data.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def _blocks(language: str) -> list[Shown]:
    return [block for block in shown(*PAGES) if block.language == language]


COMMANDS = [
    Shown(block.page, command) for block in _blocks("console") for command in block.commands
]
QUERIES = _blocks("sql")


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
        save_packages(folder, served.url)
        yield folder


def _first_job(page: str) -> str:
    return next(block.text for block in _blocks("yaml") if block.page.name == page)


def _harvester(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return program(
        folder, words, {**os.environ, "HARVESTER_BASE_URL": (folder / "url").read_text()}
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


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted((ROOT / "docs").glob("*/*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target
