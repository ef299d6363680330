"""What a run knows: the fold of its journal, live and after a restart alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from harvester.model import Chain, Drift, Message
from harvester.store.journal import Record
from harvester.store.keeper import chain_label

__all__ = ["ChainState", "Ledger"]


#: How NCBI words a 400 about a name or number that it does not know.
_NOT_KNOWN = "not a recognized"


@dataclass(slots=True)
class ChainState:
    """How far a chain is, counting only its newest epoch."""

    epoch: int = 0
    pages: int = 0
    token: str = ""
    done: bool = False
    failure: str = ""
    status: int = 0
    received: int = 0
    rows: int = 0
    quarantined: int = 0
    total: int | None = None
    messages: list[Message] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)

    @property
    def unknown(self) -> bool:
        """Whether NCBI answered that it does not know what the chain asks for."""
        return self.status == 404 or (self.status == 400 and _NOT_KNOWN in self.failure)  # noqa: PLR2004

    @property
    def failed(self) -> bool:
        """Whether the chain was given up."""
        return bool(self.failure) and not self.unknown

    def note(self, page: dict[str, Any]) -> None:
        """One page more is durable."""
        self.pages = page["number"] + 1
        self.token = page["next"]
        self.done = not page["next"]
        self.received += page["received"]
        self.rows += page["rows"]
        self.quarantined += page.get("quarantined", 0)
        if self.total is None:
            self.total = page.get("total")
        self.messages += [_message(entry) for entry in page.get("messages", ())]
        self.drift += [Drift(**entry) for entry in page.get("drift", ())]


@dataclass(slots=True)
class Traffic:
    """What one attempt of a run sent and received."""

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    bytes_received: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Ledger:
    """The state of a run; `apply` is the only way to change it."""

    run_id: str = ""
    job: str = ""
    digest: str = ""
    started_at: str = ""
    attempts: int = 0
    committed: bool = False
    chains: dict[str, ChainState] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    quarantine: list[str] = field(default_factory=list)
    traffic: dict[int, Traffic] = field(default_factory=dict)
    halves: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)

    @classmethod
    def replay(cls, records: Iterable[Record]) -> Ledger:
        """The state that a journal tells."""
        ledger = cls()
        for record in records:
            ledger.apply(record)
        return ledger

    def apply(self, record: Record) -> None:
        """Takes one durable fact in."""
        match record["is"]:
            case "begin":
                self.run_id, self.job = record["run_id"], record["job"]
                self.digest, self.started_at = record["digest"], record["started_at"]
            case "attempt":
                self._attempt()
            case "pages":
                self._pages(record)
            case "restart":
                self.chains[record["chain"]] = ChainState(epoch=record["epoch"])
            case "failed":
                state = self.state(record["chain"])
                state.failure, state.status = record["reason"], record["status"]
            case "split":
                self.halves[record["chain"]] = [
                    (half["id"], tuple(half["values"])) for half in record["into"]
                ]
            case "traffic":
                self.traffic[self.attempts] = Traffic(**record["counts"])
            case "committed":
                self.committed = True
            case _:
                pass  # a newer harvester's record tells nothing that this one needs

    def state(self, chain_id: str) -> ChainState:
        """The state of a chain; a chain that no record names stands at its beginning."""
        return self.chains.setdefault(chain_id, ChainState())

    def walked(self, chains: Iterable[Chain]) -> Iterator[Chain]:
        """The chains as they are walked: those that were split, by their halves."""
        for chain in chains:
            if chain.id in self.halves:
                halves = self.halves[chain.id]
                yield from self.walked(replace(chain, id=i, values=v) for i, v in halves)
            else:
                yield chain

    def open_chains(self, chains: Iterable[Chain]) -> list[Chain]:
        """The chains that are neither at their end nor given up."""
        states = ((chain, self.state(chain.id)) for chain in self.walked(chains))
        return [chain for chain, state in states if not (state.done or state.failure)]

    def valid_labels(self, chains: Iterable[Chain]) -> frozenset[str]:
        """The values of `_chain` whose rows count: these chains, in their newest epoch."""
        walked = self.walked(chains)
        return frozenset(chain_label(chain.id, self.state(chain.id).epoch) for chain in walked)

    def total_traffic(self) -> Traffic:
        """What all attempts together sent and received."""
        attempts = self.traffic.values()
        return Traffic(
            requests=sum(one.requests for one in attempts),
            retries=sum(one.retries for one in attempts),
            throttled=sum(one.throttled for one in attempts),
            bytes_received=sum(one.bytes_received for one in attempts),
            seconds=sum(one.seconds for one in attempts),
        )

    def _attempt(self) -> None:
        self.attempts += 1
        for state in self.chains.values():
            state.failure, state.status = "", 0  # a new attempt asks again

    def _pages(self, record: Record) -> None:
        if "part" in record:
            self.parts.setdefault(record["table"], []).append(record["part"])
        if "quarantine" in record:
            self.quarantine.append(record["quarantine"])
        for page in record["pages"]:
            state = self.state(page["chain"])
            if page["epoch"] == state.epoch:
                state.note(page)


def _message(entry: dict[str, Any]) -> Message:
    return Message(**{**entry, "identifiers": tuple(entry.get("identifiers", ()))})
