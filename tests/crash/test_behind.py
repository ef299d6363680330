"""A disk with room for the lake and none for the database: the run is told all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.sandbox import Served
from tests.crash.lab import JOB, Lab, night, sandbox

HOOKS = (
    "hooks: {on_change: [touch, changed], on_failure: [touch, failed], on_success: [touch, good]}\n"
)
#: Files of the lake are smaller, the database is not.
ROOM = 700_000


@pytest.fixture
def served() -> Iterator[Served]:
    with sandbox(night()) as one:
        yield one


def test_a_run_whose_database_cannot_be_built_tells_what_it_brought(
    served: Served, tmp_path: Path
) -> None:
    lab = Lab(tmp_path, JOB + HOOKS)
    assert lab.do(*lab.run_words(served.url, "--json"), room=ROOM) == 1
    summary = json.loads((tmp_path / "out.txt").read_text())
    assert summary["status"] == "complete"
    assert summary["tables"]["genome"]["added"] > 0
    assert f"what run {summary['run_id']} brought is in the lake data/lake, but" in lab.said
    assert "this is a bug" not in lab.said
    assert not lab.database.exists()
    assert not lab.strays(), "the run is over and leaves no journal"
    assert {path.name for path in tmp_path.iterdir()} >= {"changed", "failed"}
    assert not (tmp_path / "good").exists()
    assert lab.do("publish") == 0
    rows = summary["tables"]["genome"]["rows"]
    assert lab.ask("SELECT count(*) FROM genome") == [(rows,)]
    assert not lab.strays()


def test_so_does_an_ingest(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    (tmp_path / "genes.jsonl").write_text('{"gene": {"gene_id": "672", "symbol": "BRCA1"}}\n{\n')
    assert lab.do("ingest", "gene", "genes.jsonl", room=ROOM) == 1
    assert (tmp_path / "out.txt").read_text().startswith("ingest: complete; 2 records")
    assert "quarantined: genes.jsonl: 1 line: " in lab.said
    assert "but not in the database data/harvest.duckdb: " in lab.said
