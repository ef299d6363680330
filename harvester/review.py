"""What a walk leaves in doubt: which chains are walked again, which rows are asked for by key."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import asdict

from harvester.catalogue import RESOURCES
from harvester.chain_state import ChainState
from harvester.ledger import Ledger
from harvester.model import Chain, Job, Query
from harvester.plan import chains_by_key, endpoint_of, is_narrowed, plan_chains, scope_of, scopes_of
from harvester.publish import (
    Asked,
    ChainCount,
    Days,
    Desk,
    Manifest,
    Staged,
    Survey,
    TableState,
    orphans,
    saw_all,
    survey,
    write_members,
)
from harvester.report import Verdict, judge
from harvester.shards import Histogram, axes_of, today
from harvester.store.journal import Record
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["Review"]

_log = get_logger(__name__)


class Review(Struct):
    """Looks at what is durable; what it decides becomes a fact by the journal.

    `allowed` is the percentage of its rows that a query may lose.
    """

    lake: Lake
    job: Job
    ledger: Ledger
    manifest: Manifest
    allowed: float
    desk: Desk
    _found: Survey | None = None
    _staged: dict[str, Staged] = field(default_factory=dict)

    @property
    def chains(self) -> tuple[Chain, ...]:
        """All chains of the run."""
        return self.ledger.chains_for(self.job.queries)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the job fills."""
        return tuple(dict.fromkeys(query.resource for query in self.job.queries))

    def staged(self, table: str) -> Staged:
        """A table's rows that count, and what was asked for them, as of the last walk."""
        if table not in self._staged:
            self._staged[table] = self._stage(table)
        return self._staged[table]

    def _stage(self, table: str) -> Staged:
        chains = [chain for chain in self.chains if chain.resource == table]
        return Staged(
            self.desk,
            RESOURCES[table],
            self.manifest.table(table),
            self.ledger.parts.get(table, []),
            self.ledger.valid_labels(chains),
            list(self._asked(table)),
        )

    def _asked(self, table: str) -> Iterator[Asked]:
        """What the job's chains asked for; those that were cut asked as well if they keep pages."""
        planned = plan_chains(query for query in self.job.queries if query.resource == table)
        divided = {chain.id for chain, _ in self.ledger.divided(planned)}
        for chain in planned:
            whole = chain.id if chain.id in divided else ""
            for one in (*self.ledger.walked([chain]), *self.ledger.kept([chain])):
                yield _asked(one, self._numbers(one), whole)

    def survey(self) -> Survey:
        """What arrived in all tables, as of the last walk."""
        if self._found is None:
            tables = (survey(self.staged(table)) for table in self.tables)
            self._found = reduce(or_, tables, Survey())
        return self._found

    def walked(self) -> None:
        """More has arrived: what was surveyed before is out of date."""
        self._found = None
        self._staged.clear()
        self.desk.clear()

    def close(self) -> None:
        """Nothing more is asked of the rows."""
        self.desk.close()

    def verdict(self, found: Survey) -> Verdict:
        """What became of each query and each identifier."""
        return judge(self.job.queries, self.ledger, found, self.allowed)

    def standing(self, found: Survey) -> Verdict:
        """What became of each query so far; of identifiers there may be millions."""
        return judge(self.job.queries, self.ledger, found, self.allowed, with_items=False)

    def histograms(self, chains: Iterable[Chain]) -> Iterator[tuple[Chain, Histogram]]:
        """How the chains' rows of earlier runs are spread along the axis of their resource."""
        along: dict[tuple[str, tuple[str, ...]], list[Chain]] = defaultdict(list)
        for chain in chains:
            axis = next((axis for axis in axes_of(chain, today()) if axis.column), None)
            if axis is not None:
                along[chain.resource, axis.column].append(chain)
        for (table, column), some in along.items():
            yield from self._histograms(table, column, some)

    def _histograms(
        self, table: str, column: Sequence[str], chains: Sequence[Chain]
    ) -> Iterator[tuple[Chain, Histogram]]:
        scopes = [scope_of(chain, chain.values[0]) for chain in chains]
        spill = self.lake.path(f"_runs/{self.ledger.run_id}/scratch/spill")
        state = self.manifest.table(table)
        found = Days(self.lake, RESOURCES[table], state, column, spill).counts(scopes)
        for chain, scope in zip(chains, scopes, strict=True):
            first = self.ledger.window_of(chain.id)
            days = [(day, count) for day, count in found.get(scope, ()) if day.isoformat() >= first]
            yield chain, days

    def empty_taxa(self) -> list[Chain]:
        """Taxa that brought nothing, though no filter says why and NCBI Taxonomy could tell."""
        return [
            chain
            for chain in self.chains
            if _is_empty(chain, self.ledger.state(chain.id))
            and RESOURCES[chain.resource].counted_as
            and not is_narrowed(chain)
        ]

    def doubts(self, found: Survey, counted: Mapping[str, int]) -> list[Record]:
        """The chains to be walked again, whole; `counted` is what NCBI Taxonomy counts for some."""
        records: list[Record] = []
        for chain in self.chains:
            state = self.ledger.state(chain.id)
            count = found.chains.get(chain.id, ChainCount(0, 0))
            emptied = _is_emptied(chain, state, found, self.ledger)
            reason = _doubtful(state, count, counted.get(chain.id, 0), emptied=emptied)
            if reason:
                _log.warning("asked again", query=chain.query_id, chain=chain.id, reason=reason)
                doubt = {
                    "received": state.received,
                    "distinct": self._distinct(chain, found),
                    "counted": counted.get(chain.id, 0),
                }
                records.append(
                    {"is": "restart", "chain": chain.id, "epoch": state.epoch + 1, "doubt": doubt}
                )
        return records

    def uncovered(self, found: Survey) -> Iterator[tuple[Chain, int]]:
        """Chains whose shards do not add up to the whole, and how many records these brought.

        What two shards bring counts once: else it would stand for one that none brings.
        """
        for chain, total in self.ledger.divided(plan_chains(self.job.queries)):
            shards = list(self.ledger.walked([chain]))
            if not all(self.ledger.state(shard.id).done for shard in shards):
                continue
            broken = sum(self._broken(shard, found) for shard in shards)
            distinct = found.wholes.get(chain.id, 0) + broken
            if distinct < total:
                _log.warning("shards do not add up", chain=chain.id, counted=total, got=distinct)
                yield chain, distinct

    def counted_again(
        self, found: Survey, chain: Chain, distinct: int, counted: int | None
    ) -> Record | None:
        """What becomes of such a chain, when NCBI has counted its records once more.

        Where it holds fewer by now all has come; else the chain is walked in one piece, unless it
        was cut because of a page that cannot be had.
        """
        shards = self.ledger.walked([chain])
        if counted and counted <= distinct and not any(self._short(one, found) for one in shards):
            return {"is": "counted", "chain": chain.id, "total": counted}
        if any(self.ledger.kept([chain])):
            return None
        doubt = {"received": distinct, "distinct": distinct}
        epoch = self.ledger.state(chain.id).epoch + 1
        return {"is": "restart", "chain": chain.id, "epoch": epoch, "doubt": doubt}

    def _short(self, chain: Chain, found: Survey) -> bool:
        """Whether a chain brought less than its own count, also when it was asked again."""
        return self._distinct(chain, found) < (self.ledger.state(chain.id).total or 0)

    def _distinct(self, chain: Chain, found: Survey) -> int:
        count = found.chains.get(chain.id, ChainCount(0, 0))
        return self.ledger.state(chain.id).received - (count.rows - count.keys)

    def _broken(self, chain: Chain, found: Survey) -> int:
        """How many records came that are no rows: they lie in quarantine."""
        count = found.chains.get(chain.id, ChainCount(0, 0))
        return self.ledger.state(chain.id).received - count.rows

    def by_key(self, verdict: Verdict) -> Record:
        """The rows that no query delivers any more, to be asked for by their keys."""
        chains = [
            chain
            for table in self.tables
            if RESOURCES[table].asked_by
            for query, keys in self._missing(table, verdict).items()
            for chain in chains_by_key(query, keys)
        ]
        if chains:
            rows = sum(len(chain.values) for chain in chains)
            _log.warning("rows no longer delivered, asked for by their keys", rows=rows)
        return {"is": "by key", "chains": [asdict(chain) for chain in chains]}

    def removed(self, verdict: Verdict) -> dict[str, pa.Table]:
        """The keys of rows that are proven to be gone, by table."""
        found = ((table, self._proven(table, verdict)) for table in self.tables)
        return {table: keys for table, keys in found if keys is not None}

    def learned(self, table: str, verdict: Verdict, *, whole: bool) -> TableState:
        """The files that say which question delivers which row now, and what was seen."""
        if whole and self._is_steady(table):
            return TableState(seen=saw_all(self.lake, RESOURCES[table], self.ledger.run_id))
        return write_members(self.staged(table), verdict.settled, whole=whole)

    def _is_steady(self, table: str) -> bool:
        return table in self.survey().steady

    def _missing(self, table: str, verdict: Verdict) -> dict[Query, list[str]]:
        if self._is_steady(table):
            return {}
        found = orphans(self.staged(table), verdict.settled, verdict.incomplete)
        by_id = {query.id: query for query in self.job.queries}
        keys: dict[Query, list[str]] = defaultdict(list)
        (key,) = RESOURCES[table].key
        for row in found.to_pylist():
            keys[by_id[row["query"]]].append(str(row[key]))
        return keys

    def _proven(self, table: str, verdict: Verdict) -> pa.Table | None:
        if self._is_steady(table):
            return None
        found = orphans(self.staged(table), verdict.settled)
        keys = RESOURCES[table].key
        if RESOURCES[table].asked_by:
            texts = found.column(keys[0]).cast(pa.string())
            found = found.filter(pc.is_in(texts, pa.array(self._denied(table), pa.string())))
        return found.select(list(keys))

    def _denied(self, table: str) -> list[str]:
        """The keys that NCBI was asked for, and answered in full without a broken line."""
        return [
            value
            for chain in self.ledger.key_chains
            if chain.resource == table
            for value in chain.values
            if _answered(self.ledger.state(chain.id))
        ]

    def _numbers(self, chain: Chain) -> list[int | None]:
        """Of each value the taxon's number, if it is known; nothing where no taxon is asked for."""
        _, endpoint = endpoint_of(chain)
        if endpoint.value_kind != "taxon":
            return []
        return [self._number(value) for value in chain.values]

    def _number(self, value: str) -> int | None:
        taxon = self.ledger.taxa.get(value)
        return taxon.tax_id if taxon else int(value) if value.isdecimal() else None


