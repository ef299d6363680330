"""A job that calls some columns volatile, on nights that differ in nothing else."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from harvester.model import Query
from harvester.sandbox import SandboxConfig, serve_in_thread
from tests.wire.test_removal import Nights

HUMAN = Query("human", "genome", "accessions", ("GCF_000001405.40",))


def test_what_a_job_ignores_is_no_change(tmp_path: Path) -> None:
    one, other = (SandboxConfig(seed=seed, latency=0.0, rps=0) for seed in (1, 2))
    with serve_in_thread(one) as first, serve_in_thread(other) as second:
        Nights(tmp_path, first).run("", HUMAN)
        nights = Nights(tmp_path, second)
        assert nights.run("", HUMAN).tables["genome"].changed == 1
        (columns,) = nights.ask("SELECT columns FROM meta.changes WHERE change = 'changed'")
        versions = nights.ask("SELECT _run_id, _fetched_at FROM genome")
        quiet = replace(HUMAN, ignore_changes=tuple(columns))
        summary = Nights(tmp_path, first).run("", quiet)
    assert summary.tables["genome"].changed == 0
    assert nights.changes(summary) == {}
    assert nights.ask("SELECT _run_id, _fetched_at FROM genome") == versions
    ids = "SELECT count(DISTINCT job_digest) FROM meta.runs"
    assert nights.ask(ids) == [1]
