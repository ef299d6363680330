"""The end of a run: judge it, merge its rows into the lake, publish, and say what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from harvester import publish
from harvester.catalogue import RESOURCES
from harvester.ledger import ChainState
from harvester.meta import (
    Row,
    drift_rows,
    item_rows,
    message_rows,
    query_rows,
    run_row,
    unmodelled,
)
from harvester.model import Job
from harvester.plan import plan_chains
from harvester.report import Matches, Verdict, judge
from harvester.runs import OpenRun, digest_of, sweep
from harvester.store.lake import Lake
from harvester.summary import Summary, TableFigures, failed_of, missing_of

__all__ = ["Finish"]


class Finish:
    """What is left to do when no page is under way any more."""

    def __init__(self, lake: Lake, job: Job, run: OpenRun) -> None:
        self._lake = lake
        self._job = job
        self._run = run
        self._ledger = run.ledger
        self._chains = tuple(self._ledger.walked(plan_chains(job.queries)))
        self._labels = self._ledger.valid_labels(self._chains)

    def interrupted(self, status: str) -> Summary:
        """The summary of a run that ends early; nothing is published, and it can be resumed."""
        verdict = judge(self._job.queries, self._ledger, {})
        return self._summary(status, verdict)

    def publish(self, database: Path) -> Summary:
        """Makes what arrived visible, unless nothing did and nothing could."""
        verdict = judge(self._job.queries, self._ledger, self._matches())
        status = self._status(verdict)
        if status == "failed":
            self._run.record(**{"is": "committed", "status": status})
            return self._summary(status, verdict)
        changes = self._merge()
        summary = self._summary(status, verdict, changes)
        manifest = self._commit(summary, verdict, changes)
        self._run.record(**{"is": "committed", "status": status})
        publish.build_database(self._lake, manifest, database, register=self._job.register)
        sweep(self._lake, self._run.id)
        return summary

    def _status(self, verdict: Verdict) -> str:
        if not verdict.failed:
            return "complete"
        arrived = any(self._state(chain.id).done for chain in self._chains)
        return "partial" if arrived or self._records else "failed"

    def _state(self, chain_id: str) -> ChainState:
        return self._ledger.state(chain_id)

    @cached_property
    def _records(self) -> int:
        return sum(self._state(chain.id).received for chain in self._chains)

    def _matches(self) -> Matches:
        """How many rows answer each identifier, for the chains that asked for many."""
        matches: dict[str, dict[str, int]] = {}
        wanted: dict[str, dict[str, Sequence[str]]] = defaultdict(dict)
        for chain in self._chains:
            if len(chain.values) > 1:
                wanted[chain.resource][chain.id] = chain.values
        for table, chains in wanted.items():
            parts = self._ledger.parts.get(table, [])
            resource = RESOURCES[table]
            matches |= publish.matched(self._lake, resource, parts, self._labels, chains)
        return matches

    def _merge(self) -> dict[str, publish.TableChange]:
        manifest = publish.read_manifest(self._lake)
        return {
            table: publish.merge_table(
                self._lake,
                manifest.tables.get(table, publish.TableState()),
                RESOURCES[table],
                parts,
                self._labels,
                self._run.id,
            )
            for table, parts in self._ledger.parts.items()
        }
