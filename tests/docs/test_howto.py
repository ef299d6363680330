"""Each how-to is followed to its end: its files are saved, its commands and queries run."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import structlog

from harvester.cli.main import cli
from harvester.sandbox import SandboxConfig, serve_in_thread
from tests.docs.downloads import save_packages
from tests.docs.shown import ROOT, Shown, shown
from tests.wire.packages import ndjson, package
from tests.wire.reference import reports

PAGES = sorted((ROOT / "docs" / "howto").glob("*.md"))


@dataclass(frozen=True)
class Place:
    """A folder as a user has it, with a harvest in it, and what stands in for NCBI."""

    folder: Path
    url: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("howto")
    shutil.copytree(ROOT / "jobs", folder / "jobs")
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, scale=0.2)) as served:
        save_packages(folder, served.url)
        _save_older(folder, served.url)
        with pytest.MonkeyPatch.context() as patch:
            _settle(patch, Place(folder, served.url))
            assert _harvester("ingest", "genome", "older.zip") == 0
            assert _harvester("run", "jobs/reference-genomes.yaml", "--rps", "1000") == 0
        yield Place(folder, served.url)


def _save_older(folder: Path, url: str) -> None:
    """The human genome as it was before it was assembled so well: its version will end."""
    (genome,) = reports(url, "/genome/accession/GCF_000001405.40/dataset_report")
    genome["assembly_stats"]["contig_n50"] = 1
    package(folder / "older.zip", {"assembly_data_report.jsonl": ndjson([genome])})


def _settle(patch: pytest.MonkeyPatch, place: Place) -> None:
    patch.chdir(place.folder)
    patch.setenv("HARVESTER_BASE_URL", place.url)


def _harvester(*words: str) -> int:
    """The command line in this process: dozens of commands need not start dozens of them."""
    try:
        return cli(words, prog_name="harvester", standalone_mode=False) or 0
    finally:
        structlog.reset_defaults()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_how_to_can_be_followed(
    page: Path,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _settle(monkeypatch, place)
    steps = [step for step in shown(page) if _follow(step)]
    assert len(steps) > 1
    assert capsys.readouterr().out.strip()


def _follow(step: Shown) -> bool:
    """Does what a block says; whether it says anything to do."""
    if step.file:
        Path(step.file).write_text(step.text, encoding="utf-8")
    for command in step.commands:
        program, *words = shlex.split(command, comments=True)
        assert (program, _harvester(*words)) == ("harvester", 0), command
    if step.language == "sql":
        assert _harvester("query", step.text) == 0
    if step.language == "python":
        exec(compile(step.text, str(step), "exec"), {})  # noqa: S102 - it is our own page
    return step.language in {"console", "python", "sql", "yaml"}


def test_the_lake_says_without_duckdb_what_the_database_says(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.folder)
    with duckdb.connect("data/harvest.duckdb", read_only=True) as connection:
        told = connection.sql("SELECT accession FROM genome ORDER BY ALL").fetchall()
        (over,) = connection.sql("SELECT count(_valid_to) FROM genome_history").fetchall()
    assert over[0] > 0
    for block in shown(ROOT / "docs" / "howto" / "parquet.md"):
        if block.language == "python":
            names: dict[str, Any] = {}
            exec(block.text, names)  # noqa: S102 - it is our own page
            genome = names["genome"]
            rows = genome.collect().to_arrow() if hasattr(genome, "collect") else genome
            assert sorted(rows["accession"].to_pylist()) == [one for (one,) in told]
