"""The course of a run: look names up, walk, review, walk again what is in doubt, ask by key."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from harvester.axes import shards_of
from harvester.catalogue import RESOURCES
from harvester.counting import count_chain
from harvester.engine import Harvest
from harvester.errors import OutOfServiceError, first_of
from harvester.fetch import Asker
from harvester.ledger import Ledger
from harvester.model import Chain, Job
from harvester.plan import names_of, numbered, plan_chains
from harvester.publish import Survey
from harvester.review import Review
from harvester.shards import Histogram, pieces_ahead
from harvester.store.journal import Record
from harvester.taxa import look_up

__all__ = ["Conduct"]

T = TypeVar("T")


class _Stopped(Exception):
    """The run wants to end before this work is done."""


class Conduct(Struct, frozen=True):
    """Leads one attempt of a run through its rounds, until nothing is left to ask."""

    job: Job
    ledger: Ledger
    harvest: Harvest
    review: Review

    async def run(self) -> None:
        """Asks for all that the job wants; stops early where the run is to end."""
        async with self.harvest.open() as asker:
            try:
                await self._rounds(asker)
            except OutOfServiceError as error:
                self.harvest.stop.by_outage(error)
            except _Stopped:
                return

    async def _rounds(self, asker: Asker) -> None:
        await self._name_taxa(asker)
        cut = self.ledger.cut(plan_chains(self.job.queries))
        self.harvest.cutter.resume(self._numbered(cut))
        await self._divide_ahead(asker)
        await self._walk()
        while await self._doubt(asker):  # no chain is doubted twice
            await self._walk()
        if await self._ask_by_key():
            await self._walk()

    async def _walk(self) -> None:
        open_chains = self.ledger.open_chains(self.review.chains)
        if not open_chains or self.harvest.stop.wanted:
            return
        self.review.walked()
        await self.harvest.walk(self._numbered(open_chains))

    def _numbered(self, chains: Iterable[Chain]) -> list[Chain]:
        """The chains as they are asked for: by the numbers of taxa, where these are known."""
        numbers = {name: taxon.tax_id for name, taxon in self.ledger.taxa.items()}
        return [numbered(chain, numbers) for chain in chains]

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result; a wish to end is not kept waiting by it."""
        task = asyncio.create_task(work)
        wish = asyncio.create_task(self.harvest.stop.wait())
        try:
            await asyncio.wait({task, wish}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise _Stopped
            return await task
        finally:  # also where nobody waits for this run any more
            wish.cancel()
            task.cancel()

    async def _name_taxa(self, asker: Asker) -> None:
        """Names to numbers, once a run: what is asked by number is not taken for another taxon."""
        names = [name for name in names_of(self.job.queries) if name not in self.ledger.looked_up]
        if names and self.ledger.open_chains(self.review.chains):
            found = await self._unless_stopped(look_up(names, asker))
            taxa = {name: asdict(taxon) for name, taxon in found.items()}
            await self.harvest.record({"is": "taxa", "names": names, "taxa": taxa})

    async def _divide_ahead(self, asker: Asker) -> None:
        """Cuts chains of known size into equal shards, where chains are fewer than workers."""
        chains = self.ledger.open_chains(self.review.chains)
        if len(chains) < self.harvest.workers:
            await self._unless_stopped(self._divide_all(self._numbered(chains), asker))

    async def _divide_all(self, chains: Sequence[Chain], asker: Asker) -> None:
        """All at once: each is counted by a request, and the rate waits for none of them."""
        # Of the shards of a resumed run the lake knows no days.
        planned = {chain.id for chain in plan_chains(self.job.queries)}
        states = ((one, self.ledger.state(one.id)) for one in chains if one.id in planned)
        untouched = [chain for chain, state in states if not (state.pages or state.epoch)]
        known = await asyncio.to_thread(lambda: list(self.review.histograms(untouched)))
        sizes = [sum(count for _, count in days) for _, days in known]
        pieces = pieces_ahead(sizes, self.harvest.lanes)
        try:
            async with asyncio.TaskGroup() as group:
                for (chain, days), number in zip(known, pieces, strict=True):
                    if number > 1:
                        group.create_task(self._divide(chain, number, days, asker))
        except BaseExceptionGroup as errors:
            raise first_of(errors) from errors

    async def _divide(self, chain: Chain, pieces: int, days: Histogram, asker: Asker) -> None:
        shards = await shards_of(chain, pieces, asker, days)
        total = await count_chain(chain, asker) if shards else None
        if total:
            await self.harvest.cutter.split(chain, shards, total)

    async def _doubt(self, asker: Asker) -> bool:
        """Whether chains are to be walked again, because they brought less than they should."""
        if self.harvest.stop.wanted:
            return False
        found = await asyncio.to_thread(self.review.survey)
        counted = await self._counted(self.review.empty_taxa(), asker)
        doubts = self.review.doubts(found, counted) or await self._count_again(found, asker)
        for record in doubts:
            await self.harvest.record(record)
        return any(record["is"] == "restart" for record in doubts)

    async def _count_again(self, found: Survey, asker: Asker) -> list[Record]:
        """What becomes of chains whose shards do not add up: NCBI may hold fewer by now."""
        records = []
        for chain, distinct in self.review.uncovered(found):
            (whole,) = self._numbered([chain])
            counted = await self._unless_stopped(count_chain(whole, asker))
            records.append(self.review.counted_again(found, chain, distinct, counted))
        return [record for record in records if record is not None]

    async def _counted(self, chains: Sequence[Chain], asker: Asker) -> dict[str, int]:
        """How many records NCBI Taxonomy counts for taxa that answered with nothing."""
        names = tuple(dict.fromkeys(chain.values[0] for chain in chains))
        found = await self._unless_stopped(look_up(names, asker))
        return {
            chain.id: dict(found[name].counts).get(RESOURCES[chain.resource].counted_as, 0)
            for chain in chains
            if (name := chain.values[0]) in found
        }

    async def _ask_by_key(self) -> bool:
        """Whether rows that nobody delivered any more are to be asked for by their keys."""
        if self.harvest.stop.wanted or self.ledger.by_key is not None:
            return self.ledger.by_key is not None
        found = await asyncio.to_thread(self.review.survey)
        verdict = self.review.standing(found)
        await self.harvest.record(await asyncio.to_thread(self.review.by_key, verdict))
        return True
