"""`harvester init` as people type it: flags, questions, and files that are there already."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import click
import pytest

from harvester.errors import SpecError
from harvester.spec import load_job
from tests.wire.runs import harvester
from tests.wire.screen import on_pipe, plain, read_all

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_flags_make_a_job_and_the_next_steps_work(here: Path) -> None:
    done = harvester(here, "init", "--taxon", "Escherichia coli", "--resource", "genome")
    assert (done.returncode, done.stderr) == (0, "")
    said, *steps = done.stdout.splitlines()
    assert said == "wrote escherichia-coli.yaml; look into it, then:"
    assert steps == [
        "  harvester validate escherichia-coli.yaml",
        "  harvester plan escherichia-coli.yaml",
        "  harvester run escherichia-coli.yaml",
        '  harvester query "SELECT accession, organism.organism_name FROM genome LIMIT 5"',
    ]
    assert on_pipe("validate", "escherichia-coli.yaml").endswith("fine (1 query, 1 page chain)\n")
    assert load_job("escherichia-coli.yaml").queries[0].values == ("Escherichia coli",)


def test_a_file_is_never_replaced_unasked(here: Path) -> None:
    words = ("init", "--taxon", "human", "--output", "my job.yaml")
    assert "harvester run 'my job.yaml'" in on_pipe(*words)
    (here / "my job.yaml").write_text("mine")
    with pytest.raises(SpecError, match="is there already: give another --output, or "):
        on_pipe(*words)
    assert (here / "my job.yaml").read_text() == "mine"
    on_pipe(*words, "--force")
    assert load_job("my job.yaml").name == "human"


def test_symbols_with_their_taxon_and_a_job_on_stdout(here: Path) -> None:
    words = ["--symbol", "BRCA1", "--symbol", "TP53", "--taxon", "human", "--output", "-"]
    (here / "job.yaml").write_text(on_pipe("init", *words))
    job = load_job("job.yaml")
    assert (job.name, job.queries[0].values) == ("brca1-tp53-human", ("BRCA1", "TP53"))
    assert job.queries[0].taxon == "human"
    assert [path.name for path in here.iterdir()] == ["job.yaml"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--symbol", "BRCA1"], "symbols mean something within one taxon: add --taxon"),
        (["--symbol", "A", "--taxon", "human", "--taxon", "mouse"], "within one taxon"),
        (["--taxon", "human", "--gene-id", "672"], "ids or taxa, not both"),
        (["--accession", "NC_045512.2"], "Give --resource: genome, gene"),
        (["--taxon", "human", "--resource", "sequence"], "sequence cannot be asked for by taxa"),
        (
            ["--taxon", "human", "--output", "nowhere/x.yaml"],
            "there is no folder nowhere: make",
        ),
        ([], 'say what to harvest, for instance: harvester init --taxon "Escherichia coli"'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_written_is_told(words: list[str], reason: str, here: Path) -> None:
    with pytest.raises((SpecError, click.UsageError), match=reason):
        on_pipe("init", *words)
    assert not list(here.iterdir())


def test_on_a_terminal_it_asks(here: Path) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harvester", "init"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    )
    os.close(terminal)
    shown = ""
    for question, answer in (
        ("Which table [genome]:", "gene"),
        ("Ask by [ids]:", "symbols"),
        ("Which symbols (commas between several):", "BRCA1, /x"),
        ("Error: '/x' holds a slash", ""),
        ("Which symbols (commas between several):", "BRCA1, TP53"),
        ("Of which taxon:", "human"),
    ):
        shown = _until(controller, question, shown)
        if answer:
            os.write(controller, f"{answer}\n".encode())
    assert process.stdout is not None
    out = process.stdout.read()
    read_all(controller)
    process.stdout.close()
    assert process.wait(30) == 0
    assert out.startswith("wrote brca1-tp53-human.yaml; ")
    assert load_job(here / "brca1-tp53-human.yaml").queries[0].values == ("BRCA1", "TP53")


def _until(controller: int, question: str, before: str) -> str:
    """Reads on until the question stands there; gives what was read after it."""
    shown = before
    while question not in plain(shown):
        ready, _, _ = select.select([controller], [], [], 30)
        assert ready, shown
        shown += os.read(controller, 4096).decode()
    return plain(shown).partition(question)[2]
