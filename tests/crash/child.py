"""One process of the harvester, whole, that a signal meets at a named step of its work.

The steps are the events of `--log-level debug`. They pass through stderr, and whoever reads them
there does so in the thread that takes the step: when the signal is SIGKILL, nothing comes after.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harvester.cli.main import main

__all__ = ["STEPS", "Step", "steps_in", "work"]

#: With these words a run tells its steps.
STEPS = ("--log-format", "json", "--log-level", "debug", "--no-progress")


@dataclass(frozen=True)
class Step:
    """The n-th event of a name; `detail` stands somewhere in it.

    A signal that comes `unheard` does so while Python tidies up, where what is raised goes nowhere.
    """

    name: str
    number: int = 1
    detail: str = ""
    signal: signal.Signals = signal.SIGKILL
    unheard: bool = False

    def __str__(self) -> str:
        words = (self.signal.name.removeprefix("SIG"), self.name, self.detail, f"#{self.number}")
        return " ".join(filter(None, words))


def _ring(number: int) -> None:
    os.kill(os.getpid(), number)


class _Bell:
    """Rings when it is tidied away, which is at once."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __del__(self) -> None:
        _ring(self._number)


class _Reader(io.TextIOBase):
    """Reads each line on its way to stderr."""

    def __init__(self, step: Step | None) -> None:
        self._step = step
        self._met = 0

    def write(self, text: str) -> int:
        """Passes a line on at once, and counts it."""
        os.write(2, text.encode())
        if self._step is not None and _is(self._step, text):
            self._met += 1
            if self._met == self._step.number:
                _Bell(self._step.signal) if self._step.unheard else _ring(self._step.signal)
        return len(text)


def work(folder: Path, words: Sequence[str], step: Step | None, room: int = 0) -> None:
    """Does what `harvester WORDS` does; `out.txt` and `err.txt` hold what it said.

    With `room` no file may grow beyond so many bytes, as on a disk that is nearly full.
    """
    os.chdir(folder)
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    for number, name in ((1, "out.txt"), (2, "err.txt")):
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    sys.stderr = _Reader(step)
    sys.argv = ["harvester", *words]
    main()


def steps_in(folder: Path, level: str = "") -> list[str]:
    """The names of the steps that the last process took; of one level, if that is given."""
    lines = (folder / "err.txt").read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return [event["event"] for event in events if level in {"", event["level"]}]


def _is(step: Step, text: str) -> bool:
    if not text.startswith("{") or step.detail not in text:
        return False
    return bool(json.loads(text)["event"] == step.name)
