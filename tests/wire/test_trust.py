"""What strangers write, in paths, jobs and answers, reaches no SQL, no path and no terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import pytest

from harvester.fetch import Pace
from harvester.model import Job, Query
from tests.wire.hostile import Asked, Server, Told, serve
from tests.wire.runs import HASTY, go, harvester
from tests.wire.screen import read_all

ROOT = Path(__file__).parents[2]
#: Colours, a bell, a title, eight-bit controls, a turned direction of writing, an end of line.
EVIL = "\x1b[31mred\x07\x1b]0;title\x07\x9b2J\u202egnp\r\nharvester: complete"
SQL = "'; DROP TABLE genome; --\" || (SELECT 1)"
PAINTS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _page(*accessions: str, **more: Any) -> Told:
    reports = [{"accession": one, "paired_accession": one, one: [one]} for one in accessions]
    return Told(json.dumps({"reports": reports, "total_count": len(reports)} | more).encode())


def _harvest(folder: Path, url: str, *values: str, register: str = "tables") -> str:
    job = Job(
        "t",
        (Query("q", "genome", "taxa", values or ("562",)),),
        lake=str(folder / "lake"),
        database=str(folder / "x.duckdb"),
        register=register,
    )
    pace = Pace(url, rate=1000, concurrency=2, policy=HASTY)
    return go(job, pace).summary.status


def _rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str((folder / "x.duckdb").absolute()), read_only=True) as connection:
        return connection.sql(sql).fetchall()


#: Patterns, quotes, SQL, shell, control characters, and what DuckDB takes for a partition.
PLACE = (
    'a[1]*{b}/\'; DROP TABLE genome; --\n"$HOME" `id` %s %20 ~ é🧬/accession=X.9/\u202e\x1b[31m#;&|'
)


@pytest.mark.parametrize("register", ["tables", "views"])
def test_places_may_have_any_name(register: str, tmp_path: Path) -> None:
    folder = tmp_path / PLACE
    folder.mkdir(parents=True)
    with serve(lambda asked: _page("A.1", "B.1") if "/genome/" in asked.target else GONE) as server:
        assert _harvest(folder, server.url, register=register) == "complete"
    with serve(lambda asked: _page("A.1", "C.1") if "/genome/" in asked.target else GONE) as server:
        _harvest(folder, server.url, register=register)
    found = _rows(folder, "SELECT DISTINCT accession FROM genome_history ORDER BY ALL")
    assert found == [("A.1",), ("B.1",), ("C.1",)]
    words = ["query", "FROM genome_flat SELECT accession ORDER BY ALL", "--format", "jsonl"]
    done = harvester(tmp_path, *words, "--database", str(folder / "x.duckdb"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0]) == {"accession": "A.1"}


GONE = Told(b"{}", 404)


@pytest.mark.parametrize("letter", ["?", "\\"])
def test_a_path_that_duckdb_cannot_open_is_told_before_anything_is_asked(
    letter: str, tmp_path: Path
) -> None:
    (tmp_path / "job.yaml").write_text("name: t\nharvest: [{resource: genome, taxa: [562]}]\n")
    done = harvester(tmp_path, "run", "job.yaml", "--sandbox", "--database", f"a{letter}b.duckdb")
    assert done.returncode == 2
    assert "DuckDB opens no file whose path holds a" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job.yaml"]


IDENTIFIERS = ["9606/../../admin?x=", "a?b#c&d=%2f", "..", EVIL, SQL, "{}", "é", "*"]


def test_an_identifier_is_one_segment_of_the_path(tmp_path: Path) -> None:
    with serve(lambda asked: GONE if "/genome/" not in asked.target else _page("A.1")) as server:
        _harvest(tmp_path, server.url, *IDENTIFIERS)
    met = [urlsplit(asked.target).path.split("/") for asked in server.asked]
    genome = [segments for segments in met if segments[1] == "genome"]
    assert all(len(segments) == 5 and segments[4] == "dataset_report" for segments in genome)
    assert {unquote(segments[3]) for segments in genome} == set(IDENTIFIERS)
    assert all(asked.target.isascii() and asked.target.isprintable() for asked in server.asked)


HOSTILE_JOB = """\
name: t
limits: {requests_per_second: 1000}
patience: 2s
harvest:
  - {resource: genome, taxa: [562]}
  - {resource: genome, taxa: [563]}
  - {resource: gene, ids: [1, 2]}
  - {resource: gene, ids: [3]}
