"""Which run a job is in: a new one, or an interrupted one that goes on."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from msgspec import Struct, field

from harvester import __version__
from harvester.catalogue import RESOURCES
from harvester.errors import LakeError
from harvester.ledger import Ledger
from harvester.model import Job, Query
from harvester.publish import build_database, claim, is_current, leftovers, read_manifest
from harvester.schema import lake_schema, load_schema
from harvester.store.journal import Journal, replay
from harvester.store.lake import Lake
from harvester.store.parts import write_rows
from harvester.store.recover import Lost, lost_files, named_files
from harvester.telemetry import get_logger

__all__ = [
    "OpenRun",
    "begin_run",
    "digest_of",
    "left_behind",
    "new_id",
    "open_run",
    "runs_of",
    "sweep",
    "tidy",
    "waiting_runs",
]

_log = get_logger(__name__)

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
#: What a run makes in its own folder; whatever else lies there is not the harvester's.
_OWN = re.compile(
    r"_runs/\d{8}T\d{6}Z-[a-z0-9]{4}/"
    r"(journal\.jsonl|\.?[a-z_-]+-\d{2,}-\d{5,}\.parquet(\.tmp)?|scratch/.+)"
)


class OpenRun(Struct):
    """A run that this process works on."""

    ledger: Ledger
    journal: Journal
    resumed: bool
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def id(self) -> str:
        """The run's id."""
        return self.ledger.run_id

    def epoch_of(self, chain: str) -> int:
        """The newest epoch of a chain."""
        return self.ledger.state(chain).epoch

    def record(self, **record: object) -> None:
        """Writes a fact into the journal and takes it in."""
        self.journal.append(record)
        self.ledger.apply(record)


def open_run(lake: Lake, job: Job, base_url: str, *, fresh: bool = False) -> OpenRun:
    """Goes on with the job's interrupted run, or begins a new one; the lake is held.

    What dead runs left undone is done first, what they left lying about is removed.
    """
    _mend_database(lake, job)
    mine = [ledger for ledger in waiting_runs(lake) if ledger.job == job.name]
    if fresh:
        for ledger in mine:
            sweep(lake, ledger.run_id)
    tidy(lake)
    if mine and not fresh:
        _notice_change(mine[-1], job)
        return _resume(lake, mine[-1])
    return begin_run(lake, job, base_url)


def runs_of(lake: Lake) -> Iterator[Ledger]:
    """All runs that left a journal in the lake, oldest first."""
    for path in lake.list("_runs"):
        if path.endswith("/journal.jsonl"):
            ledger = Ledger.replay(replay(lake, path))
            if ledger.run_id:
                yield ledger


def waiting_runs(lake: Lake) -> list[Ledger]:
    """The runs that can be resumed, oldest first; a run that the manifest names is done."""
    manifest, runs = read_manifest(lake), (run for run in runs_of(lake) if run.resumable)
    return [run for run in runs if not (run.committed or manifest.has(run.run_id))]


