"""The Tab key: what the shells are given, and how quickly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from harvester.catalogue import RESOURCES
from harvester.cli.main import cli
from harvester.cli.values import META
from harvester.cli.words import render
from harvester.publish import META_TABLES

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "harvester" / "cli" / "words.json"
RUN = "20300101T020000Z-aaaa"
HEAVY = {"aiohttp", "asyncio", "duckdb", "pyarrow", "rich", "structlog", "yaml"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with jobs, other files, and the manifest of a lake."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").mkdir()
    for name in ("a.yaml", "jobs/primates.yaml", "jobs/sars.yml", "jobs/with blank.yml"):
        (tmp_path / name).write_text("name: a\nharvest:\n  - resource: genome\n    taxa: [1]\n")
    (tmp_path / "compose.yaml").write_text("services: {harvest: 1}\n")
    (tmp_path / "notes.txt").write_text("harvest:\n")
    for lake, run in (("data/lake", RUN), ("other", RUN.replace("2030", "2031"))):
        (tmp_path / lake).mkdir(parents=True)
        file = {"path": "x", "rows": 1200, "bytes": 1, "run_id": run, "fingerprint": ""}
        manifest = {
            "version": 1,
            "runs": [{"run_id": run, "started_at": "", "job": "night"}],
            "tables": {"genome": {"data": [file], "ended": [{**file, "rows": 200}]}},
        }
        (tmp_path / lake / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def offered(*words: str) -> dict[str, str | None]:
    """What is offered for the last word, with the help beside it."""
    *before, incomplete = words
    shell = ShellComplete(cli, {}, "harvester", "_HARVESTER_COMPLETE")
    found = shell.get_completions(before, incomplete)
    return {item.value if item.type == "plain" else item.type: item.help for item in found}


def test_the_words_that_are_kept_are_those_of_the_commands() -> None:
    renew = "renew them: python -m harvester.cli.words > harvester/cli/words.json"
    assert WORDS.read_text() == render(cli), renew
    assert META == META_TABLES


def test_commands_come_with_what_they_do() -> None:
    assert offered("pub") == {
        "publish": "Build the database anew from the lake alone; the old one serves until it is "
        "replaced."
    }
    assert list(offered("")) == cli.list_commands(click.Context(cli))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["run", ""], ["a.yaml", "jobs/primates.yaml", "jobs/sars.yml"]),
        (["run", "a.yaml", "jobs/p"], ["jobs/primates.yaml"]),
        (["run", "./j"], ["./jobs/primates.yaml", "./jobs/sars.yml"]),
        (["run", "jobs/w"], ["file"]),
        (["validate", "notes"], ["file"]),
        (["status", "a"], ["a.yaml"]),
        (["query", "SELECT 1", "--job", "a"], ["a.yaml"]),
        (["tables", "ge"], ["genome", "gene"]),
        (["tables", "meta.r"], ["meta.runs"]),
        (["changes", "meta.r"], []),
        (["ingest", "vi"], ["virus_summary", "virus"]),
        (["ingest", "gene", ""], ["file"]),
        (["changes", "--run", ""], [RUN]),
        (["changes", "--since", "2030"], [RUN]),
        (["query", "--format", "j"], ["json", "jsonl"]),
        (["run", "a.yaml", "--lake", "d"], ["dir"]),
        (["run", "--database", "d"], ["file"]),
        (["run", "--acc"], ["--accept-removals"]),
        (["schema", ""], ["check"]),
        (["schema", "check", "--s"], ["--spec"]),
        (["completion", "z"], ["zsh"]),
        (["init", "--resource", "tax"], ["taxonomy", "taxonomy_node"]),
    ],
    ids=" ".join,
)
def test_a_word_is_completed(words: list[str], found: list[str], here: Path) -> None:
    del here
    assert list(offered(*words)) == found


def test_tables_say_what_they_hold_and_runs_whose_they_are(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered("tables", "geno") == {"genome": "genome assemblies, 1,000 rows"}
    assert offered("tables", "taxonomy_") == {"taxonomy_node": "taxa, in the older layout"}
    assert offered("changes", "--run", "2030") == {RUN: "night"}
    monkeypatch.setenv("HARVESTER_LAKE", "other")
    assert list(offered("changes", "--run", "")) == [RUN.replace("2030", "2031")]
    (here / "other" / "manifest.json").write_text("{")
    assert offered("changes", "--run", "") == {}
    assert list(offered("changes", "")) == list(RESOURCES)


def test_a_shell_does_not_wait_for_what_a_harvest_needs(here: Path) -> None:
    code = (
        "import sys\n"
        "from harvester.cli.main import main\n"
        "try:\n    main()\n"
        f"finally:\n    print(sorted({HEAVY} & set(sys.modules)))"
    )
    asked = {"COMP_WORDS": "harvester run --", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=here,
        env={"PYTHONPATH": str(ROOT), "_HARVESTER_COMPLETE": "zsh_complete", **asked},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "--accept-removals" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, as an installation has it."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "harvester"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harvester "$@"\n')
    script.chmod(0o755)
    return folder


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes(here: Path, program: Path) -> None:
    typed = (
        'eval "$(harvester completion bash)"\n'
        'press() { COMP_WORDS=(harvester "$@"); COMP_CWORD=$#; COMPREPLY=()\n'
        '  _harvester_completion harvester; printf "%s\\n" "${COMPREPLY[@]}" --; }\n'
        "complete -p harvester\n"
        "press stat; press run jobs/; press tables tax; press run --f\n"
    )
    done = subprocess.run(
        [str(shutil.which("bash")), "--norc", "--noprofile", "-eu", "-c", typed],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{program}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stderr == ""
    registered, *answers = done.stdout.splitlines()
    assert registered == "complete -o nosort -F _harvester_completion harvester"
    assert answers == [
        "status", "--",
        "jobs/primates.yaml", "jobs/sars.yml", "--",
        "taxonomy", "taxonomy_node", "--",
        "--fresh", "--",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o nosort -F _harvester_completion harvester"),
        ("zsh", "compdef _harvester_completion harvester"),
        ("fish", "complete --no-files --command harvester"),
    ],
)
def test_each_shell_gets_its_script(shell: str, line: str, here: Path) -> None:
    def printed(*words: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "harvester", "completion", *words],
            cwd=here,
            env={**os.environ, "PYTHONPATH": str(ROOT), **more},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    script = printed(shell)
    assert line in script
    assert printed(SHELL=f"/usr/local/bin/{shell}") == script
