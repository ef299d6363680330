"""What a job would take if it began now: by its lake, by NCBI's counts, by what runs measured."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from harvester.counting import count_queries
from harvester.errors import LakeError
from harvester.estimate import Plan, plan_of
from harvester.experience import Past, experience_of
from harvester.fetch import Pace
from harvester.model import Chain, Job
from harvester.plan import chains_of, endpoint_of, scope_of
from harvester.publish import Days, Manifest, delivered, read_manifest, read_newest_first
from harvester.refresh import Refresh
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["Forecast", "forecast"]

_log = get_logger(__name__)


class Forecast(Struct, frozen=True):
    """The plan; since which day each chain asks only for what is new; the last run of the same."""

    plan: Plan
    since: Mapping[str, str]
    past: Past | None


def forecast(job: Job, pace: Pace, *, offline: bool) -> Forecast:
    """Counts with at most one small request a query, `offline` with none."""
    lake = Lake(job.lake)
    with tempfile.TemporaryDirectory(prefix="harvester-plan-") as folder:
        held = _Held(lake, read_manifest(lake), f"{folder}/spill")
        since = Refresh(held.lake, held.manifest, held.spill).since(job)
        counts = held.counts(job, since)
    if not offline:
        counts = asyncio.run(count_queries(job.queries, pace, since, counts))
    known = experience_of(job)
    plan = plan_of(job.queries, counts, pace.rate, pace.concurrency, known)
    return Forecast(plan, since, known.past)


class _Held(Struct, frozen=True):
    """What the lake holds of what chains brought before: a night brings much the same."""

    lake: Lake
    manifest: Manifest
    spill: str

    def counts(self, job: Job, since: Mapping[str, str]) -> dict[str, int]:
        """How many records each chain had, or has since its day; of new chains nothing is known."""
        try:
            return self._counts(job, since)
        except LakeError as error:  # the run will tell, if that matters
            _log.warning("the lake does not say what was there", reason=str(error))
            return {}

    def _counts(self, job: Job, since: Mapping[str, str]) -> dict[str, int]:
        whole: dict[str, list[Chain]] = defaultdict(list)
        recent: dict[str, list[Chain]] = defaultdict(list)
        for query in job.queries:
            if endpoint_of(query)[1].batch == 1:
                for chain in chains_of(query):
                    (recent if chain.id in since else whole)[chain.resource].append(chain)
        found: dict[str, int] = {}
        for table, chains in whole.items():
            found |= self._whole(table, chains)
        for chains in recent.values():
            found |= dict(self._recent(chains, since))
        return found

    def _whole(self, table: str, chains: Sequence[Chain]) -> dict[str, int]:
        """What a query's sweep did not bring there is none of."""
        found = delivered(self.lake, self.manifest.table(table), self.spill)
        counts = {one: found.get(scope_of(one, one.values[0])) for one in chains}
        swept = self._swept({one.query_id for one, count in counts.items() if count is None})
        none = {one.id: 0 for one in chains if one.query_id in swept}
        return none | {one.id: count for one, count in counts.items() if count is not None}

    def _swept(self, queries: set[str]) -> set[str]:
        """Those of the queries that came to their end in an earlier run."""
        names = ("query_id", "state")
        rows = read_newest_first(self.lake, self.manifest, "queries", names) if queries else ()
        return queries.intersection(row["query_id"] for row in rows if row["state"] == "complete")

    def _recent(
        self, chains: Sequence[Chain], since: Mapping[str, str]
    ) -> Iterator[tuple[str, int]]:
        resource, endpoint = endpoint_of(chains[0])
        if endpoint.newer is None:
            return
        state = self.manifest.table(resource.name)
        days = Days(self.lake, resource, state, endpoint.newer.column, self.spill)
        scopes = {chain.id: scope_of(chain, chain.values[0]) for chain in chains}
        found = days.counts(list(scopes.values()))
        for chain, scope in scopes.items():
            first = since[chain]
            yield chain, sum(many for day, many in found[scope] if day.isoformat() >= first)