def digest_of(job: Job) -> str:
    """A digest of what the job asks for, whatever it makes of the answers."""
    own = ("ignore_changes", "refresh", "full_every")
    names = [name for name in Query.__struct_fields__ if name not in own]
    queries = [{name: getattr(query, name) for name in names} for query in job.queries]
    asked = json.dumps(queries, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def sweep(lake: Lake, run_id: str) -> None:
    """Removes what a run that is over left behind, its journal last."""
    left = [path for path in lake.list(f"_runs/{run_id}") if _OWN.fullmatch(path)]
    for path in sorted(left, key=lambda path: path.endswith("/journal.jsonl")):
        lake.delete(path)
    lake.delete_empty(f"_runs/{run_id}")
    _log.debug("run swept", swept=run_id)


def tidy(lake: Lake) -> None:
    """Removes what dead runs left; what a run that can be resumed needs stays. The lake is held."""
    waiting = {run.run_id for run in waiting_runs(lake)}
    dead = {PurePosixPath(path).parts[1] for path in lake.list("_runs") if _OWN.fullmatch(path)}
    for run_id in sorted(dead - waiting):
        sweep(lake, run_id)
        _log.info("what a run that is over left behind is removed", left_by=run_id)
    lake.delete_empty("_runs")
    _remove(lake, leftovers(lake, read_manifest(lake)))


def left_behind(lake: Lake) -> list[str]:
    """The files that `tidy` would remove."""
    waiting = {run.run_id for run in waiting_runs(lake)}
    own = (path for path in lake.list("_runs") if _OWN.fullmatch(path))
    dead = [path for path in own if PurePosixPath(path).parts[1] not in waiting]
    return dead + leftovers(lake, read_manifest(lake))


def _remove(lake: Lake, left: Iterable[str]) -> None:
    for path in left:
        lake.delete(path)
        _log.info("a file that no run needs is removed", path=path)


def _mend_database(lake: Lake, job: Job) -> None:
    """A run that died between its commit and its database left the database behind the lake.

    A file that is not the harvester's stays what it is, and no run begins.
    """
    manifest, database = read_manifest(lake), Path(job.database)
    if manifest.runs and is_current(database, lake, manifest):
        return
    claim(database)
    if not manifest.runs:
        return
    _log.info("the database is behind the lake and is built first", database=job.database)
    try:
        build_database(lake, manifest, database, register=job.register, anew=False)
    except LakeError as error:
        _log.warning("the database stays behind the lake", reason=str(error))


def _notice_change(ledger: Ledger, job: Job) -> None:
    """Queries that did not change keep their progress; that of others is left behind."""
    if ledger.digest == digest_of(job):
        return
    begun = {chain.partition(".")[0] for chain in ledger.chains}
    asked = {query.id for query in job.queries}
    _log.warning(
        "the job has changed since its run was interrupted",
        queries_going_on=len(asked & begun),
        queries_starting_anew=len(asked - begun),
        queries_left_behind=len(begun - asked),
    )


def _resume(lake: Lake, ledger: Ledger) -> OpenRun:
    path = _journal_path(ledger.run_id)
    run = OpenRun(ledger, Journal(lake, path), resumed=True)
    run.record(**{"is": "attempt", "at": _now()})
    records = list(replay(lake, path))
    for lost in lost_files(lake, records):
        _ask_again(lake, run, lost)
    needed = {path, *named_files(records)}
    mine = [left for left in lake.list(f"_runs/{run.id}") if _OWN.fullmatch(left)]
    _remove(lake, (left for left in mine if left not in needed))
    return run


def _ask_again(lake: Lake, run: OpenRun, lost: Lost) -> None:
    """The chains whose rows the disk lost start over; an empty file takes the place of theirs."""
    newest = [(chain, epoch) for chain, epoch in lost.pages if epoch == run.epoch_of(chain)]
    _log.warning("a durable file is gone or cut short", path=lost.path, asked_again=len(newest))
    for chain, epoch in sorted(newest):
        run.record(**{"is": "restart", "chain": chain, "epoch": epoch + 1})
    schema = load_schema("meta/quarantine").arrow()
    if not lost.quarantine:
        schema = lake_schema(RESOURCES[lost.table])
    write_rows(lake, lost.path, [], schema)


def begin_run(lake: Lake, job: Job, base_url: str, *, resumable: bool = True) -> OpenRun:
    """A new run; one that cannot be resumed is swept by the next where it does not end well."""
    run_id = new_id()
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
            "resumable": resumable,
        }
    )
    run.record(**{"is": "attempt", "at": _now()})
    return run


def new_id() -> str:
    """The moment and four characters by chance: what a run is called, and its files."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{moment}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"


def _journal_path(run_id: str) -> str:
    return f"_runs/{run_id}/journal.jsonl"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