def _asked(chain: Chain, taxa: Sequence[int | None], whole: str) -> Asked:
    values = (*chain.values, None) if len(chain.values) > 1 else chain.values
    scopes = array("q", scopes_of(chain, values))
    return Asked(chain.id, chain.query_id, values, scopes, taxa, whole)


def _answered(state: ChainState) -> bool:
    return state.unknown or (state.done and not state.quarantined)


def _is_empty(chain: Chain, state: ChainState) -> bool:
    """Whether a taxon was answered for the first time, and with nothing."""
    _, endpoint = endpoint_of(chain)
    alone = endpoint.value_kind == "taxon" and endpoint.batch == 1
    answered = state.done or state.unknown
    return alone and answered and not state.received and state.doubt is None


def _is_emptied(chain: Chain, state: ChainState, found: Survey, ledger: Ledger) -> bool:
    """Whether nothing came where there used to be rows; that nothing is new is nothing strange."""
    if state.received or (ledger.window_of(chain.id) and not state.unknown):
        return False
    return scope_of(chain, chain.values[0]) in found.emptied


def _doubtful(state: ChainState, count: ChainCount, counted: int, *, emptied: bool) -> str:
    """Why an answer is not believed on first sight; nothing where it is."""
    if state.doubt is not None or not (state.done or state.unknown):
        return ""
    distinct = state.received - (count.rows - count.keys)
    if state.total is not None and distinct < state.total:
        return f"NCBI counts {state.total} records, {distinct} different ones arrived"
    if emptied:
        return "nothing came where there were rows before"
    if not state.received and counted:
        return f"nothing came, though NCBI Taxonomy counts {counted}"
    return ""
