"""`run` and `arun`: a job from first request to summary, for programs."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, wait

from harvester.api.asked import Asked
from harvester.api.jobs import JobLike, Place, load_job
from harvester.api.threads import in_thread
from harvester.api.watching import Watcher
from harvester.reins import Reins
from harvester.summary import Summary

__all__ = ["arun", "run"]

_KEPT = "what arrived is kept: the next run of the job goes on where this one stopped"


def run(
    job: JobLike,
    *,
    lake: Place | None = None,
    database: Place | None = None,
    base_url: str | None = None,
    sandbox: bool = False,
    rps: float | None = None,
    concurrency: int | None = None,
    fresh: bool = False,
    strict: bool = False,
    accept_removals: bool = False,
    check: bool = False,
    progress: bool | Watcher | None = None,
) -> Summary:
    """Harvests a job; an interrupted run of the same job goes on where it stopped.

    `job` is the path of a job file, a mapping with the same keys, or a `Job`. The options are those
    of `harvester run`; an argument beats an environment variable, which beats the job.

    - `lake`, `database`: where rows go, instead of the job's places.
    - `base_url`: where NCBI Datasets v2 is served; `sandbox=True` serves a stand-in for it.
    - `rps`, `concurrency`: requests a second, requests in flight.
    - `fresh`: forget an interrupted run. `accept_removals`: believe it when many rows are gone.
    - `check`: raise `PartialRun` where some query failed; else look at `summary.status`.
    - `strict`: the same, also where NCBI does not know an identifier.
    - `progress`: True shows a line on stderr, False nothing; None shows it on a terminal and in a
      notebook; a function is called with a `Progress` twice a second, from another thread.

    Raises `SpecError` for a bad job, `LakeLocked` where another run holds the lake, `LakeError`
    where files cannot be read or written, `NothingHarvested` where nothing came, and then
    `OutOfServiceError` if NCBI is away. KeyboardInterrupt, or whatever else a signal raises here,
    is raised when the pages under way have arrived; a second one ends at once.

    It may be called where an event loop runs, as in a notebook: it asks in a thread of its own.
    """
    asked = Asked(
        load_job(job), lake, database, base_url, sandbox, rps, concurrency, fresh, strict,
        accept_removals, check, progress,
    )  # fmt: skip
    reins = Reins()
    return _patiently(in_thread(lambda: asked.carry_out(reins)), reins)


async def arun(
    job: JobLike,
    *,
    lake: Place | None = None,
    database: Place | None = None,
    base_url: str | None = None,
    sandbox: bool = False,
    rps: float | None = None,
    concurrency: int | None = None,
    fresh: bool = False,
    strict: bool = False,
    accept_removals: bool = False,
    check: bool = False,
    progress: bool | Watcher | None = None,
) -> Summary:
    """The same as `run` in the caller's event loop; work on files is done in threads.

    Cancelled, it lets the pages under way arrive, then raises `CancelledError`; the run can be
    resumed. Cancelled once more, it ends at once.
    """
    asked = Asked(
        load_job(job), lake, database, base_url, sandbox, rps, concurrency, fresh, strict,
        accept_removals, check, progress,
    )  # fmt: skip
    reins = Reins(asyncio.get_running_loop())
    work = asyncio.wrap_future(in_thread(lambda: asked.carry_out(reins)))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError as error:
        await _drained(work, reins)
        error.add_note(_KEPT)
        raise


def _patiently(work: Future[Summary], reins: Reins) -> Summary:
    """The work's result; what interrupts the wait for it is raised when the work has ended."""
    try:
        return work.result()
    except BaseException as error:
        if work.done():
            raise
        for _ in range(2):
            reins.end()
            try:
                wait([work])
            except BaseException:  # noqa: BLE001, S112 - said once more: to end at once
                continue
            break
        error.add_note(_KEPT)
        raise


async def _drained(work: asyncio.Future[Summary], reins: Reins) -> None:
    """Returns when the work has ended, however often the wait for it is cancelled."""
    while not work.done():
        reins.end()
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:
            continue
    if not work.cancelled():
        work.exception()  # what it ended with is of no interest any more
