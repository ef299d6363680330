"""Reports already on disk become a run of their own: decoded, merged and published as a harvest is.

Nobody asked NCBI anything, so no row becomes a member of a question: an ingest neither removes a
row nor keeps one that the questions of jobs leave out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import structlog
from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import RESOURCES, Resource
from harvester.errors import Fault, SpecError
from harvester.finish import Finish
from harvester.intake import Broken, Intake, Watch
from harvester.ledger import Ledger
from harvester.model import Chain, Job, Query
from harvester.package_files import ReportFile, find_reports
from harvester.publish import (
    Asked,
    Desk,
    Manifest,
    Staged,
    Survey,
    TableState,
    claim,
    read_manifest,
    survey,
)
from harvester.report import Items, QueryReport, Verdict
from harvester.report_lines import read_lines
from harvester.runs import OpenRun, begin_run, tidy
from harvester.spec.names import did_you_mean
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.summary import DatabaseBehind, Summary
from harvester.telemetry import get_logger

__all__ = ["JOB", "Ingested", "load_files"]

_log = get_logger(__name__)

#: The name under which ingests stand among the runs of jobs.
JOB = "ingest"
_SELECTOR = "files"


class Ingested(Struct, frozen=True):
    """How an ingest ended."""

    summary: Summary
    broken: tuple[Broken, ...]
    behind: DatabaseBehind | None = None


def load_files(
    resource: str,
    files: Sequence[str],
    job: Job,
    watch: Watch,
    *,
    on_publish: Callable[[], None],
) -> Ingested:
    """Loads the files' reports; `job` says where lake and database lie. All of it counts or none.

    Every file is looked at before the first is read.
    """
    kind = _resource(resource)
    found = {_query(kind, file): find_reports(file, kind.name) for file in dict.fromkeys(files)}
    for reports in found.values():
        next(read_lines(reports[0], kind), None)
    job = replace(job, name=JOB, queries=tuple(found))
    claim(Path(job.database))
    lake = Lake(job.lake)
    with hold(lake, JOB):
        tidy(lake)
        manifest = read_manifest(lake)
        run = begin_run(lake, job, "", resumable=False)
        loaded = _Loaded(lake, job, kind, found, run.ledger, manifest, Desk(lake, run.id))
        try:
            with structlog.contextvars.bound_contextvars(run=run.id, job=JOB), closing(loaded):
                broken = _read(run, loaded, watch)
                on_publish()
                try:
                    summary = Finish(run, loaded, "").publish(Path(job.database))
                except DatabaseBehind as behind:
                    return Ingested(behind.summary, broken, behind)
                _log.info("ingest finished", summary=summary.line())
                return Ingested(summary, broken)
        except BaseException:
            tidy(lake)
            raise
        finally:
            run.journal.close()


def _read(run: OpenRun, loaded: _Loaded, watch: Watch) -> tuple[Broken, ...]:
    """Makes all that the files hold durable in the run's own folder."""
    _log.info("ingest started", files=len(loaded.found))
    intake = Intake(loaded.lake, run, loaded.resource, watch)
    try:
        for query, reports in loaded.found.items():
            intake.read(query.values[0], [(_chain(query, report), report) for report in reports])
        intake.finish()
    except BaseException:
        intake.abandon()
        raise
    return tuple(intake.broken)


def _resource(name: str) -> Resource:
    """The resource of that name, where its rows can be told from files at all."""
    if name not in RESOURCES:
        raise SpecError(
            [Fault(f"there is no resource {name!r}", hint=did_you_mean(name, RESOURCES))]
        )
    resource = RESOURCES[name]
    if any(source == "filters" for _, source in resource.from_request):
        raise SpecError(
            f"a row of {name} is the answer to a question, which no file tells: harvest it with "
            "`harvester run`"
        )
    return resource


def _query(resource: Resource, file: str) -> Query:
    told = json.dumps([resource.name, _SELECTOR, file]).encode()
    digest = hashlib.sha256(told).hexdigest()[:12]
    return Query(digest, resource.name, _SELECTOR, (ReportFile(file).place,))


def _chain(query: Query, report: ReportFile) -> Chain:
    """The file takes the place of a chain: rows and quarantine name it as the one they came by."""
    return Chain(report.place, query.id, query.resource, _SELECTOR, (report.place,))


class _Loaded(Struct):
    """What the files brought, for whoever judges and publishes it."""

    lake: Lake
    job: Job
    resource: Resource
    found: Mapping[Query, tuple[ReportFile, ...]]
    ledger: Ledger
    manifest: Manifest
    desk: Desk
    _staged: Staged | None = None

    @property
    def chains(self) -> tuple[Chain, ...]:
        """One for each file of reports."""
        return tuple(_chain(query, one) for query, some in self.found.items() for one in some)

    @property
    def tables(self) -> tuple[str, ...]:
        """The one table that is filled."""
        return (self.resource.name,)

    def staged(self, table: str) -> Staged:
        """The rows that were read."""
        if self._staged is None:
            self._staged = Staged(
                self.desk,
                self.resource,
                self.manifest.table(table),
                self.ledger.parts.get(table, []),
                self.ledger.valid_labels(self.chains),
                [Asked(chain.id, chain.query_id, [None], [0]) for chain in self.chains],
            )
        return self._staged

    def survey(self) -> Survey:
        """The different keys of each file."""
        return survey(self.staged(self.resource.name))

    def verdict(self, found: Survey) -> Verdict:
        """A file that was read to its end is complete, whatever is missing from it."""
        reports = tuple(self._report(query, found) for query in self.found)
        items = tuple(self._items(query, found) for query, found in self.found.items())
        return Verdict(reports, items)

    def removed(self, verdict: Verdict) -> Mapping[str, pa.Table]:
        """Nothing: what a file does not hold may be elsewhere."""
        del verdict
        return {}

    def learned(self, table: str, verdict: Verdict, *, whole: bool) -> TableState:
        """Nothing: no question was asked, so none delivered these rows, and NCBI may lack them."""
        del table, verdict, whole
        return TableState()

    def close(self) -> None:
        """Nothing more is asked of the rows."""
        self.desk.close()

    def _report(self, query: Query, found: Survey) -> QueryReport:
        states = [self.ledger.state(_chain(query, one).id) for one in self.found[query]]
        return QueryReport(
            query=query,
            expected=None,
            received=sum(state.received for state in states),
            distinct=found.queries.get(query.id, 0),
            strays=0,
            quarantined=sum(state.quarantined for state in states),
            chains=len(states),
            pages=sum(state.pages for state in states),
            state="complete",
        )

    def _items(self, query: Query, found: Sequence[ReportFile]) -> Items:
        rows = [self.ledger.state(_chain(query, one).id).rows for one in found]
        outcomes = ["ok" if many else "empty" for many in rows]
        return Items(query, [one.place for one in found], outcomes, rows)
