"""One writer a lake, whoever dies and whatever happens to the lock file."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from harvester.errors import LakeError, LakeLocked
from harvester.publish import Manifest, write_manifest
from harvester.store.lake import Lake
from harvester.store.lock import _refusal, hold
from tests.crash.child import Step
from tests.crash.lab import Lab, ended
from tests.forked import beside

NOWHERE = "http://127.0.0.1:9/datasets/v2"
ROUNDS = 20
CONTENDERS = 4


def test_the_holder_is_named_and_what_to_do(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    told = (
        rf"another run holds the lake .*: process {os.getpid()} on .* \(started .*\) since .*, "
        "job nightly; wait for it, stop it, or give this job a lake of its own"
    )
    with hold(lake, "nightly"), pytest.raises(LakeLocked, match=told), hold(lake):
        pass


@pytest.mark.crash
def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    assert lab.run(NOWHERE, step=Step("lock taken")) < 0
    left = json.loads((lab.lake / ".lock").read_text())
    assert left["job"] == "crash"
    with hold(Lake(lab.lake)):
        assert json.loads((lab.lake / ".lock").read_text())["pid"] == os.getpid() != left["pid"]


@pytest.mark.parametrize("left", [b"", b"{", b"\0" * 100, b'{"pid": 1}', b"[]", b"\xff"])
def test_what_the_file_says_is_for_people_only(left: bytes, tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = tmp_path / ".lock"
    path.write_bytes(left)
    with hold(lake):
        path.write_bytes(left)
        with pytest.raises(LakeLocked, match="its holder left no name"), hold(lake):
            pass


def contend(folder: Path, barrier: Barrier, winners: Queue[int]) -> None:
    """Tries to hold the lake at the very moment at which others try."""
    for number in range(ROUNDS):
        barrier.wait()
        try:
            with hold(Lake(folder)):
                winners.put(number)
                barrier.wait()
        except LakeLocked:
            barrier.wait()


@pytest.mark.crash
def test_of_those_who_come_at_once_one_wins(tmp_path: Path) -> None:
    barrier, winners = beside.Barrier(CONTENDERS), beside.Queue()
    crowd = [
        beside.Process(target=contend, args=(tmp_path, barrier, winners), daemon=True)
        for _ in range(CONTENDERS)
    ]
    for process in crowd:
        process.start()
    won = sorted(winners.get(timeout=30) for _ in range(ROUNDS))
    assert all(ended(process) for process in crowd)
    assert won == list(range(ROUNDS))
    assert winners.empty()


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns at nearly every instruction."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_a_lock_on_a_file_that_was_deleted_is_none(tmp_path: Path) -> None:
    lake, inside, most = Lake(tmp_path), [], []

    def visit() -> None:
        for _ in range(800):
            try:
                with hold(lake):
                    inside.append(1)
                    most.append(len(inside))
                    (tmp_path / "work").write_text("x" * 100)
                    most.append(len(inside))
                    inside.pop()
                    (tmp_path / ".lock").unlink(missing_ok=True)
            except LakeLocked:
                continue

    with ThreadPoolExecutor(CONTENDERS) as pool:
        for done in [pool.submit(visit) for _ in range(CONTENDERS)]:
            done.result()
    assert set(most) == {1}


def test_who_only_reads_needs_no_lock_and_who_publishes_does(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    write_manifest(Lake(lab.lake), Manifest())
    assert lab.do("publish") == 0, lab.said
    with hold(Lake(lab.lake), "nightly"):
        reading = (
            ("status",),
            ("tables",),
            ("query", "SELECT 1"),
            ("plan", "--offline", "job.yaml"),
        )
        assert [lab.do(*words) for words in reading] == [0, 0, 0, 0]
        for words in (("publish",), lab.run_words(NOWHERE)):
            assert lab.do(*words) == 5
            assert "job nightly; wait for it" in lab.said


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused_in_one_sentence(number: int) -> None:
    refusal = _refusal(OSError(number, os.strerror(number)), Lake("/mnt/x"), "nobody")
    assert isinstance(refusal, LakeError)
    assert "/mnt/x knows no locks" in str(refusal)
    assert "put the lake on a local disk or on NFS 4" in str(refusal)


def test_a_lake_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LakeError, match="cannot use the lake"), hold(Lake(tmp_path / "file/lake")):
        pass
