"""A compaction that is killed at each of its steps: nothing changes, and the next one ends."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harvester.publish import is_current, read_manifest
from harvester.store.lake import Lake
from tests.crash.child import Step, steps_in
from tests.crash.lab import TABLES, Lab, State, night, sandbox

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]

WORDS = ("compact", "--grace", "0s", "--log-format", "json", "--log-level", "debug")
#: One lake is compacted again and again, and killed at these steps, one after the other.
BEFORE_THE_COMMIT = (
    Step("lock taken"),
    Step("file aside", 1, "rows.arrow"),
    Step("file written", 1, "genome/"),
    Step("files folded", 3),
    Step("file aside", 1, "manifest.json"),
)
AFTER_THE_COMMIT = (
    Step("manifest written"),
    Step("build began"),
    Step("database checked"),
    Step("database built"),
    Step("database replaced"),
    Step("file aside", 1, "manifest.json"),
    Step("manifest written"),
    Step("file deleted", 2),
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, State]:
    """Two nights with rows that came, changed and went."""
    lab = Lab(tmp_path_factory.mktemp("nights"))
    for number in (0, 2):
        with sandbox(night(number)) as served:
            lab.complete(served.url, "--accept-removals")
    state = lab.state()
    assert state is not None
    return lab, state


def _copy(lab: Lab, folder: Path) -> Lab:
    shutil.copytree(lab.folder, folder)
    return Lab(folder)


def _rows(lab: Lab) -> dict[str, list[str]]:
    """Every version of every row, as the lake's files hold it."""
    place = Lake(lab.lake)
    return {
        table: sorted(
            repr(row)
            for file in read_manifest(place).table(table).data
            for row in pq.ParquetFile(place.path(file.path)).read().to_pylist()
        )
        for table in TABLES
    }


def test_each_value_of_each_version_stays_as_it_is(lake: tuple[Lab, State], tmp_path: Path) -> None:
    lab = _copy(lake[0], tmp_path / "lab")
    before = _rows(lab)
    assert lab.do(*WORDS) == 0, lab.said
    stopped_at = {step.name for step in (*BEFORE_THE_COMMIT, *AFTER_THE_COMMIT)}
    assert set(steps_in(lab.folder, "debug")) == stopped_at
    assert _rows(lab) == before
    assert lab.state() == lake[1]
    assert lab.strays() == set()
    assert all(len(read_manifest(Lake(lab.lake)).table(table).data) == 1 for table in TABLES)


def test_killed_at_any_step_nothing_is_lost(lake: tuple[Lab, State], tmp_path: Path) -> None:
    def work(register: str, steps: Sequence[Step]) -> None:
        lab = _copy(lake[0], tmp_path / register)
        assert lab.do("publish", "--register", register) == 0, lab.said
        for step in steps:
            assert lab.do(*WORDS, step=step) == -signal.SIGKILL, f"{step} was not met"
            assert lab.state() == lake[1], f"after {step}"
        assert lab.do(*WORDS) == 0, lab.said
        assert lab.state() == lake[1]
        # What a killed build left beside the database goes with the next build.
        assert lab.do("publish") == 0, lab.said
        assert lab.strays() == set()

    every = (*BEFORE_THE_COMMIT, *AFTER_THE_COMMIT)
    with ThreadPoolExecutor(2) as pool:
        done = pool.map(work, ("tables", "views"), (AFTER_THE_COMMIT[:1], every))
        assert list(done) == [None, None]


def test_a_run_goes_on_where_a_killed_compaction_was(
    lake: tuple[Lab, State], tmp_path: Path
) -> None:
    lab = _copy(lake[0], tmp_path / "lab")
    assert lab.do("publish", "--register", "views") == 0, lab.said
    assert lab.do(*WORDS, step=Step("manifest written")) == -signal.SIGKILL
    with sandbox(night(2)) as served:
        assert lab.run(served.url, step=Step("run started")) == -signal.SIGKILL
    # Its database stands on the new files, and nobody's old ones are gone.
    place = Lake(lab.lake)
    manifest = read_manifest(place)
    assert is_current(lab.database, place, manifest)
    assert lab.state() == lake[1]
    retired = {file.path for file in manifest.retired}
    assert lab.strays() > retired != set()
    assert lab.do(*WORDS) == 0, lab.said
    assert lab.strays().isdisjoint(retired)
