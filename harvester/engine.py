"""Runs the chains: the only place that creates tasks and threads."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import structlog

from harvester.catalogue import RESOURCES
from harvester.channel import Channel
from harvester.decode import Decoded, Decoder, open_body
from harvester.errors import OutOfServiceError, RefusedError, TokenRefused, TransientError
from harvester.fetch import Asker, Mark, Pacer, Policy, Traffic, open_session, walk
from harvester.ledger import Ledger
from harvester.model import Chain, Opened, Page, Stamp
from harvester.plan import endpoint_of, halves_of, request_columns
from harvester.stop import Stop
from harvester.store.journal import Journal, Record
from harvester.store.keeper import Keeper, chain_label

__all__ = ["Harvest", "Live", "Observer", "Pace"]

_log = structlog.get_logger(__name__)

#: Inflated bytes between fetching and storing: what does not fit there is not asked for.
_IN_FLIGHT = 48 * 2**20
_DECODERS = 2
#: A stale token may happen again; a chain that starts over this often will never end.
_EPOCHS = 4
#: Refusals that one identifier of a list may have caused.
_CULPRIT = frozenset({400, 404})
#: After the first signal pages under way may arrive for so long.
_DRAIN = 8.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run may treat NCBI."""

    base_url: str
    rate: float
    concurrency: int
    api_key: str | None = field(default=None, repr=False)
    policy: Policy = field(default_factory=Policy)


@dataclass(slots=True)
class Live:
    """What a watcher may see of a run under way."""

    traffic: Traffic
    rate: float = 0.0
    received: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)


class Observer(Protocol):
    """Somebody who watches a run: a progress display, a log line a minute."""

    interval: float

    def tick(self, live: Live) -> None:
        """Called at each interval while the run goes on."""


@dataclass(slots=True)
class Tally:
    """Records that one walk of a chain brought, against NCBI's own count."""

    lines: int = 0
    total: int | None = None

    def count(self, opened: Opened) -> None:
        """Takes one more answer in."""
        data = opened.data
        self.lines += data.count(b"\n") + bool(data and not data.endswith(b"\n"))
        self.total = opened.total if self.total is None else self.total

    @property
    def short(self) -> bool:
        """Whether NCBI counts more records than it gave."""
        return self.total is not None and self.lines < self.total


class _Draining(Exception):
    """A chain stops after its page because the run wants to end."""


