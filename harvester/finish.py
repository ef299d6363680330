"""The end of a run: judge it, merge its rows into the lake, publish, and say what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from harvester import meta
from harvester.catalogue import RESOURCES
from harvester.model import Job
from harvester.plan import plan_chains
from harvester.publish import (
    CommittedRun,
    LakeFile,
    TableChange,
    build_database,
    distinct_keys,
    keep_quarantine,
    matched,
    merge_table,
    read_manifest,
    write_manifest,
    write_meta,
)
from harvester.report import Matches, Verdict, judge
from harvester.runs import OpenRun, digest_of, sweep
from harvester.store.lake import Lake
from harvester.summary import Summary, TableFigures, failed_of, missing_of

__all__ = ["Finish"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a run, before it is published."""

    status: str
    verdict: Verdict
    changes: Mapping[str, TableChange]


class Finish:
    """What is left to do when no page is under way any more."""

    def __init__(self, lake: Lake, job: Job, run: OpenRun, base_url: str) -> None:
        self._lake = lake
        self._job = job
        self._run = run
        self._base_url = base_url
        self._ledger = run.ledger
        self._chains = tuple(self._ledger.walked(plan_chains(job.queries)))
        self._labels = self._ledger.valid_labels(self._chains)
        self._ended = datetime.now(UTC)

    def early(self, status: str) -> Summary:
        """The summary of a run that ends early; nothing is published, and it can be resumed."""
        return self._summary(Judged(status, judge(self._job.queries, self._ledger, {}), {}))

    def publish(self, database: Path) -> Summary:
        """Makes what arrived visible; where nothing did and nothing could, that is all it says."""
        verdict = judge(self._job.queries, self._ledger, self._matches())
        status = self._status(verdict)
        if status == "failed":
            self._close(status)
            return self._summary(Judged(status, verdict, {}))
        judged = Judged(status, verdict, self._merge())
        summary = self._summary(judged)
        self._commit(summary, judged)
        self._close(status)
        manifest = read_manifest(self._lake)
        build_database(self._lake, manifest, database, register=self._job.register)
        sweep(self._lake, self._run.id)
        return self._ending_now(summary)

    def _ending_now(self, summary: Summary) -> Summary:
        """The summary with the time that publishing took, which the published one cannot know."""
        now = datetime.now(UTC)
        seconds = round((now - self._run.began).total_seconds(), 3)
        return replace(summary, finished_at=_text(now), seconds=seconds)

    def _close(self, status: str) -> None:
        self._run.record(**{"is": "committed", "status": status})

    def _status(self, verdict: Verdict) -> str:
        if not verdict.failed:
            return "complete"
        arrived = any(self._ledger.state(chain.id).done for chain in self._chains)
        return "partial" if arrived or self._records else "failed"

    @cached_property
    def _records(self) -> int:
        return sum(self._ledger.state(chain.id).received for chain in self._chains)

    def _matches(self) -> Matches:
        """How many rows answer each identifier, for the chains that asked for many."""
        asked: dict[str, dict[str, Sequence[str]]] = defaultdict(dict)
        for chain in self._chains:
            if len(chain.values) > 1:
                asked[chain.resource][chain.id] = chain.values
        matches: dict[str, dict[str, int]] = {}
        for table, chains in asked.items():
            parts = self._ledger.parts.get(table, [])
            matches |= matched(self._lake, RESOURCES[table], parts, self._labels, chains)
        return matches

    def _merge(self) -> dict[str, TableChange]:
        """The rows of every table that the job asks for, held against the lake's."""
        manifest = read_manifest(self._lake)
        tables = dict.fromkeys(query.resource for query in self._job.queries)
        return {
            table: merge_table(
                self._lake,
                manifest.table(table),
                RESOURCES[table],
                self._ledger.parts.get(table, []),
                self._labels,
                self._run.id,
            )
            for table in tables
        }

    def _commit(self, summary: Summary, judged: Judged) -> None:
        """One write of the manifest makes all of the run visible."""
        files = {name: tuple(found) for name, found in self._meta_files(summary, judged)}
        run = CommittedRun(self._run.id, self._ledger.started_at, self._job.name)
        tables = {name: change.files for name, change in judged.changes.items()}
        manifest = read_manifest(self._lake)
        write_manifest(self._lake, manifest.with_run(run, tables, files))

    def _meta_files(
        self, summary: Summary, judged: Judged
    ) -> Iterator[tuple[str, Sequence[LakeFile]]]:
        run_id, distinct = self._run.id, self._distinct()
        rows = {
            "runs": [meta.run_row(summary, self._base_url, digest_of(self._job))],
            "queries": meta.query_rows(run_id, judged.verdict, distinct),
            "items": meta.item_rows(run_id, judged.verdict),
            "drift": meta.drift_rows(run_id, self._ledger, self._chains),
            "messages": meta.message_rows(run_id, self._ledger, self._chains),
        }
        for name, found in rows.items():
            yield name, write_meta(self._lake, name, run_id, found)
        yield (
            "quarantine",
            keep_quarantine(self._lake, run_id, self._ledger.quarantine, self._labels),
        )
        yield "changes", [file for change in judged.changes.values() for file in change.changes]

    def _distinct(self) -> dict[str, int]:
        """The distinct keys that each query brought."""
        query_of = {chain.id: chain.query_id for chain in self._chains}
        distinct: dict[str, int] = {}
        for table, parts in self._ledger.parts.items():
            resource = RESOURCES[table]
            distinct |= distinct_keys(self._lake, resource, parts, self._labels, query_of)
        return distinct

    def _summary(self, judged: Judged) -> Summary:
        changes, verdict = judged.changes.values(), judged.verdict
        traffic = self._ledger.total_traffic()
        drift = meta.drift_rows(self._run.id, self._ledger, self._chains)
        return Summary(
            run_id=self._run.id,
            job=self._job.name,
            status=judged.status,
            resumed=self._run.resumed,
            started_at=self._ledger.started_at,
            finished_at=_text(self._ended),
            seconds=round((self._ended - self._run.began).total_seconds(), 3),
            requests=traffic.requests,
            retries=traffic.retries,
            throttled=traffic.throttled,
            bytes_received=traffic.bytes_received,
            records=self._records,
            duplicates=sum(change.duplicates for change in changes),
            quarantined=sum(report.quarantined for report in verdict.queries),
            unmodelled_fields=meta.unmodelled(drift),
            missing=missing_of(verdict),
            failed=failed_of(verdict),
            tables={name: _figures(change) for name, change in judged.changes.items()},
            lake=self._job.lake,
            database=self._job.database,
        )


def _figures(change: TableChange) -> TableFigures:
    # A row that came back is one more row, as an added one is; meta.changes tells them apart.
    return TableFigures(
        rows=change.rows,
        added=change.added + change.returned,
        changed=change.changed,
        removed=change.removed,
    )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
