"""Cuts chains while they are walked: long ones into shards, refused lists into halves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from harvester.axes import shards_of
from harvester.counting import count_chain
from harvester.decode import days_in
from harvester.fetch import Asker
from harvester.ledger import Ledger
from harvester.model import Chain, Page
from harvester.outlook import Outlook, pages_of
from harvester.plan import halves_of
from harvester.shards import (
    SAMPLED,
    Histogram,
    axes_of,
    full_pieces,
    pays,
    pieces_for,
    share_of,
    today,
)
from harvester.store.journal import Record
from harvester.sums import Sums
from harvester.telemetry import get_logger
from harvester.work import Work

__all__ = ["Cutter", "Enough", "TooLong"]

_log = get_logger(__name__)

#: Chains that a run may cut because one page of theirs cannot be had, into how many parts, and how
#: many those may be where all that lies below a taxon is named.
_MERCIES = 64
_PARTS = 4
_MOST_PARTS = 300


class TooLong(Exception):
    """A chain has so many pages left that it is better walked as these shards."""

    def __init__(self, total: int, page: Page, shards: Sequence[Chain]) -> None:
        self.total = total
        self.page = page
        self.shards = shards
        super().__init__(total)


class Enough(Exception):
    """A chain stops: the run wants to end, or the chain's rows would count for nothing."""