class Harvest:
    """One attempt to walk a run's open chains to their ends."""

    def __init__(self, ledger: Ledger, journal: Journal, keeper: Keeper, pace: Pace) -> None:
        self._ledger = ledger
        self._journal = journal
        self._keeper = keeper
        self._pace = pace
        self._queue: deque[Chain] = deque()
        self._channel: Channel[tuple[Page, Future[Decoded]]] = Channel(_IN_FLIGHT)
        self._decoders = {name: Decoder(resource) for name, resource in RESOURCES.items()}
        self._started = time.monotonic()
        self.live = Live(Traffic())
        self.stop = Stop()

    async def run(self, chains: Sequence[Chain], observer: Observer) -> None:
        """Walks the chains; what arrived is durable when this returns."""
        self._queue.extend(chains)
        pacer = Pacer(self._pace.rate)
        with (
            ThreadPoolExecutor(_DECODERS, "decode") as self._decoding,
            ThreadPoolExecutor(1, "store") as self._storing,
            self.stop.on_signals(),
        ):
            async with open_session(
                pacer,
                self.live.traffic,
                concurrency=self._pace.concurrency,
                api_key=self._pace.api_key,
            ) as session:
                asker = Asker(
                    session,
                    self._pace.base_url,
                    pacer=pacer,
                    policy=self._pace.policy,
                    opener=open_body,
                    traffic=self.live.traffic,
                )
                await self._work(asker, pacer, observer)
            await self._store(self._keeper.flush)
            self._note_traffic()

    async def _work(self, asker: Asker, pacer: Pacer, observer: Observer) -> None:
        """Runs all tasks to their end; the first error of any of them ends them all."""
        try:
            await self._run_tasks(asker, pacer, observer)
        except BaseExceptionGroup as group:
            raise _first(group) from group

    async def _run_tasks(self, asker: Asker, pacer: Pacer, observer: Observer) -> None:
        async with asyncio.TaskGroup() as group:
            number = min(self._pace.concurrency, max(1, len(self._queue)))
            workers = [group.create_task(self._walk_chains(asker)) for _ in range(number)]
            keeping = group.create_task(self._keep())
            helpers = [
                group.create_task(self._watch(workers)),
                group.create_task(self._report(observer, pacer)),
            ]
            await asyncio.wait(workers)
            await self._channel.close()
            await asyncio.wait([keeping])
            for helper in helpers:
                helper.cancel()
            observer.tick(self.live)

    async def _walk_chains(self, asker: Asker) -> None:
        while self._queue and not self.stop.wanted:
            chain = self._queue.popleft()
            with structlog.contextvars.bound_contextvars(query=chain.query_id, chain=chain.id):
                try:
                    await self._walk(chain, asker)
                except _Draining:
                    return
                except OutOfServiceError as error:
                    self.stop.by_outage(error)
                except RefusedError as error:
                    await self._refused(chain, error)
                except TransientError as error:
                    await self._fail(chain, 0, f"given up after many tries: {error}")

    async def _refused(self, chain: Chain, error: RefusedError) -> None:
        """One bad identifier spoils no list: the list is halved until the culprit stands alone."""
        halves = halves_of(chain)
        if not halves or error.status not in _CULPRIT:
            await self._fail(chain, error.status, str(error))
            return
        _log.warning("list refused, asked for by halves", reason=str(error), size=len(chain.values))
        into = [{"id": half.id, "values": half.values} for half in halves]
        await self._record({"is": "split", "chain": chain.id, "into": into})
        self._queue.extendleft(reversed(halves))

    async def _walk(self, chain: Chain, asker: Asker) -> None:
        """Walks a chain to its end; from its start again where its end cannot be trusted."""
        resource, endpoint = endpoint_of(chain)
        state = self._ledger.state(chain.id)
        mark = Mark(state.epoch, state.pages, state.token)
        tally = Tally(state.received, state.total)
        doubted = False
        for _ in range(_EPOCHS):
            emit = partial(self._emit, tally)
            try:
                await walk(chain, resource, endpoint, mark, asker, emit)
            except TokenRefused as error:
                _log.warning("page token refused, the chain starts over", reason=str(error))
            else:
                if doubted or not tally.short:
                    return
                doubted = True
                _log.warning("records missing, asked again", expected=tally.total, got=tally.lines)
            mark, tally = Mark(mark.epoch + 1), Tally()
            await self._record({"is": "restart", "chain": chain.id, "epoch": mark.epoch})
        await self._fail(chain, 400, "its page tokens were refused again and again")

    async def _emit(self, tally: Tally, page: Page) -> None:
        """Hands a page over to decoding and storing; waits while they are behind."""
        tally.count(page.opened)
        weight = max(len(page.opened.data), 1)
        await self._channel.reserve(weight)
        decoder = self._decoders[page.chain.resource]
        rows = self._decoding.submit(decoder.decode, page.opened.data, self._stamp(page))
        await self._channel.put((page, rows), weight)
        if self.stop.wanted and page.next_token:
            raise _Draining

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
        if number == 0:
            self.live.expected[query] += received if total is None else total

    async def _store(self, step: Callable[[], list[Record]]) -> None:
        """Runs one step of the keeper in the writer's thread and takes its facts in."""
        loop = asyncio.get_running_loop()
        for record in await loop.run_in_executor(self._storing, step):
            self._ledger.apply(record)

    async def _record(self, record: Record) -> None:
        """Writes one fact of its own into the journal."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._storing, self._journal.append, record)
        self._ledger.apply(record)

    async def _fail(self, chain: Chain, status: int, reason: str) -> None:
        _log.error("chain failed", reason=reason)
        await self._record({"is": "failed", "chain": chain.id, "status": status, "reason": reason})

    def _note_traffic(self) -> None:
        counts = {
            "requests": self.live.traffic.requests,
            "retries": self.live.traffic.retried,
            "throttled": self.live.traffic.throttled,
            "bytes_received": self.live.traffic.bytes_received,
            "seconds": round(time.monotonic() - self._started, 3),
        }
        record = {"is": "traffic", "counts": counts}
        self._journal.append(record)
        self._ledger.apply(record)

    async def _watch(self, workers: Sequence[asyncio.Task[None]]) -> None:
        """When the end is wanted, pages under way get a moment; then their workers are stopped."""
        await self.stop.wait()
        await asyncio.wait(workers, timeout=_DRAIN)
        for worker in workers:
            worker.cancel()

    async def _report(self, observer: Observer, pacer: Pacer) -> None:
        while True:
            self.live.rate = pacer.rate
            observer.tick(self.live)
            await asyncio.sleep(observer.interval)


def _first(error: BaseException) -> BaseException:
    """The error that a group of errors began with."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
