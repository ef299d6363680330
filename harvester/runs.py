"""Which run a job is in: a new one, or an interrupted one that goes on."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from harvester import __version__
from harvester.ledger import Ledger
from harvester.model import Job
from harvester.store.journal import Journal, replay
from harvester.store.lake import Lake

__all__ = ["OpenRun", "digest_of", "open_run", "runs_of", "sweep"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(slots=True)
class OpenRun:
    """A run that this process works on."""

    ledger: Ledger
    journal: Journal
    resumed: bool
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def id(self) -> str:
        """The run's id."""
        return self.ledger.run_id

    def record(self, **record: object) -> None:
        """Writes a fact into the journal and takes it in."""
        self.journal.append(record)
        self.ledger.apply(record)


def open_run(lake: Lake, job: Job, base_url: str, *, fresh: bool = False) -> OpenRun:
    """Goes on with the job's interrupted run, or begins a new one."""
    waiting = [ledger for ledger in runs_of(lake) if _waits(ledger, job)]
    if fresh:
        for ledger in waiting:
            sweep(lake, ledger.run_id)
    elif waiting:
        return _resume(lake, waiting[-1])
    return _begin(lake, job, base_url)


def runs_of(lake: Lake) -> Iterator[Ledger]:
    """All runs that left a journal in the lake, oldest first."""
    for path in lake.list("_runs"):
        if path.endswith("/journal.jsonl"):
            ledger = Ledger.replay(replay(lake, path))
            if ledger.run_id:
                yield ledger


def digest_of(job: Job) -> str:
    """A digest of what the job asks for."""
    asked = json.dumps([asdict(query) for query in job.queries], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def sweep(lake: Lake, run_id: str) -> None:
    """Removes what a run that is over left behind, its journal last."""
    left = lake.list(f"_runs/{run_id}")
    for path in sorted(left, key=lambda path: path.endswith("/journal.jsonl")):
        lake.delete(path)
    lake.delete_folder(f"_runs/{run_id}")


def _waits(ledger: Ledger, job: Job) -> bool:
    return ledger.job == job.name and not ledger.committed


def _resume(lake: Lake, ledger: Ledger) -> OpenRun:
    journal = Journal(lake, _journal_path(ledger.run_id))
    run = OpenRun(ledger, journal, resumed=True)
    run.record(**{"is": "attempt", "at": _now()})
    return run


def _begin(lake: Lake, job: Job, base_url: str) -> OpenRun:
    run_id = _new_id()
    run = OpenRun(Ledger(), Journal(lake, _journal_path(run_id)), resumed=False)
    run.record(
        **{
            "is": "begin",
            "run_id": run_id,
            "job": job.name,
            "digest": digest_of(job),
            "started_at": _now(),
            "version": __version__,
            "base_url": base_url,
        }
    )
    run.record(**{"is": "attempt", "at": _now()})
    return run


def _new_id() -> str:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{moment}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"


def _journal_path(run_id: str) -> str:
    return f"_runs/{run_id}/journal.jsonl"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