"""


def _hostile(asked: Asked) -> Told:
    warning = {"reason": EVIL, "gene_warning_code": EVIL, "unrecognized_identifier": "2"}
    if "/genome/taxon/562" in asked.target:
        return _page(EVIL, SQL, "../../../etc/passwd", messages=[{"error": {"reason": EVIL}}])
    if "/genome/taxon/563" in asked.target:
        return Told(json.dumps({"message": EVIL}).encode(), 400)
    if "/gene/id/1" in asked.target:
        gene = {"gene": {"gene_id": "1", "symbol": EVIL}, "query": ["1"]}
        other = {"query": ["2"], "warnings": [warning]}
        return Told(json.dumps({"reports": [gene, other], "total_count": 2}).encode())
    if "/gene/id/3" in asked.target:
        name = ("Content-Disposition", 'attachment; filename="../../evil"')
        return Told(EVIL.encode(), 404, headers=(name,))
    return GONE


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Server, list[str]]:
    """A folder after harvests of hostile answers, and all that they printed."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "job.yaml").write_text(HOSTILE_JOB)
    printed = []
    with serve(_hostile) as server:
        for flags in ([], ["--json"], ["--log-format", "json"]):
            done = harvester(folder, "run", "job.yaml", "--base-url", server.url, *flags)
            assert done.returncode == 3, done.stderr
            printed += [done.stdout, done.stderr]
        planned = harvester(folder, "plan", "job.yaml", "--base-url", server.url)
        printed += [planned.stdout, planned.stderr]
    return folder, server, printed


def test_nothing_that_a_run_prints_paints_the_terminal(
    hostile: tuple[Path, Server, list[str]],
) -> None:
    _, _, printed = hostile
    assert [PAINTS.findall(text) for text in printed] == [[]] * len(printed)
    assert "\\x1b[31mred\\x07" in printed[1]
    assert not any(line == "harvester: complete" for text in printed for line in text.splitlines())
    summary = json.loads(printed[2])
    assert [entry["reason"] for entry in summary["missing"] if entry["value"] == "2"] == [EVIL]


