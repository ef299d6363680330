"""An ingest that is killed leaves nothing that counts, and takes nothing from a run that waits."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.crash.child import STEPS, Step
from tests.crash.lab import Lab, night, sandbox
from tests.wire.packages import ndjson

pytestmark = pytest.mark.crash

RECORDS = [{"accession": f"GCF_{n:09}.1", "assembly_info": {"synonym": str(n)}} for n in range(500)]
BEFORE_THE_COMMIT = [
    Step("journal written", 1, "begin"),
    Step("page kept", signal=signal.SIGTERM),
    Step("file adopted"),
    Step("file aside", 1, "manifest.json"),
]
WORDS = ("ingest", "genome", "genome.jsonl", *STEPS)


def test_a_killed_ingest_starts_over_and_a_run_that_waits_goes_on(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    (tmp_path / "genome.jsonl").write_bytes(ndjson(RECORDS))
    with sandbox(night()) as served:
        assert lab.run(served.url, step=Step("part closed", 2)) == -signal.SIGKILL
        (waiting,) = lab.status()
        kept = _files_of(lab, waiting["run_id"])
        assert len(kept) > 1
        for step in BEFORE_THE_COMMIT:
            over = 143 if step.signal == signal.SIGTERM else -signal.SIGKILL
            assert lab.do(*WORDS, step=step) == over, lab.said
            assert "Traceback" not in lab.said
            assert lab.status() == [waiting]
            assert lab.state() is None
        assert lab.do(*WORDS, "--json") == 0, lab.said
        summary = json.loads((tmp_path / "out.txt").read_text())
        assert summary["tables"]["genome"]["added"] == len(RECORDS)
        assert _files_of(lab, waiting["run_id"]) == kept
        assert lab.strays() == kept
        assert lab.complete(served.url)["resumed"]
    assert lab.strays() == set()
    assert lab.ask("SELECT count(*) FROM genome SEMI JOIN meta.changes ON accession = key")[0][
        0
    ] > (len(RECORDS))


def test_after_its_commit_a_killed_ingest_is_in_the_lake_and_again_changes_nothing(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path)
    (tmp_path / "genome.jsonl").write_bytes(ndjson(RECORDS))
    assert lab.do(*WORDS, step=Step("manifest written")) == -signal.SIGKILL
    assert [run["status"] for run in lab.status()] == ["complete"]
    assert lab.do(*WORDS) == 0
    assert lab.ask("SELECT change, count(*) FROM meta.changes GROUP BY ALL") == [("added", 500)]
    assert lab.strays() == set()


def _files_of(lab: Lab, run_id: str) -> set[str]:
    folder = lab.lake / "_runs" / run_id
    return {path.relative_to(lab.lake).as_posix() for path in folder.rglob("*") if path.is_file()}
