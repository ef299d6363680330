"""The end of a run: judge it, merge its rows into the lake, publish, and say what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from harvester import meta
from harvester.errors import LakeError
from harvester.estimate import Plan
from harvester.interruption import check
from harvester.model import Chain, Job
from harvester.publish import (
    Ahead,
    CommittedRun,
    LakeFile,
    Manifest,
    Outline,
    Staged,
    Survey,
    TableChange,
    TableState,
    build_database,
    keep_quarantine,
    merge_table,
    outline,
    read_manifest,
    write_manifest,
    write_meta,
)
from harvester.report import Verdict
from harvester.runpage import RunTold, leave_page, of_failed, of_run, prepare_page, weigh
from harvester.runs import OpenRun, digest_of, sweep
from harvester.store.lake import Lake
from harvester.summary import DatabaseBehind, Summary, TableFigures, failed_of, missing_of

__all__ = ["Finish", "Reviewed"]


class Reviewed(Protocol):
    """What arrived, and what is to be thought of it."""

    @property
    def lake(self) -> Lake: ...  # noqa: D102
    @property
    def job(self) -> Job: ...  # noqa: D102
    @property
    def chains(self) -> tuple[Chain, ...]: ...  # noqa: D102
    @property
    def tables(self) -> tuple[str, ...]: ...  # noqa: D102
    def staged(self, table: str) -> Staged: ...  # noqa: D102
    def survey(self) -> Survey: ...  # noqa: D102
    def verdict(self, found: Survey) -> Verdict: ...  # noqa: D102
    def removed(self, verdict: Verdict) -> Mapping[str, pa.Table]: ...  # noqa: D102
    def learned(self, table: str, verdict: Verdict, *, whole: bool) -> TableState: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Judged(Struct, frozen=True):
    """What became of a run, before it is published."""

    status: str
    verdict: Verdict
    changes: Mapping[str, TableChange]


class Finish:
    """What is left to do when no page is under way any more."""

    def __init__(
        self, run: OpenRun, review: Reviewed, base_url: str, plan: Plan | None = None
    ) -> None:
        self._run = run
        self._review = review
        self._lake = review.lake
        self._job = review.job
        self._base_url = base_url
        self._planned = plan.figures() if plan and plan.complete else None
        self._ledger = run.ledger
        self._chains = review.chains
        self._ended = datetime.now(UTC)

    def early(self, status: str) -> Summary:
        """The summary of a run that ends early; nothing is published, and it can be resumed."""
        judged = Judged(status, self._review.verdict(Survey()), {})
        if status == "failed":
            return self._failed(judged)
        return replace(self._summary(judged), failed=failed_of(self._given_up(judged.verdict)))

    def _given_up(self, verdict: Verdict) -> Verdict:
        """Of what is not at its end only that which has failed; the rest goes on with the run."""
        states = ((chain.query_id, self._ledger.state(chain.id)) for chain in self._chains)
        failed = {query for query, state in states if state.failed}
        return Verdict(tuple(one for one in verdict.queries if one.query.id in failed))

    def publish(self, database: Path, ahead: Ahead | None = None) -> Summary:
        """Makes what arrived visible; where nothing did and nothing could, that is all it says."""
        verdict = self._review.verdict(self._review.survey())
        status = self._status(verdict)
        if status == "failed":
            self._close(status)
            return self._failed(Judged(status, verdict, {}))
        judged = Judged(status, verdict, self._merge(verdict))
        self._review.close()
        summary = self._summary(judged)
        check()
        self._commit(summary, judged)
        self._close(status)
        return self._published(summary, database, ahead)

    def _published(self, summary: Summary, database: Path, ahead: Ahead | None) -> Summary:
        """The summary of a run that is committed, with what building the database took."""
        manifest = read_manifest(self._lake)
        before = weigh(manifest, self._run.id, str(database)).database or 0
        found = cache(partial(outline, self._lake, manifest, self._run.id))
        fault = self._build(manifest, database, ahead, found)
        sweep(self._lake, self._run.id)
        after = weigh(manifest, self._run.id, str(database))
        grown = max(0, after.brought + (after.database or 0) - before)
        told = self._reported(replace(self._ending_now(summary), disk=grown), found)
        if fault is not None:
            raise DatabaseBehind(_behind(told, fault), told) from fault
        return told

    def _build(
        self, manifest: Manifest, database: Path, ahead: Ahead | None, found: Callable[[], Outline]
    ) -> LakeError | OSError | None:
        """Builds the database; gives what it was that kept it from that."""
        given = partial(ahead.give, meanwhile=partial(prepare_page, found)) if ahead else None
        register = self._job.register
        try:
            build_database(
                self._lake, manifest, database, register=register, anew=False, ahead=given
            )
        except (LakeError, OSError) as error:
            return error
        return None

    def _failed(self, judged: Judged) -> Summary:
        """The summary of a run that leaves nothing in the lake but its report."""
        verdict, ledger = judged.verdict, self._ledger
        found = partial(of_failed, self._run.id, verdict, ledger, self._chains)
        return self._reported(self._summary(judged), found)

    def _reported(self, summary: Summary, found: Callable[[], Outline]) -> Summary:
        """The same summary, which a page tells from now on as well."""

        def tell() -> RunTold:
            weights = weigh(read_manifest(self._lake), self._run.id, summary.database)
            return of_run(summary, self._ledger, self._base_url, found(), weights)

        leave_page(self._lake, self._run.id, tell)
        return summary

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
        states = [self._ledger.state(chain.id) for chain in self._chains]
        answered = any(state.done or state.unknown for state in states)
        return "partial" if answered or self._records else "failed"

    @cached_property
    def _records(self) -> int:
        chains = self._ledger.counting(self._chains)
        return sum(self._ledger.state(chain).received for chain in chains)

    def _merge(self, verdict: Verdict) -> dict[str, TableChange]:
        """The rows of every table that the job asks for, held against the lake's."""
        removed = self._review.removed(verdict)
        return {
            table: self._merged(table, verdict, removed.get(table)) for table in self._review.tables
        }

    def _merged(self, table: str, verdict: Verdict, removed: pa.Table | None) -> TableChange:
        staged = self._review.staged(table)
        ignored = {query.id: query.ignore_changes for query in self._job.queries}
        change = merge_table(staged, removed_keys=removed, ignored=ignored)
        learned = self._review.learned(table, verdict, whole=change.whole)
        return replace(change, files=change.files + learned)

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
        run_id = self._run.id
        rows = {
            "runs": [meta.run_row(summary, self._base_url, digest_of(self._job))],
            "queries": meta.query_rows(run_id, judged.verdict),
            "items": meta.item_rows(run_id, judged.verdict.each_item()),
            "drift": meta.drift_rows(run_id, self._ledger, self._chains),
            "messages": [
                *meta.message_rows(run_id, self._ledger, self._chains),
                *meta.stray_rows(run_id, judged.verdict),
            ],
        }
        for name, found in rows.items():
            yield name, write_meta(self._lake, name, run_id, found)
        yield (
            "quarantine",
            keep_quarantine(self._lake, run_id, self._ledger.quarantine, self._labels()),
        )
        yield "changes", [file for change in judged.changes.values() for file in change.changes]

    def _labels(self) -> frozenset[str]:
        return self._ledger.valid_labels(self._chains)

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
            planned=self._planned,
            since=min(self._ledger.since.values(), default=None),
        )


def _figures(change: TableChange) -> TableFigures:
    # A row that came back is one more row, as an added one is; meta.changes tells them apart.
    return TableFigures(
        rows=change.rows,
        added=change.added + change.returned,
        changed=change.changed,
        removed=change.removed,
    )


def _behind(summary: Summary, fault: Exception) -> str:
    return (
        f"what run {summary.run_id} brought is in the lake {summary.lake}, but not in the database "
        f"{summary.database}: {fault}; the next run builds it, or `harvester publish`"
    )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
