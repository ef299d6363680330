"""Whether a run sweeps a query whole or asks only for what is new, and since which day that is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from harvester.model import Chain, Job, Query
from harvester.plan import chains_of, endpoint_of, scope_of
from harvester.publish import Days, Manifest, read_newest_first
from harvester.shards import today
from harvester.store.journal import Record
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["Refresh"]

_log = get_logger(__name__)

#: A sweep counts as due a little early: a nightly run does not begin at the same second each time.
_EARLY = 0.98
#: How a query ended that saw all that NCBI has.
_SWEPT = ("complete", "shrunk")


class Refresh(Struct, frozen=True):
    """Decides at the beginning of a run; what it decides becomes a fact by the journal.

    `spill` is a folder that may be made and is gone afterwards.
    """

    lake: Lake
    manifest: Manifest
    spill: str

    def decide(self, job: Job) -> Iterator[Record]:
        """For each page chain that asks only for what is new, the day from which on it does."""
        if since := self.since(job):
            yield {"is": "refresh", "since": since}

    def since(self, job: Job) -> dict[str, str]:
        """That day of each of them."""
        found: dict[str, str] = {}
        for query in job.queries:
            if query.refresh == "new" and not self.full_is_due(query):
                found |= self.windows(query)
        return found

    def full_is_due(self, query: Query) -> bool:
        """Whether the query was swept too long ago, or never."""
        every = query.full_every
        latest = datetime.now(UTC) - timedelta(seconds=every.seconds * _EARLY)
        for runs, (began, row) in enumerate(self._past(query.id), 1):
            if not every.runs and began < latest:
                return True
            if row["refresh"] != "new" and row["state"] in _SWEPT:
                return bool(every.runs) and runs >= every.runs
        return True

    def _past(self, query: str) -> Iterator[tuple[datetime, dict[str, str]]]:
        """How the query went in earlier runs and when those began, the newest first."""
        began = {run.run_id: datetime.fromisoformat(run.started_at) for run in self.manifest.runs}
        names = ("run_id", "query_id", "refresh", "state")
        for row in read_newest_first(self.lake, self.manifest, "queries", names):
            if row["query_id"] == query:
                yield began[row["run_id"]], row

    def windows(self, query: Query) -> dict[str, str]:
        """The first day of each chain; a taxon that brought nothing yet is asked for whole."""
        resource, endpoint = endpoint_of(query)
        if endpoint.newer is None:
            return {}
        scopes = {scope_of(one, one.values[0]): one for one in chains_of(query)}
        state = self.manifest.table(resource.name)
        days = Days(self.lake, resource, state, endpoint.newer.column, self.spill)
        newest = days.newest(list(scopes))
        found = {chain.id: _first_day(chain, newest.get(scope)) for scope, chain in scopes.items()}
        windows = {chain: day for chain, day in found.items() if day}
        if windows:
            _log.info("only what is new", query=query.id, since=min(windows.values()))
        return windows


def _first_day(chain: Chain, newest: date | None) -> str:
    """The newest day that is known, less the overlap; nothing where the job asks for later ones."""
    _, endpoint = endpoint_of(chain)
    if newest is None or endpoint.newer is None:
        return ""
    first = min(newest, today()) - timedelta(days=endpoint.newer.overlap)
    asked = str(dict(chain.filters).get(endpoint.newer.filter, ""))[:10]
    return "" if asked >= first.isoformat() else first.isoformat()
