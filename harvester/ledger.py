"""What a run knows: the fold of its journal, live and after a restart alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from harvester.chain_state import ChainState, Doubt
from harvester.course import Course
from harvester.model import Chain, Filters, FilterValue, Query, Taxon
from harvester.plan import newer_than, plan_chains
from harvester.store.journal import Record
from harvester.store.keeper import chain_label

__all__ = ["Ledger", "Split"]


class Piece(Struct, frozen=True):
    """One of the chains that took a chain's place."""

    id: str
    values: tuple[str, ...]
    shard: Filters = ()
    sent: tuple[str, ...] = ()


class Split(Struct, frozen=True):
    """What took a chain's place: halves of its list, or shards of its records.

    `total` is NCBI's count of the whole, where there is one; `counted` is that of later, when the
    pieces had brought no less. `kept` says that the pages which had arrived before still count.
    """

    pieces: tuple[Piece, ...]
    total: int | None = None
    kept: bool = False
    counted: int | None = None


class Traffic(Struct):
    """What one attempt of a run sent and received."""

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    bytes_received: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    course: Course | None = None


class Ledger(Struct):
    """The state of a run; `apply` is the only way to change it."""

    run_id: str = ""
    job: str = ""
    digest: str = ""
    started_at: str = ""
    attempts: int = 0
    #: When the last attempt began, and whether that gave up: nobody ended it, but a fault.
    attempted_at: str = ""
    gave_up: bool = False
    resumable: bool = True
    committed: bool = False
    chains: dict[str, ChainState] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    quarantine: list[str] = field(default_factory=list)
    traffic: dict[int, Traffic] = field(default_factory=dict)
    splits: dict[str, Split] = field(default_factory=dict)
    by_key: tuple[Chain, ...] | None = None
    taxa: dict[str, Taxon] = field(default_factory=dict)
    looked_up: set[str] = field(default_factory=set)
    #: The day from which on a chain asks, where it asks only for what is new.
    since: dict[str, str] = field(default_factory=dict)

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
                self.resumable = record.get("resumable", True)
            case "attempt":
                self._attempt(record)
            case "pages":
                self._pages(record)
            case "restart" | "failed" | "split" | "counted":
                self._of_chain(record)
            case "by key":
                self.by_key = tuple(_chain(entry) for entry in record["chains"])
            case "taxa":
                self.looked_up |= set(record["names"])
                self.taxa |= {name: _taxon(entry) for name, entry in record["taxa"].items()}
            case "refresh":
                self.since = dict(record["since"])
            case "traffic":
                self.traffic[self.attempts] = _traffic(record)
            case "committed" | "gave up":
                self._end(record["is"])
            case _:
                pass  # a newer harvester's record tells nothing that this one needs

    def state(self, chain_id: str) -> ChainState:
        """The state of a chain; a chain that no record names stands at its beginning."""
        return self.chains.setdefault(chain_id, ChainState())

    @property
    def key_chains(self) -> tuple[Chain, ...]:
        """The chains that ask by key for rows which no query delivered."""
        return tuple(self.walked(self.by_key or ()))

    def chains_for(self, queries: Iterable[Query]) -> tuple[Chain, ...]:
        """All chains that are walked for these queries, those that ask by key at the end."""
        wanted = tuple(queries)
        ids = {query.id for query in wanted}
        by_key = (chain for chain in self.key_chains if chain.query_id in ids)
        return (*self.walked(plan_chains(wanted)), *by_key)

    def walked(self, chains: Iterable[Chain]) -> Iterator[Chain]:
        """The chains as they are walked: those that were split, by their pieces."""
        for chain in map(self._of_this_run, chains):
            if chain.id in self.splits:
                yield from self.walked(self._pieces(chain))
            else:
                yield chain

    def cut(self, chains: Iterable[Chain]) -> Iterator[Chain]:
        """Those of the chains, and of their pieces, that were cut; the outer ones first."""
        for chain in map(self._of_this_run, chains):
            if chain.id in self.splits:
                yield chain
                yield from self.cut(self._pieces(chain))

    def kept(self, chains: Iterable[Chain]) -> Iterator[Chain]:
        """Those of them that keep what had arrived."""
        return (chain for chain in self.cut(chains) if self.splits[chain.id].kept)

    def since_of(self, query_id: str) -> str:
        """The day from which on a query asks, where it asks only for what is new."""
        days = (day for chain, day in self.since.items() if chain.startswith(f"{query_id}."))
        return min(days, default="")

    def window_of(self, chain_id: str) -> str:
        """The same of a chain, or of the one that it is a piece of."""
        days = (day for one, day in self.since.items() if f"{chain_id}.".startswith(f"{one}."))
        return next(days, "")

    def divided(self, chains: Iterable[Chain]) -> Iterator[tuple[Chain, int]]:
        """The chains that were cut into shards, each with NCBI's newest count of the whole."""
        for chain in map(self._of_this_run, chains):
            split = self.splits.get(chain.id)
            if split is not None and split.total is not None:
                yield chain, split.total if split.counted is None else split.counted

    def first_counts(self, queries: Iterable[Query]) -> dict[str, int]:
        """NCBI's first count of each chain, by its id, where it gave one; else what came of it."""
        counts = {}
        for chain in plan_chains(queries):
            split, state = self.splits.get(chain.id), self.state(chain.id)
            total = split.total if split else state.total
            if total is None and (state.done or state.unknown):
                total = state.received
            if total is not None:
                counts[chain.id] = total
        return counts

    def open_chains(self, chains: Iterable[Chain]) -> list[Chain]:
        """The chains that are neither at their end nor given up."""
        states = ((chain, self.state(chain.id)) for chain in chains)
        return [chain for chain, state in states if not (state.done or state.failure)]

    def valid_labels(self, chains: Iterable[Chain]) -> frozenset[str]:
        """The values of `_chain` whose rows count: of chains that count, in their newest epoch."""
        ids = self.counting(chains)
        return frozenset(chain_label(chain_id, self.state(chain_id).epoch) for chain_id in ids)

    def counting(self, chains: Iterable[Chain]) -> set[str]:
        """The chains that count where these are walked."""
        return {chain.id for chain in self.with_kept(chains)}

    def with_kept(self, chains: Iterable[Chain]) -> Iterator[Chain]:
        """The chains, and those that gave way to them and keep what had come, which counts too."""
        walked = {chain.id: chain for chain in chains}
        yield from walked.values()
        for split_id, split in self.splits.items():
            pieces = (walked[one.id] for one in self._leaves(split) if one.id in walked)
            if split.kept and (piece := next(pieces, None)):
                yield replace(piece, id=split_id)

    @property
    def void_labels(self) -> frozenset[str]:
        """Values of `_chain` whose rows count no more: of earlier epochs, and of chains cut."""
        cut = (chain for chain, split in self.splits.items() if not split.kept)
        over = [(chain, self.state(chain).epoch) for chain in cut]
        over += [(one, old) for one, state in self.chains.items() for old in range(state.epoch)]
        return frozenset(chain_label(chain, epoch) for chain, epoch in over)

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

    def _of_this_run(self, chain: Chain) -> Chain:
        return newer_than(chain, self.since.get(chain.id, ""))

    def _pieces(self, chain: Chain) -> list[Chain]:
        pieces = self.splits[chain.id].pieces
        return [
            replace(chain, id=one.id, values=one.values, shard=one.shard, sent=one.sent)
            for one in pieces
        ]

    def _leaves(self, split: Split) -> Iterator[Piece]:
        for piece in split.pieces:
            if piece.id in self.splits:
                yield from self._leaves(self.splits[piece.id])
            else:
                yield piece

    def _of_chain(self, record: Record) -> None:
        chain = record["chain"]
        state = self.state(chain)
        if record["is"] == "failed":
            state.failure, state.status = record["reason"], record["status"]
        elif record["is"] == "split":
            pieces = tuple(_piece(entry) for entry in record["into"])
            self.splits[chain] = Split(pieces, record.get("total"), record.get("kept", False))
        elif record["is"] == "counted":
            self.splits[chain] = replace(self.splits[chain], counted=record["total"])
        else:
            self._forget_pieces(chain)
            doubt = Doubt(**record["doubt"]) if "doubt" in record else state.doubt
            self.chains[chain] = ChainState(epoch=record["epoch"], doubt=doubt)

    def _forget_pieces(self, chain: str) -> None:
        """Pieces of another cut may have their names: what these brought is not theirs."""
        split = self.splits.pop(chain, None)
        for piece in split.pieces if split else ():
            self._forget_pieces(piece.id)
            self.chains[piece.id] = ChainState(epoch=self.state(piece.id).epoch + 1)

    def _end(self, how: str) -> None:
        self.committed |= how == "committed"
        self.gave_up = how == "gave up"

    def _attempt(self, record: Record) -> None:
        self.attempts += 1
        self.attempted_at, self.gave_up = record.get("at", self.started_at), False
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


def _traffic(record: Record) -> Traffic:
    """Journals of older releases tell the counts alone."""
    course = Course.of(record["course"]) if "course" in record else None
    return Traffic(**record["counts"], reasons=dict(record.get("reasons", {})), course=course)


def _chain(entry: dict[str, Any]) -> Chain:
    plain = {"values": tuple(entry["values"]), "filters": (), "sent": (), "shard": ()}
    return Chain(**{**entry, **plain})


def _piece(entry: dict[str, Any]) -> Piece:
    shard = tuple((name, _value(value)) for name, value in entry.get("shard", ()))
    return Piece(entry["id"], tuple(entry["values"]), shard, tuple(entry.get("sent", ())))


def _value(value: Any) -> FilterValue:  # noqa: ANN401 - JSON has no tuples
    return tuple(value) if isinstance(value, list) else value


def _taxon(entry: dict[str, Any]) -> Taxon:
    plain = {
        "lineage": tuple(entry["lineage"]),
        "counts": tuple((kind, number) for kind, number in entry["counts"]),
        "children": tuple(entry["children"]),
    }
    return Taxon(**{**entry, **plain})
