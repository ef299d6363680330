"""A database that cannot be built: the old one stays, the lake has the run, the next one mends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harvester.publish.aside import built_aside
from tests.crash.child import Step, steps_in
from tests.crash.lab import Lab, night, sandbox

#: Room for every file of the lake, and not for the database.
ROOM = 2_000_000


@pytest.mark.crash
def test_a_disk_too_small_for_the_database_costs_nothing_but_time(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    with sandbox(night()) as served:
        lab.complete(served.url)
    old, before = lab.database.read_bytes(), lab.state()
    with sandbox(night(1)) as served:
        words = lab.run_words(served.url)
        assert lab.do(*words, room=ROOM) == 1
        *_, sentence = lab.said.splitlines()
        assert sentence.startswith("harvester: ")
        assert "too large" in sentence
        assert "this is a bug" not in lab.said
        assert lab.database.read_bytes() == old
        assert [run["status"] for run in lab.status()] == ["complete", "complete"]
        # As long as there is no room the lake goes on without its database.
        assert lab.do(*words, room=ROOM, step=Step("run started")) < 0
        assert "the database stays behind the lake" in lab.said
        assert lab.database.read_bytes() == old
        # With room again, the first thing that a run does is to build it.
        assert lab.do(*words, step=Step("run resumed")) < 0
        assert steps_in(tmp_path).index("database replaced") < len(steps_in(tmp_path)) - 1
    assert lab.state() != before
    assert len(lab.figures()) == 2


@pytest.mark.crash
def test_a_place_where_nothing_can_be_built_is_told_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path)
    (tmp_path / "out").touch()
    with sandbox(night()) as served:
        assert lab.run(served.url, "--database", "out/harvest.duckdb") == 2
        assert not served.stats.requests
    assert "harvester: the database out/harvest.duckdb cannot be read: Not a dir" in lab.said


def test_a_build_that_died_before_it_had_its_lock_is_swept_too(tmp_path: Path) -> None:
    dead = tmp_path / ".x.duckdb.0123.building"
    dead.mkdir()
    with built_aside(tmp_path / "x.duckdb") as aside:
        aside.touch()
    assert not dead.exists()


def test_builds_that_begin_in_the_same_moment_do_not_sweep_each_other_away(tmp_path: Path) -> None:
    def build(number: int) -> None:
        with built_aside(tmp_path / "x.duckdb") as aside:
            aside.write_text(str(number))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(build, range(300)))
    assert [path.name for path in tmp_path.iterdir()] == ["x.duckdb"]
