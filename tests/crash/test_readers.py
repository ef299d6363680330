"""Readers of the database while ten runs replace it: never an error, never half a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.crash.lab import Lab, State, ended, night, sandbox
from tests.crash.readers import SEEN, keep_open, poll
from tests.forked import beside

NIGHTS = 10


@contextmanager
def _readers(lab: Lab) -> Iterator[dict[str, Path]]:
    """Two readers, for as long as the block takes; what they see goes into files."""
    stop = beside.Event()
    seen = {read.__name__: lab.folder / f"{read.__name__}.jsonl" for read in (poll, keep_open)}
    readers = [
        beside.Process(target=read, args=(lab.database, stop, seen[read.__name__]), daemon=True)
        for read in (poll, keep_open)
    ]
    for reader in readers:
        reader.start()
    try:
        yield seen
    finally:
        stop.set()
        assert all(ended(reader) for reader in readers)
    assert [reader.exitcode for reader in readers] == [0, 0]


def _seen(file: Path) -> list[State]:
    """The states that a reader saw, one after the other; none may contradict itself."""
    looks: list[dict[str, Any]] = [json.loads(line) for line in file.read_text().splitlines()]
    assert [fault for look in looks for fault in look["faults"]] == []
    return [{name: (told[0], told[1]) for name, told in look["state"].items()} for look in looks]


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_each_state_that_readers_see_is_that_after_a_whole_run(tmp_path: Path) -> None:
    lab, states = Lab(tmp_path), []
    with _readers(lab) as seen:
        for number in range(NIGHTS):
            with sandbox(night(number, pages=1)) as served:
                lab.complete(served.url, "--accept-removals")
            states.append(lab.state(SEEN))
    polled, kept = _seen(seen["poll"]), _seen(seen["keep_open"])
    places = [states.index(state) for state in polled]
    assert places == sorted(places)
    assert len(set(places)) > NIGHTS // 2
    assert len(states) == len({repr(state) for state in states})
    assert {states.index(state) for state in kept} == {states.index(kept[0])}
    assert len(kept) > 3