@pytest.mark.parametrize(
    "words",
    [
        ["query", "SELECT accession, _extra FROM genome"],
        ["query", "SELECT reason FROM meta.queries UNION ALL SELECT message FROM meta.messages"],
        ["query", "SELECT accession, _extra FROM genome", "--format", "json"],
        ["query", "SELECT accession, _extra FROM genome", "--format", "jsonl"],
        ["query", f"SELECT error('{EVIL}')"],
        ["query", f'SELECT 1 AS "{EVIL}"'],
        ["status"],
        ["tables"],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_no_command_paints_the_terminal(
    words: list[str], hostile: tuple[Path, Server, list[str]]
) -> None:
    folder, _, _ = hostile
    done = harvester(folder, *words)
    assert (done.stdout + done.stderr).strip()
    assert not PAINTS.search(done.stdout + done.stderr)


def test_what_programs_read_is_exact(hostile: tuple[Path, Server, list[str]]) -> None:
    folder, _, _ = hostile
    words = ["query", "SELECT accession FROM genome ORDER BY ALL", "--format"]
    expected = sorted([EVIL, SQL, "../../../etc/passwd"])
    lines = harvester(folder, *words, "jsonl").stdout.splitlines()
    assert [json.loads(line)["accession"] for line in lines] == expected
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    raw = subprocess.run(
        [sys.executable, "-m", "harvester", *words, "csv"],
        cwd=folder, env=environment, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    rows = list(csv.reader(io.StringIO(raw, newline="")))
    assert [row[0] for row in rows[1:]] == expected


def test_no_name_of_a_file_comes_from_an_answer(hostile: tuple[Path, Server, list[str]]) -> None:
    folder, _, _ = hostile
    names = {path.name for path in folder.rglob("*")}
    assert {"manifest.json", "harvest.duckdb"} <= names
    plain = re.compile(r"[A-Za-z0-9_.@-]+")
    assert [name for name in names if not plain.fullmatch(name) or "evil" in name] == []


#: Runs a command and tells each file that Python opens for writing or makes.
WATCHED = """\
import os, sys
out = os.open(os.environ["WRITTEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
makes = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.truncate"}
makes.add("shutil.rmtree")
def hook(event, args):
    writes = event == "open" and (set(str(args[1] or "")) & set("wax+") or (args[2] or 0) & 3)
    below = event in {"os.remove", "os.rmdir"} and args[1] != -1  # in a folder that rmtree told
    if (writes or event in makes) and isinstance(args[0], (str, bytes)) and not below:
        os.write(out, os.path.realpath(os.fsencode(args[0])) + b"\\n")
sys.addaudithook(hook)
from harvester.cli.main import main
main()
"""


def test_nothing_else_is_written(tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("home", "tmp", "work", "mine")}
    for place in places.values():
        place.mkdir()
    (places["work"] / "job.yaml").write_text(HOSTILE_JOB)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(places["home"]),
        "TMPDIR": str(places["tmp"]),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WRITTEN": str(tmp_path / "written"),
    }
    mine = str(places["mine"])
    words = ["run", "job.yaml", "--lake", f"{mine}/lake", "--database", f"{mine}/db/x.duckdb",
             "--log-file", f"{mine}/log"]  # fmt: skip
    with serve(_hostile) as server:
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, *words, "--base-url", server.url],
            cwd=places["work"], env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    others = [*places["tmp"].rglob("*"), *places["work"].rglob("*")]
    assert [path.name for path in others] == ["job.yaml"]
    cache = places["home"] / ".cache/harvester"
    (template,) = cache.iterdir()
    assert template.name.startswith("blank-")
    assert [*places["home"].rglob("*")] == [cache.parent, cache, template]
    assert sorted(path.name for path in places["mine"].iterdir()) == ["db", "lake", "log"]
    assert [path.name for path in (places["mine"] / "db").iterdir()] == ["x.duckdb"]
    written = (tmp_path / "written").read_text().splitlines()
    assert len(written) > 5
    ours = (f"{mine}/", f"{cache.parent}")
    assert [path for path in written if not path.startswith(ours)] == []


def test_neither_home_nor_a_folder_for_temporary_files_is_needed(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(HOSTILE_JOB)
    nowhere = {"HOME": "/dev/null/home", "TMPDIR": "/dev/null/tmp"}
    with serve(_hostile) as server:
        done = harvester(tmp_path, "run", "job.yaml", "--base-url", server.url, **nowhere)
    assert done.returncode == 3, done.stderr
    asked = harvester(tmp_path, "query", "SELECT count(*) AS n FROM genome", **nowhere)
    assert asked.stdout.split()[-1] == "3", asked.stderr


def test_a_terminal_with_bars_is_not_painted_by_an_answer(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(HOSTILE_JOB)
    controller, terminal = pty.openpty()
    with serve(_hostile) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "harvester", "run", "job.yaml", "--base-url", server.url],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "200"},
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        shown = read_all(controller)
        assert process.wait(timeout=30) == 3
    assert "requests/s" in shown
    assert "\\x1b[31mred\\x07" in shown
    # What the bars themselves send moves the cursor and sets other colours.
    assert not re.search("\x1b\\[31mred|\x07|\x1b\\]|\x9b|\u202e", shown)
