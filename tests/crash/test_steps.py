"""Runs that are killed at each named step, and what the next one makes of it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harvester.publish import MANIFEST
from harvester.sandbox import Served
from tests.crash.child import Step, steps_in
from tests.crash.lab import JOB, Lab, State, night, sandbox

pytestmark = pytest.mark.crash

Steps = tuple[Step, ...]

PUBLISH = ("publish", "--log-format", "json", "--log-level", "debug")
DRAIN = Step("page kept", 1, signal=signal.SIGTERM)
#: Each line is one lake: its run is stopped at these steps, one after the other, and then ends.
BEFORE_THE_COMMIT: list[Steps] = [
    (
        Step("lock taken"),
        Step("journal written", 1, "begin"),
        Step("journal written", 1, "attempt"),
        Step("page kept"),
    ),
    (Step("page kept", 6), Step("file aside", 2, "_runs/"), Step("part closed")),
    (Step("journal written", 1, "pages"), Step("file written"), Step("part closed")),
    (Step("journal written", 3, "pages"), Step("file adopted"), Step("file aside", 1, "_members/")),
    (Step("file adopted", 3), Step("file aside", 1, "_seen/"), Step("file written", 2, "_meta/")),
    (DRAIN, Step("journal written", 1, "traffic"), Step("file aside", 1, "manifest.json")),
]
AFTER_THE_COMMIT: list[Steps] = [
    (Step("manifest written"), Step("build began"), Step("database built")),
    (Step("journal written", 1, "committed"), Step("database checked"), Step("database replaced")),
    (Step("file deleted"), Step("file deleted", 1, "journal")),
    (Step("database replaced"), Step("run swept")),
]
#: What is done beside the rest, before the commit or after it.
BESIDE: list[Steps] = [(Step("rows loaded ahead"),), (Step("rows loaded ahead", 3),)]
OF_ANOTHER_NIGHT: list[Steps] = [
    (Step("journal written", 2, "pages"), Step("file written", 1, "_ended/genome")),
    (Step("file adopted", 2), Step("file aside", 1, "manifest.json")),
    (Step("manifest written"), Step("database built")),
]


@dataclass(frozen=True)
class Whole:
    """What a run that nobody disturbs leaves; `before` is what the database held before it."""

    url: str
    state: State
    figures: list[Any]
    before: State | None = None


#: A person or a scheduler ends it where no page is under way any more.
ENDED: list[Steps] = [
    (
        Step("file adopted", 1, signal=signal.SIGINT),
        Step("file aside", 1, "_meta/", signal=signal.SIGTERM),
        Step("file aside", 1, "manifest.json", signal=signal.SIGINT),
    ),
    (
        Step("run started", signal=signal.SIGTERM, unheard=True),
        Step("file adopted", 2, signal=signal.SIGINT, unheard=True),
    ),
    (Step("build began", signal=signal.SIGTERM),),
    (Step("database checked", signal=signal.SIGINT), Step("build began", signal=signal.SIGINT)),
]


def _name(steps: Steps) -> str:
    return ", ".join(map(str, steps))


def _undisturbed(lab: Lab, url: str, before: State | None = None) -> Whole:
    lab.complete(url, "--accept-removals")
    state = lab.state()
    assert state is not None
    assert not lab.strays()
    return Whole(url, state, lab.figures(), before)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with sandbox(night(faults="unknown-field")) as one:
        yield one


@pytest.fixture(scope="module")
def first(served: Served, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Whole]:
    lab = Lab(tmp_path_factory.mktemp("whole"))
    return lab, _undisturbed(lab, served.url)


@pytest.fixture(scope="module")
def second(first: tuple[Lab, Whole], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """The second night of the lake of the first one."""
    lab = _copy(first[0], tmp_path_factory.mktemp("second"))
    with sandbox(night(2)) as other:
        whole = _undisturbed(lab, other.url, first[1].state)
        kinds = {kind for (kind,) in lab.ask("SELECT DISTINCT change FROM meta.changes")}
        assert kinds == {"added", "changed", "removed"}
        yield whole


def _copy(lab: Lab, folder: Path) -> Lab:
    shutil.copytree(lab.folder, folder, dirs_exist_ok=True)
    return Lab(folder)


def _all(cases: Sequence[Steps], work: Callable[[Steps], None]) -> list[str]:
    """Does the work for each case, two at a time; gives what went wrong."""
    with ThreadPoolExecutor(2) as pool:
        begun = {_name(case): pool.submit(work, case) for case in cases}
    return [f"{name}: {done.exception()!r}" for name, done in begun.items() if done.exception()]


def _break(lab: Lab, words: Sequence[str], step: Step, allowed: Sequence[State | None]) -> None:
    """Stops a command at a step; what readers see then is whole, and `status` knows the run."""
    assert lab.do(*words, step=step) == _ended_by(step), f"{step} was not met"
    assert lab.state() in allowed, f"after {step}"
    runs = lab.status()
    assert len(runs) == len({run["run_id"] for run in runs})


def _is_whole(lab: Lab, whole: Whole) -> None:
    """Nothing tells this lake from one whose run nobody disturbed."""
    assert lab.figures() == whole.figures
    assert lab.state() == whole.state
    assert not lab.strays()


def _ended_by(step: Step) -> int:
    return -step.signal if step.signal == signal.SIGKILL else 128 + step.signal


@pytest.mark.timeout(240)
def test_killed_before_its_commit_a_run_goes_on(
    served: Served, first: tuple[Lab, Whole], tmp_path: Path
) -> None:
    whole = first[1]

    def work(steps: Steps) -> None:
        lab = Lab(tmp_path / _name(steps).replace("/", ""))
        for step in steps:
            _break(lab, lab.run_words(served.url), step, [None])
        begun = [run["run_id"] for run in lab.status()]
        summary = lab.complete(served.url)
        assert [summary["run_id"]] == begun
        assert summary["resumed"]
        _is_whole(lab, whole)

    assert _all(BEFORE_THE_COMMIT, work) == []


@pytest.mark.timeout(240)
def test_killed_after_its_commit_a_run_is_published_by_the_next_command(
    served: Served, first: tuple[Lab, Whole], tmp_path: Path
) -> None:
    whole = first[1]

    def work(steps: Steps) -> None:
        lab = Lab(tmp_path / _name(steps))
        _break(lab, lab.run_words(served.url), steps[0], [None, whole.state])
        assert [run["status"] for run in lab.status()] == ["complete"]
        for step in steps[1:]:
            _break(lab, PUBLISH, step, [None, whole.state])
        assert lab.do("publish") == 0, lab.said
        _is_whole(lab, whole)

    assert _all(AFTER_THE_COMMIT, work) == []


@pytest.mark.timeout(240)
def test_ended_while_it_publishes_a_run_has_not_failed(
    served: Served, first: tuple[Lab, Whole], tmp_path: Path
) -> None:
    whole = first[1]
    job = f"{JOB}hooks: {{on_failure: [touch, failed], on_success: [touch, done]}}\n"

    def work(steps: Steps) -> None:
        lab = Lab(tmp_path / _name(steps).replace("/", ""), job)
        for step in steps:
            words = PUBLISH if (lab.lake / MANIFEST).exists() else lab.run_words(served.url)
            _break(lab, words, step, [None, whole.state])
            assert "this is a bug" not in lab.said
            if step.name == "run started":
                assert "page kept" not in steps_in(lab.folder), "nothing is asked after that"
            assert not {"failed", "done"} & {path.name for path in lab.folder.iterdir()}
        if lab.status()[-1]["status"] == "interrupted":
            assert lab.complete(served.url)["resumed"]
        else:
            assert lab.do("publish") == 0, lab.said
        _is_whole(lab, whole)

    assert _all(ENDED, work) == []


def test_killed_while_rows_are_loaded_ahead_a_run_is_as_it_was(
    served: Served, first: tuple[Lab, Whole], tmp_path: Path
) -> None:
    whole = first[1]

    def work(steps: Steps) -> None:
        lab = Lab(tmp_path / _name(steps))
        _break(lab, lab.run_words(served.url), steps[0], [None, whole.state])
        if lab.status()[-1]["status"] == "interrupted":
            lab.complete(served.url)
        else:
            assert lab.do("publish") == 0, lab.said
        _is_whole(lab, whole)

    assert _all(BESIDE, work) == []


@pytest.mark.timeout(240)
def test_killed_on_another_night_the_past_is_as_if_nothing_had_happened(
    first: tuple[Lab, Whole], second: Whole, tmp_path: Path
) -> None:
    def work(steps: Steps) -> None:
        lab = _copy(first[0], tmp_path / _name(steps).replace("/", ""))
        words = lab.run_words(second.url, "--accept-removals")
        for step in steps:
            _break(lab, words, step, [second.before, second.state])
        if lab.status()[-1]["status"] == "interrupted":
            lab.complete(second.url, "--accept-removals")
            assert not lab.strays()
        else:  # the next run mends the database before it asks for anything
            _break(lab, words, Step("run started"), [second.state])
        assert lab.figures() == second.figures
        assert lab.state() == second.state

    assert _all(OF_ANOTHER_NIGHT, work) == []


def test_no_step_of_a_run_is_left_out(first: tuple[Lab, Whole]) -> None:
    every = BEFORE_THE_COMMIT + AFTER_THE_COMMIT + BESIDE
    stopped_at = {step.name for steps in every for step in steps}
    assert set(steps_in(first[0].folder, "debug")) == stopped_at
