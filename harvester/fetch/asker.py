"""One request until it is answered, refused, or given up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from math import inf
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import PAGE_SIZE, Resource
from harvester.errors import HarvesterError, OwnFault, RefusedError, TransientError
from harvester.fetch.breaker import Breaker
from harvester.fetch.diagnosis import concerns_all
from harvester.fetch.exchange import Exchange, Reply
from harvester.fetch.gate import Gate
from harvester.fetch.pace import Pace
from harvester.fetch.pacing import Pacer, pacer_of
from harvester.fetch.request import Request
from harvester.fetch.retry import Budget, judge_status
from harvester.fetch.session import open_session
from harvester.fetch.traffic import Traffic
from harvester.fetch.witness import Witness
from harvester.model import Opened
from harvester.telemetry import get_logger
from harvester.texts import Mask

__all__ = ["Asker", "Opener", "Standing", "open_asker"]

_log = get_logger(__name__)

#: What any healthy NCBI answers, whatever is wrong with the requests of a run.
_NEUTRAL = Request("GET", "/version", "application/json")
_SERVER_ERROR = 500
_THROTTLED = "http 429"
#: By chance alone one answer in five may be lost, but hardly both.
_WORDS = 2
#: An answer of so many bytes, as they travel, is a page, however few its records are.
_PAGE_BYTES = 20_000


class Standing(Struct, frozen=True):
    """What stands between the run and its next page: requests kept waiting, NCBI's wishes.

    `pressed`: just now the rate kept a request waiting, perhaps none at this very moment.
    """

    waiting: int = 0
    slowed: bool = False
    away: bool = False
    pressed: bool = False


class Opener(Protocol):
    """Inflates a body and takes its envelope off; runs in a worker thread."""

    def __call__(
        self,
        body: bytes,
        *,
        compressed: bool,
        ndjson: bool,
        list_field: str | None,
        limit: int,
        mask: Callable[[bytes], bytes],
        lenient: bool,
    ) -> Opened:
        """The records of one answer, no larger than the limit, without what the mask hides."""


class Asker:
    """Sends one request until it is answered, refused, or its budget or the run's is used up."""

    def __init__(
        self,
        exchange: Exchange,
        pace: Pace,
        pacer: Pacer,
        opener: Opener,
        traffic: Traffic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._exchange = exchange
        self._policy = pace.policy
        self._page_limit = pace.page_limit
        self._most_pages = pace.most_pages
        self._mask = Mask(pace.api_key)
        self._pacer = pacer
        self._opener = opener
        self._chance = chance
        self._budget = Budget()
        self._witness = Witness()
        self._silent = set[str]()
        clock = asyncio.get_running_loop().time
        self._gate = Gate(Breaker(pace.patience, clock, chance), self._lives)
        self.traffic = traffic

    @property
    def lanes(self) -> float:
        """How many chains must be walked at once to use the rate; 0 while no page has come."""
        return min(self._pacer.rate, self._most_pages) * self._exchange.page_seconds

    @property
    def rate(self) -> float:
        """Requests a second at this moment."""
        return self._pacer.rate

    @property
    def standing(self) -> Standing:
        """What requests wait for at this moment."""
        pacer = self._pacer
        return Standing(pacer.waiting, pacer.slowed, self._gate.shut, pacer.pressed)

    async def ask(self, request: Request, resource: Resource) -> Opened:
        """The opened answer, with the next token from its header or its body."""
        attempt, probe = 0, False
        while True:
            try:
                async with self._gate.passage() as probe:
                    opened = await self._try(request, resource, probe=probe)
            except TransientError as error:
                attempt += not probe or isinstance(error, OwnFault)
                await self._pause(attempt, error)
                request = replace(request, behind=inf)  # it has waited in line before
            else:
                self._witness.remember(request, resource.name, len(opened.data))
                self._silent.discard(resource.name)
                self._budget.good += 1
                self._pacer.credit()
                return opened

    async def _try(self, request: Request, resource: Resource, *, probe: bool) -> Opened:
        """Where a probe fails, a question like it tells whether NCBI is away or it is at fault."""
        try:
            return await self._once(request, resource.list_field)
        except TransientError as error:
            if not probe or concerns_all(error.reason):
                raise
            if await self._others_are_answered(request, resource):
                raise OwnFault(error.reason, error.detail, error.wait) from error
            raise

    async def _others_are_answered(self, request: Request, resource: Resource) -> bool:
        like = self._witness.question(request, resource.name)
        if like is None:
            return False
        try:
            await self._once(like, resource.list_field)
        except HarvesterError:
            return False
        return True

    async def still_answers(self, resource: Resource) -> bool:
        """Whether NCBI answers a page that it has answered before; where none was, who knows."""
        had = self._witness.had(resource.name)
        if had is None:
            return True
        if resource.name in self._silent:
            return False
        for _ in range(_WORDS):
            try:
                await self._once(had, resource.list_field)
            except TransientError as error:
                last = str(error)
            except RefusedError:
                return True  # refused or not, it is an answer
            else:
                return True
        self._silent.add(resource.name)
        _log.warning("not even a page that was had before", reason=last)
        return False

    async def _pause(self, attempt: int, error: TransientError) -> None:
        """Waits before the next try; while NCBI is away, the gate is where all wait."""
        self.traffic.again(error.reason)
        if self._gate.shut:
            return
        wait = self._policy.wait(attempt, error, self._chance())
        if wait is None:
            raise error
        if self._budget.spent:
            raise _spent(error, self._budget.used) from error
        self._budget.used += 1
        _log.warning("asking again", reason=str(error), attempt=attempt, wait=round(wait, 2))
        await asyncio.sleep(wait)

    async def _once(self, request: Request, list_field: str | None) -> Opened:
        reply = await self._exchange.send(request)
        self._pacer.heed(reply.headers)
        detail = "" if reply.good else self._exchange.told(reply.detail)
        fault = judge_status(reply.status, reply.headers, detail, datetime.now(UTC))
        if fault is not None:
            self._obey(fault)
            raise fault
        return await self._open(reply, list_field, lenient=request.lenient)

    def _obey(self, fault: HarvesterError) -> None:
        """Who asks for a wait means all requests, also where this one is given up."""
        if not isinstance(fault, TransientError):
            return
        self._pacer.hold(fault.wait or 0.0)
        if fault.reason == _THROTTLED:
            self.traffic.throttled += 1
            self._pacer.slow_down(max(fault.wait or 0.0, self._policy.first_wait))

    async def _open(self, reply: Reply, list_field: str | None, *, lenient: bool) -> Opened:
        opened = await asyncio.to_thread(
            self._opener,
            reply.body,
            compressed=reply.compressed,
            ndjson=reply.ndjson,
            list_field=list_field,
            limit=self._page_limit,
            mask=self._mask.data,
            lenient=lenient,
        )
        if _is_page(reply, opened):
            self._exchange.page_took(reply.seconds)
        return replace(opened, next_token=self._mask.text(reply.token or opened.next_token))

    async def _lives(self) -> bool:
        """Whether NCBI answers the neutral question, be it with a refusal."""
        try:
            await self._once(_NEUTRAL, None)
        except TransientError as error:
            _log.warning("NCBI does not even tell its version", last=str(error))
            return False
        except RefusedError as error:
            return error.status < _SERVER_ERROR
        return True


def _is_page(reply: Reply, opened: Opened) -> bool:
    """Whether its time tells what a page takes: small answers say nothing, thin records do."""
    return len(reply.body) >= _PAGE_BYTES or opened.data.count(b"\n") >= PAGE_SIZE - 1


def _spent(error: TransientError, used: int) -> TransientError:
    """The same fault, which the run can no longer afford to ask about again."""
    why = f"not asked again, because this run has asked again {used} times already"
    return TransientError(error.reason, f"{error.detail} ({why})".lstrip())


@asynccontextmanager
async def open_asker(pace: Pace, opener: Opener, traffic: Traffic) -> AsyncIterator[Asker]:
    """The one asker of a run, with the one pacer, session and breaker behind it."""
    pacer = pacer_of(pace)
    async with open_session(pace, pacer, traffic) as session:
        try:
            yield Asker(Exchange(session, pace, traffic), pace, pacer, opener, traffic)
        finally:
            if traffic.retries:
                _log.info("asked again", reasons=dict(sorted(traffic.retries.items())))
