"""Lakes whose runs are killed at random moments, again and again, held against an unharmed one."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.crash.child import steps_in
from tests.crash.lab import TABLES, Lab, State, ended

__all__ = [
    "FAULTS",
    "SAME",
    "Kill",
    "Report",
    "Unharmed",
    "kill_somewhere",
    "killed_lakes",
    "unharmed",
]

#: What any number of runs must leave as one run does.
SAME = (*TABLES, *(f"{table}_history" for table in TABLES), "meta.changes")
#: How often a run is asked to end before it is killed.
_POLITE = 0.25
#: A page whose token went stale now and then: its chain starts over.
FAULTS = "stale-token:0.03"


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a run was when SIGKILL came."""

    seed: int
    last_step: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one lake."""

    seed: int
    kills: tuple[Kill, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unharmed:
    """What an undisturbed run leaves, and how long it takes."""

    state: State
    seconds: float


def unharmed(folder: Path, url: str) -> Unharmed:
    """One run that nobody disturbs."""
    lab = Lab(folder)
    began = time.monotonic()
    lab.complete(url)
    seconds = time.monotonic() - began
    state = lab.state(SAME)
    assert state is not None
    return Unharmed(state, seconds)


def killed_lakes(
    folder: Path, url: str, whole: Unharmed, seeds: range, kills: int
) -> Iterator[Report]:
    """A lake for each seed, whose runs are killed so many times; two lakes at a time."""

    def one(seed: int) -> Report:
        return _killed(Lab(folder / f"{seed}"), url, whole, seed, kills)

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(one, seeds)


def _killed(lab: Lab, url: str, whole: Unharmed, seed: int, kills: int) -> Report:
    chance = random.Random(seed)
    done: list[Kill] = []
    faults: list[str] = []
    while len(done) < kills:
        if kill_somewhere(lab, lab.run_words(url), chance, whole.seconds) == -signal.SIGKILL:
            done.append(Kill(seed, _last_step(lab)))
        if lab.state(SAME) not in (None, whole.state):
            faults.append(f"after {_last_step(lab)!r} readers see a table that no run left")
    lab.complete(url)
    return Report(seed, tuple(done), (*faults, *_faults(lab, whole)))


def kill_somewhere(lab: Lab, words: Sequence[str], chance: random.Random, longest: float) -> int:
    """A command that is killed at a random moment, now and then asked to end first; its status."""
    process = lab.start(*words)
    over = ended(process, chance.uniform(0, longest))
    if not over and chance.random() < _POLITE:
        process.terminate()
        over = ended(process, chance.uniform(0, longest / 4))
    if not over:
        process.kill()
        assert ended(process)
    assert process.exitcode is not None
    return process.exitcode


def _last_step(lab: Lab) -> str:
    steps = steps_in(lab.folder)
    return steps[-1] if steps else "start"


def _faults(lab: Lab, whole: Unharmed) -> Iterator[str]:
    """What is not as it should be; nothing when all is well."""
    state = lab.state(SAME)
    assert state is not None
    for name, expected in whole.state.items():
        if state[name] != expected:
            yield f"{name} has {state[name][0]} rows, or others, in place of {expected[0]}"
    for table, key in (("runs", "run_id"), ("queries", "run_id, query_id")):
        twice = f"SELECT 1 FROM meta.{table} GROUP BY {key} HAVING count(*) > 1"
        if lab.ask(twice):
            yield f"meta.{table} has rows twice"
    counted = "SELECT count(*) FROM meta.items GROUP BY run_id"
    if {count for (count,) in lab.ask(counted)} != {7}:
        yield "meta.items has other rows than one for each identifier of each run"
    if strays := lab.strays():
        yield f"left behind: {sorted(strays)}"
