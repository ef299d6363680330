"""Every run that is over leaves a report; `harvester report` finds it, copies it, opens it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

from harvester.cli.report import report
from harvester.compaction import Keep, fold_lake
from harvester.errors import SpecError
from harvester.fetch import Policy
from harvester.ingest import load_files
from harvester.model import Job, Query
from harvester.runpage import page_of, pages
from harvester.sandbox import SandboxConfig, Served, serve_in_thread
from harvester.store.journal import Journal
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.summary import Summary
from tests.wire.hostile import Told, serve
from tests.wire.packages import ndjson
from tests.wire.reference import reports
from tests.wire.runs import harvest, harvester

#: It goes on asking until the run's patience is used up.
STUBBORN = Policy(attempts=50, first_wait=0.01, longest_wait=0.02)
GENES = Query("g", "gene", "ids", ("672", "7157", "999999999"))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as server:
        yield server


@pytest.fixture(scope="module")
def nights(served: Served, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Summary]]:
    """A folder after two runs."""
    folder = tmp_path_factory.mktemp("nights")
    return folder, [harvest(folder, served.url, GENES) for _ in range(2)]


def _page(folder: Path, run_id: str) -> str:
    return Path(Lake(folder / "lake").path(page_of(run_id))).read_text(encoding="utf-8")


def _figures(page: str) -> dict[str, float]:
    return {
        name: float(value) for value, name in re.findall(r'<data value="(.*?)" id="(.*?)"', page)
    }


def _asked(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(report, [*words, "--lake", str(folder / "lake")])


def _refused(folder: Path, *words: str) -> str:
    error = _asked(folder, *words).exception
    assert isinstance(error, SpecError), error
    assert "\n" not in str(error)
    return str(error)


def test_each_run_leaves_one_and_the_newest_is_told(nights: tuple[Path, list[Summary]]) -> None:
    folder, (first, last) = nights
    assert pages(Lake(folder / "lake")) == sorted([first.run_id, last.run_id])
    newest = max(first.run_id, last.run_id)
    assert _asked(folder).stdout == f"{folder}/lake/{page_of(newest)}\n"
    told = _asked(folder, first.run_id)
    assert told.stdout == f"{folder}/lake/{page_of(first.run_id)}\n"
    assert _figures(_page(folder, first.run_id))["tables.gene.added"] == 2
    assert _figures(_page(folder, last.run_id))["tables.gene.added"] == 0


def test_it_is_copied_to_a_file_and_to_stdout(
    nights: tuple[Path, list[Summary]], tmp_path: Path
) -> None:
    folder, (first, _) = nights
    file = tmp_path / "a copy.html"
    assert _asked(folder, first.run_id, "--output", str(file)).stdout == f"{file}\n"
    assert file.read_text(encoding="utf-8") == _page(folder, first.run_id)
    assert _asked(folder, first.run_id, "--output", "-").stdout == _page(folder, first.run_id)
    assert "cannot write" in _refused(folder, "--output", str(tmp_path / "no/where.html"))
    assert _asked(folder, "--output", "-", "--open").exit_code == 2


def test_a_run_that_is_not_there_is_told_with_the_nearest(
    nights: tuple[Path, list[Summary]], tmp_path: Path
) -> None:
    folder, (first, last) = nights
    wrong = f"{first.run_id[:-1]}_"
    assert re.search(f"no run '{wrong}' in .*did you mean '({first.run_id}|{last.run_id})'",
                     _refused(folder, wrong))  # fmt: skip
    assert "there is no run in" in _refused(tmp_path)
    assert not (tmp_path / "lake").exists()


def test_one_that_is_missing_is_made_from_the_lake(served: Served, tmp_path: Path) -> None:
    summary = harvest(tmp_path, served.url, GENES)
    before = _figures(_page(tmp_path, summary.run_id))
    Path(Lake(tmp_path / "lake").path(page_of(summary.run_id))).unlink()
    with hold(Lake(tmp_path / "lake"), "somebody"):
        text = _asked(tmp_path, "--output", "-").stdout
    assert "made later" in text
    assert "999999999" in text
    kept = {name: value for name, value in _figures(text).items() if name in before}
    assert {"records", "requests", "missing", "failed", "tables.gene.added"} <= set(kept)
    kept.pop("seconds")  # what the lake holds was written before the database was
    assert kept == {name: before[name] for name in kept}
    assert _asked(tmp_path).exit_code == 0
    assert _page(tmp_path, summary.run_id) == text


def test_a_run_is_worth_no_less_where_none_can_be_written(served: Served, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/_reports").write_text("in the way")
    with capture_logs() as said:
        assert harvest(tmp_path, served.url, GENES).status == "complete"
    assert [e["log_level"] for e in said if e["event"] == "the run leaves no report"] == ["warning"]


def test_a_failed_run_leaves_one_and_a_resumed_one_replaces_it(
    served: Served, tmp_path: Path
) -> None:
    with serve(lambda _: Told(b"out", 503)) as away:
        first = harvest(tmp_path, away.url, GENES, policy=STUBBORN, patience=0.2)
    page = _page(tmp_path, first.run_id)
    assert first.status == "failed"
    assert 'id="status">failed' in page
    assert _figures(page)["requests"] == first.requests > 0
    assert "http 503" in page
    last = harvest(tmp_path, served.url, GENES)
    page = _page(tmp_path, last.run_id)
    assert (last.run_id, last.status, last.resumed) == (first.run_id, "complete", True)
    figures = _figures(page)
    assert figures["requests"] == last.requests > first.requests
    assert figures["retries.http 503"] == last.retries
    assert "The run took 2 attempts" in page
    assert "resumed" in page


def test_a_refused_run_leaves_one_that_says_why(tmp_path: Path) -> None:
    with serve(lambda _: Told(b'{"message":"not today"}', 400)) as server:
        summary = harvest(tmp_path, server.url, GENES)
    assert summary.status == "failed"
    page = _page(tmp_path, summary.run_id)
    assert "NCBI answered 400: not today" in page
    assert _figures(page)["failed"] == len(summary.failed) == 1


def test_an_ingest_leaves_one_too(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "genes.jsonl"
    file.write_bytes(ndjson(reports(served.url, "/gene/id/672,7157/dataset_report")))
    job = Job("", (), lake=str(tmp_path / "lake"), database=str(tmp_path / "x.duckdb"))
    done = load_files("gene", [str(file)], job, lambda *_: None, on_publish=lambda: None)
    page = _page(tmp_path, done.summary.run_id)
    assert _figures(page)["tables.gene.added"] == done.summary.tables["gene"].added == 2
    assert "genes.jsonl" in page
    assert "Requests a second" not in page


def test_it_opens_in_the_browser(nights: tuple[Path, list[Summary]], tmp_path: Path) -> None:
    folder, (first, _) = nights
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    words = ("report", first.run_id, "--open", "--lake", str(folder / "lake"))
    done = harvester(tmp_path, *words, BROWSER=f"{browser} %s")
    assert done.returncode == 0, done.stderr
    file = Path(done.stdout.strip())
    assert (tmp_path / "opened").read_text() == file.as_uri()
    assert file.is_file()


def test_compaction_removes_those_of_runs_that_are_not_kept(
    nights: tuple[Path, list[Summary]], tmp_path: Path
) -> None:
    folder, (first, last) = nights
    lake = Lake(shutil.copytree(folder / "lake", tmp_path / "lake"))
    old, new = "20010101T000000Z-fail", "20990101T000000Z-fail"
    for failed in (old, new):
        lake.write(page_of(failed), b"x")
    assert fold_lake(lake, [], Keep(), lambda _: None).reports == ()
    assert set(pages(lake)) == {first.run_id, last.run_id, old, new}
    done = fold_lake(lake, [], Keep(runs=1), lambda _: None)
    assert set(done.reports) == {page_of(first.run_id), page_of(old)}
    assert set(pages(lake)) == {last.run_id, new}


def test_an_interrupted_run_has_none_yet(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    run = "20260101T020000Z-k3f9"
    begin = {"is": "begin", "run_id": run, "job": "x", "digest": "", "started_at": ""}
    journal = Journal(lake, f"_runs/{run}/journal.jsonl")
    journal.append(begin)
    journal.close()
    assert f"the run {run} is not over" in _refused(tmp_path, run)


def test_a_page_holds_what_a_program_needs_to_read_it(nights: tuple[Path, list[Summary]]) -> None:
    folder, (first, _) = nights
    page, document = _page(folder, first.run_id), first.document()
    told = _figures(page)
    scalars = {name: value for name, value in document.items() if isinstance(value, int | float)}
    scalars.pop("resumed")
    assert {name: told[name] for name in scalars} == json.loads(json.dumps(scalars))
