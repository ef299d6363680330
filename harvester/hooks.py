"""Hooks: a job's own commands, told on their standard input how a run ended. There is no shell."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from harvester.errors import LakeLocked, SpecError
from harvester.model import Hooks, Job
from harvester.settings import environment, key_mask
from harvester.summary import DatabaseBehind
from harvester.telemetry import get_logger

__all__ = ["call_hooks", "failure", "hooks_after", "hooks_after_error"]

_log = get_logger(__name__)

#: Nobody but the harvester needs them.
_SECRET = frozenset({"NCBI_API_KEY", "NCBI_API_KEY_FILE"})
#: So much of the end of what a hook said is told when it fails.
_TOLD = 2000
_PIECE = 65536
#: Seconds in which a killed process is gone.
_GONE = 5.0


def hooks_after(job: Job, summary: Mapping[str, Any], *, good: bool) -> None:
    """Runs what the job wants to be run after a run with this summary."""
    names = ["on_change"] if _changed(summary) else []
    asyncio.run(call_hooks(job.hooks, [*names, "on_success" if good else "on_failure"], summary))


def hooks_after_error(job: Job, error: Exception) -> None:
    """The same where a run broke off; where it could not even begin nothing has failed."""
    if isinstance(error, DatabaseBehind):
        hooks_after(job, error.summary.document(), good=False)
    elif not isinstance(error, LakeLocked | SpecError):
        asyncio.run(call_hooks(job.hooks, ["on_failure"], failure(job, str(error))))


def failure(job: Job, reason: str) -> dict[str, Any]:
    """What a hook is told of a run that left no summary."""
    failed = [{"resource": "", "query": "", "reason": reason}]
    return {"run_id": "", "job": job.name, "status": "failed", "failed": failed}


async def call_hooks(hooks: Hooks, names: Iterable[str], summary: Mapping[str, Any]) -> None:
    """Runs the commands of these names one after the other; what goes wrong is logged, no more."""
    text = json.dumps(summary, ensure_ascii=False) + "\n"
    document = key_mask(environment()).text(text).encode("utf-8", "backslashreplace")
    for name in names:
        command: tuple[str, ...] = getattr(hooks, name)
        if command:
            with structlog.contextvars.bound_contextvars(hook=name, command=command[0]):
                await _call(command, document, hooks.timeout)


def _changed(summary: Mapping[str, Any]) -> bool:
    tables = summary.get("tables", {}).values()
    return any(figures[what] for figures in tables for what in ("added", "changed", "removed"))


async def _call(command: tuple[str, ...], document: bytes, seconds: float) -> None:
    """One command, in a session of its own, so that it can be ended with all that it started."""
    kept = {name: value for name, value in environment().items() if name not in _SECRET}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=kept, start_new_session=True
        )
    except (OSError, ValueError) as error:
        _log.warning("a hook could not be started", reason=str(error))
        return
    try:
        async with asyncio.timeout(seconds):
            said = await _talk(process, document)
            code = await process.wait()
    except BaseException as error:
        await _end(process)
        if not isinstance(error, TimeoutError):
            raise
        _log.warning("a hook took too long and was ended", seconds=seconds)
        return
    if code:
        _log.warning("a hook failed", exit_status=code, said=said)
    else:
        _log.debug("hook done", said=said)


async def _talk(process: Process, document: bytes) -> str:
    """Hands the document over, whether or not it is read, and takes the end of what is said."""
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    said, _ = await asyncio.gather(_last(process.stdout), _hand(process.stdin, document))
    return said.decode("utf-8", "replace").strip()


async def _hand(sink: asyncio.StreamWriter, document: bytes) -> None:
    with suppress(ConnectionError):
        sink.write(document)
        await sink.drain()
    sink.close()
    with suppress(ConnectionError):
        await sink.wait_closed()


async def _last(source: asyncio.StreamReader) -> bytes:
    kept = b""
    while piece := await source.read(_PIECE):
        kept = (kept + piece)[-_TOLD:]
    return kept


async def _end(process: Process) -> None:
    """Nothing of a hook lives longer than it may."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):  # what left our session may hold its end of a pipe open
        async with asyncio.timeout(_GONE):
            await process.wait()
