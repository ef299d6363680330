"""Runs the chains: the only place that creates tasks and threads."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol

import structlog
from msgspec import Struct, field

from harvester.catalogue import PAGE_SIZE
from harvester.channel import Channel
from harvester.course import Course
from harvester.cutting import Cutter, Enough, TooLong
from harvester.decode import Decoded, decoder_of, open_body
from harvester.errors import OutOfServiceError, RefusedError, TokenRefused, TransientError, first_of
from harvester.fetch import (
    Asker,
    Mark,
    Pace,
    Standing,
    Traffic,
    concerns_all,
    open_asker,
    walk,
)
from harvester.ledger import Ledger
from harvester.model import Chain, Page, Stamp
from harvester.plan import endpoint_of, request_columns
from harvester.shards import lanes_ahead
from harvester.stop import Stop
from harvester.store.journal import Journal, Record
from harvester.store.keeper import Keeper, chain_label
from harvester.telemetry import get_logger
from harvester.work import Work

__all__ = ["Harvest", "Live", "Observer"]

_log = get_logger(__name__)

#: Inflated bytes between fetching and storing: what does not fit there is not asked for.
_IN_FLIGHT = 32 * 2**20
#: Where less waits storing keeps up: while a group is written a few pages come.
_CALM = 24 * 2**20
_DECODERS = 2
#: A stale token may happen again; a chain that starts over this often will never end.
_EPOCHS = 4
#: Refusals that one identifier of a list may have caused.
_CULPRIT = frozenset({400, 404})
#: After the first signal pages under way may arrive for so long.
_DRAIN = 8.0


class Live(Struct):
    """What a watcher may see of a run under way."""

    traffic: Traffic
    rate: float = 0.0
    received: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    standing: Standing = field(default_factory=Standing)
    #: Pages that wait because storing is behind, and whether that is busy with the disk.
    behind: int = 0
    storing: bool = False


class Observer(Protocol):
    """Somebody who watches a run: a progress display, a log line a minute."""

    interval: float

    def tick(self, live: Live) -> None:
        """Called at each interval while the run goes on."""


class Listener(Protocol):
    """Somebody who follows what becomes durable, and keeps nobody waiting."""

    def hear(self, record: Record, void: frozenset[str], *, calm: bool, expected: int) -> None:
        """Called after each fact about pages, with the labels of walks that count no more.

        In a `calm` run memory and time are left for other work. So many rows are `expected` of the
        whole run, as far as NCBI has counted them.
        """

    def rest(self, void: frozenset[str]) -> None:
        """Called when no page is under way."""


class Harvest:
    """One attempt at a run: walks chains, in as many rounds as it takes, through one session."""

    def __init__(
        self, ledger: Ledger, journal: Journal, keeper: Keeper, pace: Pace, observer: Observer
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._keeper = keeper
        self._pace = pace
        self._observer = observer
        self._work = Work(())
        self._channel: Channel[tuple[Page, Future[Decoded]]] = Channel(_IN_FLIGHT)
        self._started = time.monotonic()
        self.live = Live(Traffic(course=Course(pace.rate)))
        self.stop = Stop()
        #: Who hears of pages when they are durable.
        self.listener: Listener | None = None
        self.cutter = Cutter(ledger, self.record, pace.concurrency)

    @property
    def workers(self) -> int:
        """How many chains are walked at once."""
        return self._pace.concurrency

    @property
    def lanes(self) -> float:
        """How many of them use the rate, before a page has told how long one takes."""
        return lanes_ahead(min(self._pace.rate, self._pace.most_pages), self.workers)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Asker]:
        """Threads, session and signal handlers, as long as the block lasts."""
        with (
            ThreadPoolExecutor(1, "store") as self._storing,
            self.stop.on_signals(),
        ):
            async with open_asker(self._pace, open_body, self.live.traffic) as self._asker:
                yield self._asker
            await self._note_traffic()

    async def walk(self, chains: Sequence[Chain]) -> None:
        """Walks the chains; what arrived is durable when this returns."""
        if not chains:
            return
        self._work = self.cutter.begin(chains)
        self._expect_rest(chains)
        self._channel = Channel(_IN_FLIGHT)
        # Memory that was pyarrow's stays with the threads that used it as long as they live.
        with ThreadPoolExecutor(_DECODERS, "decode") as self._decoding:
            await self._run()
        await self._store(self._keeper.flush)
        if self.listener is not None and not self.stop.wanted:
            self.listener.rest(self._ledger.void_labels)

    async def _run(self) -> None:
        """Runs all tasks to their end; the first error of any of them ends them all."""
        try:
            await self._run_tasks()
        except BaseExceptionGroup as group:
            raise first_of(group) from group

    async def _run_tasks(self) -> None:
        async with asyncio.TaskGroup() as group:
            number = range(self._pace.concurrency)
            workers = [group.create_task(self._walk_chains()) for _ in number]
            keeping = group.create_task(self._keep())
            helpers = [
                group.create_task(self._watch(workers)),
                group.create_task(self._report()),
            ]
            await asyncio.wait(workers)
            await self._channel.close()
            await asyncio.wait([keeping])
            for helper in helpers:
                helper.cancel()
            self._observer.tick(self.live)

    async def _walk_chains(self) -> None:
        while (chain := await self._work.take()) is not None:
            try:
                with structlog.contextvars.bound_contextvars(query=chain.query_id, chain=chain.id):
                    await self._attend(chain)
            finally:
                self.cutter.end(chain)
                self._work.done()

    async def _attend(self, chain: Chain) -> None:
        """Walks a chain, and deals with what is in its way."""
        try:
            await self._walk(chain)
        except Enough:
            return
        except TooLong as found:
            if pages := found.page.number:  # what is left of it is announced again by its shards
                self.live.expected[chain.query_id] -= found.total - pages * PAGE_SIZE
            await self.cutter.split(chain, found.shards, found.total)
        except OutOfServiceError as error:
            self.stop.by_outage(error)
        except RefusedError as error:
            await self._refused(chain, error)
        except TransientError as error:
            await self._given_up(chain, error)

    async def _refused(self, chain: Chain, error: RefusedError) -> None:
        _log.warning("refused", reason=str(error), identifiers=len(chain.values))
        if self.cutter.is_void(chain) or await self.cutter.rejoin(chain):
            return
        if error.status not in _CULPRIT or not await self._in_parts(chain):
            await self._fail(chain, error.status, str(error))

    async def _in_parts(self, chain: Chain) -> bool:
        """Asks for less at a time: a list by halves, a taxon of which pages have come in parts."""
        if await self.cutter.halve(chain):
            return True
        return self.cutter.has_begun(chain) and await self.cutter.spare(chain, self._asker)

    async def _given_up(self, chain: Chain, error: TransientError) -> None:
        if self.cutter.is_void(chain):
            return
        if await self._parts_may_come(chain, error) and await self.cutter.spare(chain, self._asker):
            _log.warning("a page fails again and again, asked for in parts", reason=str(error))
        else:
            await self._fail(chain, 0, f"given up: {error}")

    async def _parts_may_come(self, chain: Chain, error: TransientError) -> bool:
        """Whether it is about this chain that its page fails; else so would its parts."""
        if concerns_all(error.reason):
            return False
        return await self._asker.still_answers(endpoint_of(chain)[0])

    async def _walk(self, chain: Chain) -> None:
        """Walks a chain to its end; from its start again where its page token went stale."""
        resource, endpoint = endpoint_of(chain)
        state = self._ledger.state(chain.id)
        mark = Mark(state.epoch, state.pages, state.token, state.total)
        for _ in range(_EPOCHS):
            try:
                await walk(chain, resource, endpoint, mark, self._asker, self._emit)
            except TokenRefused as error:
                _log.warning("page token refused, the chain starts over", reason=str(error))
            else:
                return
            mark = Mark(mark.epoch + 1)
            await self.record({"is": "restart", "chain": chain.id, "epoch": mark.epoch})
        await self._fail(chain, 400, "its page tokens were refused again and again")

    async def _emit(self, page: Page) -> None:
        """Hands a page over to decoding and storing; waits while they are behind."""
        if not self.stop.wanted:
            await self.cutter.weigh(page, self._asker)
        weight = max(len(page.opened.data), 1)
        await self._channel.reserve(weight)
        decode = decoder_of(page.chain.resource).decode
        rows = self._decoding.submit(decode, page.opened.data, self._stamp(page))
        await self._channel.put((page, rows), weight)
        if self.stop.wanted and page.next_token:
            raise Enough

    def _stamp(self, page: Page) -> Stamp:
        chain = page.chain
        return Stamp(
            run_id=self._ledger.run_id,
            fetched_at=page.fetched_at,
            chain=chain_label(chain.id, page.epoch),
            request=request_columns(chain),
        )

    async def _keep(self) -> None:
        async for page, rows in self._channel.read():
            decoded = await asyncio.wrap_future(rows)
            self._show(page.chain.query_id, decoded.received, page.opened.total, page.number)
            await self._store(partial(self._keeper.keep, page, decoded))

    def _show(self, query: str, received: int, total: int | None, number: int) -> None:
        self.live.received[query] += received
        self.live.traffic.course.came(received)
        if number == 0:
            self.live.expected[query] += received if total is None else total

    def _expect_rest(self, chains: Sequence[Chain]) -> None:
        """Of chains that go on in the middle, what is left: their first pages tell nobody now."""
        for chain in chains:
            state = self._ledger.state(chain.id)
            if state.pages and state.total is not None:
                self.live.expected[chain.query_id] += max(0, state.total - state.received)

    async def _store(self, step: Callable[[], list[Record]]) -> None:
        """Runs one step of the keeper in the writer's thread and takes its facts in."""
        loop = asyncio.get_running_loop()
        self.live.storing = True
        records = await loop.run_in_executor(self._storing, step)
        self.live.storing = False
        for record in records:
            self._ledger.apply(record)
            if self.listener is not None:
                expected = self.live.expected.total()
                void = self._ledger.void_labels
                self.listener.hear(record, void, calm=self._calm, expected=expected)

    @property
    def _calm(self) -> bool:
        """Whether the rate is what the run waits for, and storing keeps up."""
        return self._asker.standing.pressed and self._channel.weight < _CALM

    async def record(self, record: Record) -> None:
        """Writes one fact of its own into the journal."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._storing, self._journal.append, record)
        self._ledger.apply(record)

    async def _fail(self, chain: Chain, status: int, reason: str) -> None:
        _log.error("chain failed", reason=reason)
        await self.record({"is": "failed", "chain": chain.id, "status": status, "reason": reason})

    async def _note_traffic(self) -> None:
        traffic = self.live.traffic
        counts = {
            "requests": traffic.requests,
            "retries": traffic.retried,
            "throttled": traffic.throttled,
            "bytes_received": traffic.bytes_received,
            "seconds": round(time.monotonic() - self._started, 3),
        }
        course = traffic.course.document()
        record = {"is": "traffic", "counts": counts, "reasons": traffic.retries, "course": course}
        await self.record(record)  # after what was still on its way to the journal

    async def _watch(self, workers: Sequence[asyncio.Task[None]]) -> None:
        """When the end is wanted, pages under way get a moment; then their workers are stopped."""
        await self.stop.wait()
        self._work.stop()
        await asyncio.wait(workers, timeout=_DRAIN)
        for worker in workers:
            worker.cancel()

    async def _report(self) -> None:
        while True:
            self.live.rate, self.live.standing = self._asker.rate, self._asker.standing
            self.live.behind = self._channel.waiting
            self._observer.tick(self.live)
            await asyncio.sleep(self._observer.interval)
