"""What a power cut leaves of a journal and of the files that it names."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from harvester.catalogue import RESOURCES
from harvester.errors import LakeError
from harvester.model import Job, Query
from harvester.runs import OpenRun, open_run
from harvester.schema import lake_schema, load_schema
from harvester.store.journal import Journal, Record, replay
from harvester.store.lake import Lake
from harvester.store.parts import Part, write_rows
from tests.crash.child import Step
from tests.crash.lab import Lab, night, sandbox

PATH = "_runs/20260101T000000Z-abcd/journal.jsonl"
RECORDS: list[dict[str, Any]] = [
    {"is": "begin", "text": "a\u2028b\r\nc"},
    {"is": "pages", "numbers": [1, 2, 3]},
    {"is": "failed", "reason": "é" * 50},
    {"is": "committed"},
]
JOB = Job("torn", (Query("q", "genome", "taxa", ("562", "9606")),))


def _write(lake: Lake, *records: Record) -> None:
    journal = Journal(lake, PATH)
    for record in records:
        journal.append(record)
    journal.close()


def _whole(lake: Lake) -> tuple[Path, bytes, list[int]]:
    """A journal of all records: its file, its bytes, and where each record ends."""
    _write(lake, *RECORDS)
    path = Path(lake.path(PATH))
    data = path.read_bytes()
    return path, data, [at + 1 for at, byte in enumerate(data) if byte == ord("\n")]


def _taken_up(lake: Lake, kept: int, torn: int) -> None:
    """The facts that are whole stay, the rest is cut off and said, and writing goes on."""
    assert list(replay(lake, PATH)) == RECORDS[:kept]
    with capture_logs() as said:
        _write(lake, {"is": "attempt"})
    warned = [entry["bytes"] for entry in said if entry["log_level"] == "warning"]
    assert warned == ([torn] if torn else [])
    assert list(replay(lake, PATH)) == [*RECORDS[:kept], {"is": "attempt"}]


def test_cut_at_every_byte_the_journal_keeps_what_is_whole(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path, data, ends = _whole(lake)
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        kept = sum(end <= cut for end in ends)
        _taken_up(lake, kept, cut - ([0, *ends][kept]))


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\0", b"\n", b"\n\n", b"garbage", b"\xff\n"])
def test_a_tail_that_nobody_wrote_is_cut_off(tail: bytes, tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path, data, ends = _whole(lake)
    for kept, end in enumerate([0, *ends]):
        path.write_bytes(data[:end] + tail)
        _taken_up(lake, kept, len(tail))


def test_after_zeros_in_its_middle_the_journal_ends(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path, data, ends = _whole(lake)
    path.write_bytes(data[: ends[1]] + b"\0" * (len(data) - ends[1]))
    _taken_up(lake, 2, len(data) - ends[1])


@given(data=st.data())
def test_whatever_is_flipped_facts_are_lost_from_there_on_and_none_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    path, whole, ends = _whole(lake)
    place = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    broken = bytearray(whole)
    broken[place] ^= 1 << bit
    path.write_bytes(broken)
    kept = sum(end <= place for end in ends)
    _taken_up(lake, kept, len(whole) - [0, *ends][kept])


def test_a_record_that_did_not_fit_is_taken_back(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path, data, _ = _whole(lake)
    journal = Journal(lake, PATH)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) + 5, hard))
    try:
        with pytest.raises(LakeError, match="cannot write"):
            journal.append({"is": "attempt"})
        assert path.read_bytes() == data
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.append({"is": "attempt"})
    journal.close()
    assert list(replay(lake, PATH)) == [*RECORDS, {"is": "attempt"}]


# A part that the journal names, and the disk has lost.


def _part(lake: Lake, run: OpenRun, number: int, rows: int = 3) -> Part:
    path = f"_runs/{run.id}/genome-01-{number:05d}.parquet"
    schema = lake_schema(RESOURCES["genome"])
    return write_rows(lake, path, [{"accession": f"{number}-{row}"} for row in range(rows)], schema)


def _page(chain: str, number: int, epoch: int = 0, **more: Any) -> dict[str, Any]:
    note = {"chain": chain, "epoch": epoch, "number": number, "next": "t"}
    return {**note, "received": 3, "rows": 3, **more}


def _note(run: OpenRun, part: Part, *pages: dict[str, Any], **more: Any) -> None:
    named = {"table": "genome", "part": part.path, "rows": part.rows, "size": part.size}
    run.record(**{"is": "pages", **named, "pages": list(pages), **more})


def _open(lake: Lake) -> OpenRun:
    return open_run(lake, JOB, "http://127.0.0.1")


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _zero(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


@pytest.mark.parametrize("damage", [Path.unlink, _cut_short, _zero])
def test_the_pages_of_a_lost_part_are_asked_again_and_no_others(
    damage: Any, tmp_path: Path
) -> None:
    lake = Lake(tmp_path)
    run = _open(lake)
    parts = [_part(lake, run, number) for number in range(3)]
    _note(run, parts[0], _page("q.0", 0), _page("q.1", 0))
    _note(run, parts[1], _page("q.1", 1))
    run.record(**{"is": "restart", "chain": "q.2", "epoch": 1})
    _note(run, parts[2], _page("q.2", 0))
    run.journal.close()
    damage(Path(lake.path(parts[1].path)))
    damage(Path(lake.path(parts[2].path)))
    for _ in range(2):  # what was healed stays healed
        again = _open(lake)
        again.journal.close()
        states = again.ledger.chains
        assert (states["q.0"].epoch, states["q.0"].pages) == (0, 1)
        assert (states["q.1"].epoch, states["q.1"].pages) == (1, 0)
        assert (states["q.2"].epoch, states["q.2"].pages) == (1, 0)
    assert [pq.read_metadata(lake.path(part.path)).num_rows for part in parts] == [3, 0, 0]


def test_lost_quarantine_is_asked_again_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run = _open(lake)
    part = _part(lake, run, 1)
    kept = f"_runs/{run.id}/quarantine-genome-01-00001.parquet"
    write_rows(lake, kept, [{"run_id": run.id}], load_schema("meta/quarantine").arrow())
    _note(run, part, _page("q.0", 0, quarantined=1), quarantine=kept)
    run.journal.close()
    _open(lake).journal.close()
    Path(lake.path(kept)).unlink()
    again = _open(lake)
    again.journal.close()
    assert (again.ledger.chains["q.0"].epoch, again.ledger.chains["q.0"].pages) == (1, 0)


def test_parts_that_the_journal_does_not_name_are_removed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run = _open(lake)
    named, unnamed = _part(lake, run, 1), _part(lake, run, 2)
    _note(run, named, _page("q.0", 0))
    run.journal.close()
    aside = Path(lake.path(f"_runs/{run.id}/.genome-01-00003.parquet.tmp"))
    aside.write_bytes(b"half")
    with capture_logs() as said:
        _open(lake).journal.close()
    left = lake.list(f"_runs/{run.id}")
    assert left == [named.path, f"_runs/{run.id}/journal.jsonl"]
    removed = {entry.get("path") for entry in said if "removed" in entry["event"]}
    assert removed == {unnamed.path, f"_runs/{run.id}/{aside.name}"}


@pytest.mark.crash
def test_a_run_whose_durable_pages_are_lost_ends_as_any_other(tmp_path: Path) -> None:
    with sandbox(night()) as served:
        whole, lab = Lab(tmp_path / "whole"), Lab(tmp_path / "torn")
        whole.complete(served.url)
        assert lab.run(served.url, step=Step("journal written", 1, "traffic")) < 0
        asked = dict(served.stats.by_family)
        annotation, _, genome = sorted(lab.lake.glob("_runs/*/*.parquet"))
        annotation.unlink()
        _cut_short(genome)
        assert lab.run(served.url, step=Step("journal written", 2, "restart")) < 0
        assert lab.said.count("a durable file is gone or cut short") == 2
        assert lab.complete(served.url)["resumed"]
        again = {name: served.stats.by_family[name] - asked[name] for name in asked}
        assert {name: n for name, n in again.items() if n} == {"annotation": 3, "genome": 3}
        assert (lab.state(), lab.figures()) == (whole.state(), whole.figures())
        assert not lab.strays()