class Cutter:
    """Decides when a chain gives way to pieces of it, and sees that these add up."""

    def __init__(
        self, ledger: Ledger, record: Callable[[Record], Awaitable[None]], workers: int
    ) -> None:
        self._ledger = ledger
        self._record = record
        self._workers = workers
        self._sums = Sums()
        self._totals: dict[str, int] = {}
        self._cut_chains: dict[str, Chain] = {}
        self._whole: set[str] = set()
        self._sampled: set[str] = set()
        self._mercies = _MERCIES
        self._outlook = Outlook()
        self.work = Work(())

    def begin(self, chains: Sequence[Chain]) -> Work:
        """The work of a walk: these chains, and what they will be cut into."""
        self._outlook = Outlook()
        for chain in chains:
            left = pages_of(self._total(chain)) - self._ledger.state(chain.id).pages
            self._outlook.expect(chain.id, max(1, left))
        self.work = Work(chains)
        return self.work

    def end(self, chain: Chain) -> None:
        """A worker is through with a chain, however that came."""
        self._outlook.drop(chain.id)

    async def weigh(self, page: Page, asker: Asker) -> None:
        """Raises where others do better than this walk: its shards, or what it was cut from."""
        chain = page.chain
        if page.number == 0:
            self._totals[chain.id] = page.opened.total or 0
            await self._add_up(chain.id, asker)
        if self._sums.is_void(chain.id):
            raise Enough
        total, walked = self._total(chain), page.number + 1
        left = pages_of(total) - walked
        self._outlook.expect(chain.id, left)
        if not (page.next_token and pays(left, walked, self._outlook.rest, self._lanes(asker))):
            return
        if self._may_cut(chain):
            await self._cut(page, total, asker)

    async def _cut(self, page: Page, total: int, asker: Asker) -> None:
        """A long chain gives way to shards; one that cannot be cut goes on as it is."""
        histogram = await self._sample(page)
        pieces = self._pieces(total, self._lanes(asker), sampled=bool(histogram))
        shards = await shards_of(page.chain, pieces, asker, histogram)
        if shards:
            self._sampled.update(one.id for one in shards if histogram)
            raise TooLong(total, page, shards)
        self._whole.add(page.chain.id)

    async def _sample(self, page: Page) -> Histogram:
        """How a chain's records are spread, as far as its first page tells.

        Where a shard is long because a page misled, its own page would mislead again.
        """
        if page.chain.id in self._sampled:
            return ()
        return await asyncio.to_thread(_days_of, page)

    def _pieces(self, total: int, lanes: float, *, sampled: bool) -> int:
        """So many shards as the chain has of the lanes; not fewer than make a difference."""
        left = pages_of(total)
        rest = max(left, self._outlook.rest)
        if sampled:
            return full_pieces(total, share_of(left, rest, lanes), SAMPLED)
        return pieces_for(left, rest, lanes)

    def _lanes(self, asker: Asker) -> float:
        return min(self._workers, asker.lanes)

    async def spare(self, chain: Chain, asker: Asker) -> bool:
        """One bad page spoils no taxon and no list: it is asked for in parts."""
        is_list = len(chain.values) > 1
        if not self._mercies or not (is_list or self._may_cut(chain)):
            return False
        self._mercies -= 1
        return await (self.halve(chain) if is_list else self._part(chain, asker))

    async def _part(self, chain: Chain, asker: Asker) -> bool:
        """Cuts a chain at a page that cannot be had; the pages before it still count."""
        is_shard = bool(chain.shard) and chain.id not in self._ledger.since
        total = self._total(chain)  # known as soon as one page has come
        if not (total or is_shard):
            total = await count_chain(chain, asker) or 0
            if not total:
                return False
        shards = await shards_of(chain, _PARTS, asker, most=_MOST_PARTS)
        if shards:
            await self.split(chain, shards, total or None, kept=True)
        return bool(shards)

    async def halve(self, chain: Chain) -> bool:
        """One bad identifier spoils no list: it is halved until the culprit stands alone."""
        halves = halves_of(chain)
        if halves:
            await self.split(chain, halves)
        return bool(halves)

    async def split(
        self, chain: Chain, into: Sequence[Chain], total: int | None = None, *, kept: bool = False
    ) -> None:
        """A chain gives way to pieces of it; the journal knows, and workers take them next."""
        pieces = [
            {"id": one.id, "values": one.values, "shard": one.shard, "sent": one.sent}
            for one in into
        ]
        record = {"is": "split", "chain": chain.id, "into": pieces, "total": total, "kept": kept}
        await self._record(record)
        for one in into:
            self._outlook.expect(one.id, max(1, pages_of((total or 0) / len(into))))
        self._watch(chain, [one.id for one in into], total, kept=kept)
        self.work.add_first(into)

    def resume(self, cut: Iterable[Chain]) -> None:
        """Chains that were cut before the run was interrupted; the outer ones first."""
        for chain in cut:
            split = self._ledger.splits[chain.id]
            pieces = [piece.id for piece in split.pieces]
            self._watch(chain, pieces, split.total, kept=split.kept)
            for piece in pieces:
                if (total := self._ledger.state(piece).total) is not None:
                    self._sums.count(piece, total)

    def _watch(self, chain: Chain, into: Sequence[str], total: int | None, *, kept: bool) -> None:
        """Pieces add up to the whole, but for what cannot be had in one piece."""
        whole = None if kept else total
        if total is not None:
            self._totals[chain.id] = total
        if whole is not None:
            self._cut_chains[chain.id] = chain
        self._sums.cut(chain.id, whole, into)

    def has_begun(self, chain: Chain) -> bool:
        """Whether a page of the chain has come."""
        return chain.id in self._totals or self._ledger.state(chain.id).pages > 0

    def is_void(self, chain: Chain) -> bool:
        """Whether its rows would count for nothing."""
        return self._sums.is_void(chain.id)

    def _total(self, chain: Chain) -> int:
        """NCBI's count of the chain; of a resumed one, what it said when the run began."""
        return self._totals.get(chain.id) or self._ledger.state(chain.id).total or 0

    def _may_cut(self, chain: Chain) -> bool:
        fresh = self._ledger.state(chain.id).doubt is None and chain.id not in self._whole
        return fresh and bool(axes_of(chain, today()))

    async def rejoin(self, shard: Chain) -> bool:
        """A shard that NCBI refuses: what it was cut from is walked in one piece."""
        chain = self._cut_chains.get(self._sums.parent(shard.id) or "")
        if chain is not None:
            await self._as_one(chain, 0)
        return chain is not None

    async def _add_up(self, shard: str, asker: Asker) -> None:
        """Where shards do not add up to the whole, that is walked in one piece."""
        found = self._sums.count(shard, self._totals[shard])
        if found is None:
            return
        parent, missing = found
        chain, counted = self._cut_chains[parent], self._totals[parent] - missing
        if missing > 0 and (await count_chain(chain, asker) or 0) <= counted:
            return  # NCBI counts fewer by now
        if self._sums.is_void(shard):
            return  # it was found out by another shard meanwhile
        _log.warning("shards do not add up, walked as one", cut=parent, missing=missing)
        await self._as_one(chain, counted)

    async def _as_one(self, chain: Chain, counted: int) -> None:
        """Correctness first: the shards count for nothing."""
        self._sums.forget(chain.id)
        doubt = {"received": counted, "distinct": counted}
        epoch = self._ledger.state(chain.id).epoch + 1
        await self._record({"is": "restart", "chain": chain.id, "epoch": epoch, "doubt": doubt})
        self.work.add_first([chain])


def _days_of(page: Page) -> Histogram:
    for axis in axes_of(page.chain, today()):
        if axis.column:
            return days_in(page.opened.data, axis.column)
    return ()
