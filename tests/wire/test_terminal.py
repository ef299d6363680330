"""Terminals and pipes: who gets colours, what fits, and what is said of a misspelt word."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from harvester.cli.main import cli
from harvester.errors import SpecError
from harvester.model import Job, Query
from harvester.runs import begin_run
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.store.lake import Lake
from harvester.store.lock import hold
from tests.wire.runs import harvest
from tests.wire.screen import ESCAPE, on_pipe, on_terminal, plain, read_all

ROOT = Path(__file__).parents[2]
QUERIES = (
    Query("q1", "gene", "ids", ("672", "7157")),
    Query("q2", "genome", "taxa", ("9606",)),
    Query("q3", "virus_summary", "taxa", ("1335626",)),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake of two nights; in the second more rows are gone than is believed."""
    folder = tmp_path_factory.mktemp("terminal")
    for seed in (1, 2):
        with serve_in_thread(SandboxConfig(latency=0.0, rps=0, seed=seed)) as served:
            harvest(folder, served.url, *QUERIES)
    return folder


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the place where somebody works, at a terminal that knows colours."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("HARVESTER_LAKE", "lake")
    monkeypatch.setenv("HARVESTER_DATABASE", "x.duckdb")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return place


PAINTING = [
    ("status",),
    ("tables",),
    ("tables", "gene"),
    ("query", "SELECT gene_id FROM gene"),
    ("changes",),
    ("doctor", "--offline"),
]
SILENT = [("--help",), ("run", "--help"), ("completion", "bash"), ("status", "--json")]


@pytest.mark.parametrize("words", PAINTING, ids=" ".join)
def test_colours_are_for_terminals_that_want_them(
    words: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del here
    assert ESCAPE in on_terminal(*words)
    assert ESCAPE not in on_pipe(*words)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE in on_pipe(*words)
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE not in on_pipe(*words) + on_terminal(*words)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in on_terminal(*words)


@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_other_words_are_never_painted(words: tuple[str, ...], here: Path) -> None:
    del here
    assert ESCAPE not in on_terminal(*words)


@pytest.mark.parametrize(("variables", "painted"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_the_log_is_painted_as_all_else(
    variables: dict[str, str], *, painted: bool, here: Path
) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harvester", "publish", "--log-level", "debug"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stderr=terminal,
    )
    os.close(terminal)
    shown = read_all(controller)
    assert process.wait(30) == 0, shown
    assert "database checked" in shown
    assert (ESCAPE in shown) == painted


@pytest.mark.parametrize("columns", [80, 60, 40])
@pytest.mark.parametrize("words", [("status",), ("--help",), ("doctor", "--offline")], ids=" ".join)
def test_narrow_terminals_have_room(
    words: tuple[str, ...], columns: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = plain(on_terminal(*words)).replace(str(here), ".")
    if words == ("--help",) and columns < 80:
        return  # what is shown as an example stays on one line
    long = [line for line in shown.splitlines() if len(line) > columns]
    assert not long


def test_status_tells_what_each_run_changed_and_what_can_go_on(here: Path) -> None:
    head, *rows = on_pipe("status").splitlines()
    heads = "run job status records requests time added changed removed"
    assert " ".join(head.split()) == heads
    *rows, remark = rows
    first, second = (row.split() for row in rows)
    assert (first[1:3], second[1:3]) == (["job", "complete"], ["job", "partial"])
    assert int(first[-3]) > 2
    assert first[-2:] == ["0", "0"]
    assert int(second[-2]) > 0
    assert remark == f"{second[0]}: 1 query failed"
    _, last, *more = on_pipe("status", "--limit", "1").splitlines()
    assert last.split() == second
    assert more == ["and 1 earlier: --limit N or --all", remark]
    told = [json.loads(line) for line in on_pipe("status", "--json").splitlines()]
    assert [one["run_id"] for one in told] == [first[0], second[0]]
    assert told[1]["tables"]["gene"] == {"changed": 2}
    assert set(told[1]["tables"]["genome"]) <= {"added", "changed"}
    assert on_pipe("status", "--all") == on_pipe("status")
    assert sorted(path.name for path in here.iterdir()) == ["lake", "x.duckdb"]


def test_status_tells_what_can_be_resumed(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARVESTER_LAKE", str(tmp_path))
    shutil.copytree(here / "lake", tmp_path, dirs_exist_ok=True)
    run = begin_run(Lake(tmp_path), Job("night", QUERIES), "")
    run.journal.close()
    *_, row, _, remark = on_pipe("status").splitlines()
    assert row.split() == [run.id, "night", "interrupted", "0", "0", "0", "s"]
    assert remark == (
        f"{run.id} is resumable: 0 pages durable, 0 page chains at their end; "
        "`harvester run` of night goes on with it"
    )
    *_, last = map(json.loads, on_pipe("status", "--json").splitlines())
    assert (last["status"], last["resumable"], last["tables"]) == ("interrupted", True, {})
    with hold(Lake(tmp_path), "night"):
        assert f"{run.id} may be under way: process " in on_pipe("status")


COMMANDS = cli.list_commands(click.Context(cli))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_how_it_is_called(command: str) -> None:
    usage, _, rest = on_pipe(command, "--help").partition("\n\n")
    assert usage.startswith(f"Usage: harvester {command}")
    assert f"harvester {command}" in rest
    assert max(map(len, rest.splitlines())) <= 80


def _complaint(*words: str) -> str:
    with pytest.raises((click.UsageError, SpecError)) as caught:
        on_pipe(*words)
    error = caught.value
    return error.format_message() if isinstance(error, click.UsageError) else str(error)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["rum"], "did you mean 'run'?"),
        (["stauts"], "did you mean 'status'?"),
        (["qeury", "SELECT 1"], "did you mean 'query'?"),
        (["status", "--jsn"], "--json"),
        (["query", "SELECT 1", "--fromat", "csv"], "--format"),
        (["query", "SELECT 1", "--format", "tabel"], "'table'"),
        (["tables", "genom"], "did you mean genome?"),
        (["tables", "meta.chnages"], "did you mean meta.changes?"),
        (["changes", "taxonmy"], "did you mean taxonomy?"),
        (["ingest", "gnome", "x.jsonl"], "genome"),
        (["query", "SELECT * FROM genom"], 'Did you mean "genome"?'),
        (["query", "SELECT * FROM asemblies"], "There are genome, gene, "),
        (["query", "SELECT acession FROM genome"], '"accession"'),
        (["query", "SELECT organism_name FROM genome"], "In genome there is organism.organism_nam"),
        (["query", "SELECT organism.organism_nme FROM genome"], "organism_name"),
        (["query", "SELECT jobs FROM meta.runs"], "harvester tables meta.runs"),
        (["init", "--taxon", "human", "--filter", "refrence_only=true"], "'reference_only'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_misspelt_word_gets_a_suggestion(words: list[str], meant: str, here: Path) -> None:
    del here
    assert meant in _complaint(*words)


def test_a_word_like_no_other_gets_none(here: Path) -> None:
    del here
    assert _complaint("zzzzzz") == "No such command 'zzzzzz'."
