"""What lies where the database is to be: replaced only where it is the harvester's."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from harvester.errors import SpecError
from harvester.publish import build_database, claim
from harvester.publish.claim import MARKS
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.schema import load_schema
from tests.publish.place import Place
from tests.wire.runs import harvester

JOB = "name: job\nharvest: [{resource: gene, ids: [672]}]\n"


def _text(file: Path) -> None:
    file.write_text("what I noted in ten years")


def _folder(file: Path) -> None:
    file.mkdir()


def _own_tables(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA meta; CREATE VIEW meta.mine AS SELECT 1 AS one")


def _macro(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE MACRO twice(n) AS 2 * n")


def _log_alone(file: Path) -> None:
    """As another process leaves it while it works: what it wrote lies in the log beside it."""
    other = file.with_name("other.duckdb")
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
        for suffix in ("", ".wal"):
            (file.with_name(file.name + suffix)).write_bytes(
                (other.with_name(other.name + suffix)).read_bytes()
            )
    assert file.stat().st_size == 3 * 4096


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _below(file: Path) -> None:
    file.parent.rmdir()
    file.parent.touch()


REFUSED = {
    "no database": (_text, "is no database, and is not replaced by one: move it away"),
    "a folder": (_folder, "is no file"),
    "a pipe": (_pipe, "is no file"),
    "below a file": (_below, "cannot be read: Not a directory"),
    "somebody's": (_own_tables, "is a database that is not the harvester's"),
    "only a macro": (_macro, "is a database that is not the harvester's"),
    "not yet in it": (_log_alone, "is a database that is not the harvester's"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_ours_stays(case: str, tmp_path: Path) -> None:
    make, said = REFUSED[case]
    target = tmp_path / "out" / "x.duckdb"
    target.parent.mkdir()
    make(target)
    held = target.read_bytes() if target.is_file() else b""
    with pytest.raises(SpecError, match=said):
        claim(target)
    (tmp_path / "genes.jsonl").write_text('{"gene": {"gene_id": "672"}}\n')
    (tmp_path / "job.yaml").write_text(JOB)
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        run = ("run", "job.yaml", "--base-url", served.url)
        refused: list[tuple[str, ...]] = [
            (*run, "--database", str(target)),
            ("publish", "--database", str(target)),
        ]
        ingest: tuple[str, ...] = ("ingest", "gene", "genes.jsonl", "--database", str(target))
        for words in (ingest, refused[0]):
            done = harvester(tmp_path, *words)
            assert (done.returncode, done.stdout) == (2, ""), done.stderr
            assert said in done.stderr
        assert not served.stats.requests, "nothing is asked before"
        assert not (tmp_path / "data/lake/manifest.json").exists(), "nothing is loaded either"
        assert harvester(tmp_path, *run).returncode == 0
        for words in refused:
            done = harvester(tmp_path, *words)
            assert (done.returncode, said in done.stderr) == (2, True)
    assert not target.is_file() or target.read_bytes() == held


def test_a_description_that_tells_our_files_from_others_is_still_given() -> None:
    """Who words one anew adds that to the marks, and keeps those of older releases."""
    tables = ("runs", "queries", "changes", "messages", "quarantine")
    said = [load_schema(f"meta/{table}").doc.encode() for table in tables]
    assert all(doc.startswith(MARKS) for doc in said)


def _nothing(file: Path) -> None:
    assert not file.exists()


def _empty(file: Path) -> None:
    file.touch()


def _no_table(file: Path) -> None:
    duckdb.connect(str(file)).close()


def _linked(file: Path) -> None:
    _no_table(file.with_name("there.duckdb"))
    file.symlink_to(file.with_name("there.duckdb"))


@pytest.mark.parametrize("make", [_nothing, _empty, _no_table, _linked])
def test_where_nothing_is_lost_the_database_is_built(make: object, place: Place) -> None:
    assert callable(make)
    make(place.file)
    claim(place.file)
    build_database(place.lake, place.manifest, place.file)
    claim(place.file)
    build_database(place.lake, place.manifest, place.file, register="views")
    claim(place.file)
    with place.file.open("r+b") as opened:
        opened.write(b"\xff" * 8)  # what the disk has damaged nobody can open
    claim(place.file)
