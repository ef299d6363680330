"""What became of each query and each identifier, told from the ledger and the staged rows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harvester.ledger import ChainState, Ledger
from harvester.model import Chain, Message, Query
from harvester.plan import chains_of, endpoint_of

__all__ = ["Item", "QueryReport", "Verdict", "judge"]

#: Filters leave records out on purpose, so an identifier without any need not be unknown.
_NOT_A_FILTER = frozenset({"returned_content", "sort.field", "sort.direction"})

Matches = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Item:
    """One identifier or taxon that a job names, and what it brought."""

    query: Query
    value: str
    outcome: str
    records: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QueryReport:
    """One query's figures."""

    query: Query
    expected: int | None
    received: int
    quarantined: int
    chains: int
    pages: int
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole run, judged."""

    queries: tuple[QueryReport, ...]
    items: tuple[Item, ...]

    @property
    def failed(self) -> tuple[QueryReport, ...]:
        """Queries that did not come to a good end."""
        return tuple(report for report in self.queries if report.state != "complete")

    @property
    def missing(self) -> tuple[Item, ...]:
        """Identifiers that NCBI does not know."""
        return tuple(item for item in self.items if item.outcome == "unknown")


def judge(queries: Sequence[Query], ledger: Ledger, matches: Matches) -> Verdict:
    """Judges each query, and each identifier of it."""
    walked = {query.id: list(ledger.walked(chains_of(query))) for query in queries}
    reports = tuple(_query(query, walked[query.id], ledger) for query in queries)
    items = tuple(
        item
        for query in queries
        for chain in walked[query.id]
        for item in _items(query, chain, ledger.state(chain.id), matches.get(chain.id, {}))
    )
    return Verdict(reports, items)


def _query(query: Query, chains: Sequence[Chain], ledger: Ledger) -> QueryReport:
    states = [ledger.state(chain.id) for chain in chains]
    totals = [0 if state.unknown else state.total for state in states]
    known = [total for total in totals if total is not None]
    expected = sum(known) if len(known) == len(totals) else None
    received = sum(state.received for state in states)
    reason = _why(states, expected, received)
    return QueryReport(
        query=query,
        expected=expected,
        received=received,
        quarantined=sum(state.quarantined for state in states),
        chains=len(states),
        pages=sum(state.pages for state in states),
        state="failed" if reason else "complete",
        reason=reason,
    )


def _why(states: Sequence[ChainState], expected: int | None, received: int) -> str:
    """Why a query is not complete; nothing when it is."""
    failures = [state.failure for state in states if state.failed]
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return failures[0] + more
    unfinished = sum(not (state.done or state.failure) for state in states)
    if unfinished:
        return f"{unfinished} of its {len(states)} page chains did not come to their end"
    if expected is not None and received < expected:
        return f"NCBI counts {expected} records, {received} arrived, also when asked again"
    return ""


def _items(
    query: Query, chain: Chain, state: ChainState, matched: Mapping[str, int]
) -> Iterator[Item]:
    told = {name: message for message in state.messages for name in message.identifiers}
    for value in chain.values:
        records = matched.get(value, 0) if len(chain.values) > 1 else state.rows
        outcome, reason = _outcome(chain, state, told.get(value), records)
        yield Item(query, value, outcome, records, reason)


def _outcome(
    chain: Chain, state: ChainState, message: Message | None, records: int
) -> tuple[str, str]:
    if message is not None and message.replaced_by:
        return "replaced", message.text or f"replaced by {message.replaced_by}"
    if records:
        return "ok", ""
    if state.unknown:
        return "unknown", state.failure
    if state.failure or not state.done:
        return "failed", state.failure or "its page chain did not come to its end"
    if message is not None:
        return "unknown", message.text
    return _nothing(chain)


def _nothing(chain: Chain) -> tuple[str, str]:
    """No record and no word about it: unknown, unless the request may rightly bring nothing."""
    _, endpoint = endpoint_of(chain)
    narrowed = any(name not in _NOT_A_FILTER for name, _ in chain.filters)
    if endpoint.value_kind == "taxon" or narrowed or not endpoint.post_path:
        return "empty", "NCBI has no such records"
    return "unknown", "NCBI gave no record for it"
