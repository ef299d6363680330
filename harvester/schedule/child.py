"""One run as a process of its own: started, stopped by a signal, and told by its summary."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from harvester.hooks import call_hooks, failure
from harvester.model import Job

__all__ = ["PROGRAM", "Child", "Ended"]

#: The program itself; what follows are the options of this run, and the job.
PROGRAM = (sys.executable, "-m", "harvester", "run", "--json", "--no-progress")
_BUG, _USAGE, _LOCKED, _SIGNALLED = 1, 2, 5, 128
_STOPPED = {-signal.SIGTERM, *(_SIGNALLED + number for number in (signal.SIGINT, signal.SIGTERM))}


class Ended(Struct, frozen=True):
    """How a run ended: its exit status, negative where a signal killed it, and its summary.

    `status` is that of the summary; without one `locked` where another run holds the lake,
    `interrupted` where it was asked to end; `error` for all else, a database that is behind too.
    """

    code: int
    summary: dict[str, Any] | None = None

    @property
    def good(self) -> bool:
        """Whether all of the job was harvested."""
        return self.code == 0 and self.summary is not None

    @property
    def status(self) -> str:
        """One word of few."""
        if self.summary is not None and self.code != _BUG:
            return str(self.summary["status"])
        if self.code in _STOPPED:
            return "interrupted"
        return "locked" if self.code == _LOCKED else "error"

    @property
    def cut_short(self) -> bool:
        """Whether somebody or something ended it: it can go on."""
        return self.code < 0 or self.status == "interrupted"

    @property
    def mute(self) -> str:
        """Why the run could not tell its job's hooks that it failed; nothing where it could."""
        if self.summary is not None or self.status != "error":
            return ""
        if self.code < 0:
            return f"the run was killed by signal {-self.code}"
        return "the job or a setting is wrong: the log says what" if self.code == _USAGE else ""


class Child:
    """Runs jobs, each in a process; whoever calls it sees to it that they do not meet."""

    def __init__(self, command: Callable[[Job], Sequence[str]]) -> None:
        self._command = command
        self._alive: set[Process] = set()
        self._stopping = False

    async def __call__(self, job: Job) -> Ended:
        """Runs a job to its end; where the run cannot tell the job's hooks of a failure, we do."""
        ended = await self._run(self._command(job))
        if ended.mute:
            await call_hooks(job.hooks, ["on_failure"], failure(job, ended.mute))
        return ended

    async def _run(self, command: Sequence[str]) -> Ended:
        """In a process group of its own, so that Ctrl-C comes from us alone, and once."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, process_group=0
        )
        self._alive.add(process)
        try:
            if self._stopping:
                process.terminate()
            told, _ = await process.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise
        finally:
            self._alive.discard(process)
        return Ended(process.returncode or 0, _summary(told))

    def stop(self) -> None:
        """Asks all runs to end: the first time they drain, the second time they end at once."""
        self._stopping = True
        for process in self._alive:
            with suppress(ProcessLookupError):
                process.terminate()


def _summary(told: bytes) -> dict[str, Any] | None:
    """The document that `run --json` prints, if it came to that."""
    try:
        document = json.loads(told)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "status" in document else None
