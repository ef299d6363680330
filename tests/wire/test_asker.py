"""One request at a time, and many at once: budgets, holds, deadlines, limits, secrets."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from math import inf
from typing import TypeVar

import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.decode import open_body
from harvester.errors import OutOfServiceError, RefusedError, TransientError
from harvester.fetch import Asker, Pace, Policy, Request, Traffic, open_asker
from harvester.fetch.pacing import Pacer
from harvester.fetch.session import open_session
from harvester.fetch.window import Departure
from harvester.sandbox import SandboxConfig, serve_in_thread
from tests.wire.scripted import Answer, Script, says, serve

T = TypeVar("T")

FAST = Policy(attempts=4, first_wait=0.0, longest_wait=0.0)
GENES = Request("GET", "/gene/id/1", "application/json")
GOOD = json.dumps({"reports": [{"gene": {"gene_id": "1"}}], "total_count": 1})
KEY = "0123456789abcdef0123456789abcdef0123"


def _talk(
    work: Callable[[Asker, Script], Awaitable[T]],
    *answers: Answer,
    traffic: Traffic | None = None,
    **more: object,
) -> T:
    async def main() -> T:
        async with serve(*answers) as script:
            pace = Pace(**{"base_url": script.url, "rate": 1000, "concurrency": 8, **more})  # type: ignore[arg-type]
            async with open_asker(pace, open_body, traffic or Traffic()) as asker:
                return await work(asker, script)

    return asyncio.run(main())


async def _ask(asker: Asker, _: Script) -> bytes:
    return (await asker.ask(GENES, RESOURCES["gene"])).data


def _only_version() -> Answer:
    """A service that lives, and fails whatever is asked."""

    async def answer(request: web.Request) -> web.StreamResponse:
        status = 200 if request.path.endswith("/version") else 500
        return web.json_response({"version": "18"}, status=status)

    return answer


def test_one_run_after_another_keeps_the_distance() -> None:
    """The first request of a run waits where another run of this process has asked just now."""

    async def main() -> list[float]:
        moments: list[float] = []

        async def answer(_: web.Request) -> web.StreamResponse:
            moments.append(asyncio.get_running_loop().time())
            return web.json_response(json.loads(GOOD))

        async with serve(answer) as script:
            pace = Pace(base_url=script.url, rate=4, concurrency=8)
            for _ in range(2):
                async with open_asker(pace, open_body, Traffic()) as asker:
                    await _ask(asker, script)
        return moments

    first, second = asyncio.run(main())
    assert second - first > 0.15  # of 0.26: the first may have come a little late


class _Stalled(Pacer):
    """The process is busy with something else as soon as a request may leave."""

    async def turn(self, behind: float = inf) -> Departure:
        self.departure = await super().turn(behind)
        asyncio.get_running_loop().call_soon(time.sleep, 0.5)
        return self.departure


@pytest.mark.parametrize("body", [None, b'{"gene_ids": [1]}'])
def test_the_pacer_learns_when_a_request_has_left(body: bytes | None) -> None:
    async def main(url: str) -> float:
        pacer = _Stalled(10)
        context = (lambda: None, inf)
        async with open_session(Pace(url, 10, 1), pacer, Traffic()) as session:
            call = session.post(f"{url}/gene", data=body, trace_request_ctx=context)
            async with call as response:
                await response.read()
        return pacer.departure.moment

    with serve_in_thread(SandboxConfig()) as served:
        left = asyncio.run(main(served.url))
        (arrival,) = served.stats.arrivals
    assert arrival - left < 0.4


async def _lanes(asker: Asker, _: Script) -> float:
    await asker.ask(GENES, RESOURCES["genome"])
    return asker.lanes


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize(
    ("records", "width", "page"),
    [(1000, 0, True), (30, 1000, True), (900, 0, False), (1, 0, False)],
)
def test_what_a_page_takes_is_learned_from_full_pages_also_of_thin_records(
    kind: str, records: int, width: int, *, page: bool
) -> None:
    dice = random.Random(7)
    told = [
        {"accession": f"GCA_{number:09}.1", "x": dice.randbytes(width).hex()}
        for number in range(records)
    ]
    whole = json.dumps({"reports": told, "next_page_token": "t"})
    lines = "".join(json.dumps(record) + "\n" for record in told)
    body = gzip.compress((whole if kind.endswith("/json") else lines).encode())
    answer = says(body, kind=kind, token="t", Content_Encoding="gzip")
    assert (_talk(_lanes, answer) > 0) == page


def test_a_run_asks_again_so_often_and_no_more() -> None:
    traffic = Traffic()
    endless = Policy(attempts=100_000, first_wait=0.0, longest_wait=0.0)
    with pytest.raises(TransientError, match="has asked again 200 times") as caught:
        _talk(_ask, _only_version(), traffic=traffic, policy=endless, patience=0.05)
    assert caught.value.reason == "http 500"
    assert 200 < traffic.retries["http 500"] < 240


def test_good_answers_earn_more_tries() -> None:
    traffic = Traffic()
    endless = Policy(attempts=100_000, first_wait=0.0, longest_wait=0.0)
    answers = [says(GOOD)] * 30 + [_only_version()]

    async def work(asker: Asker, script: Script) -> None:
        for _ in range(30):
            await _ask(asker, script)
        await _ask(asker, script)

    with pytest.raises(TransientError, match="has asked again 230 times"):
        _talk(work, *answers, traffic=traffic, policy=endless, patience=0.05)


class _Heard(Traffic):
    """Tells when a fault has been heard of."""

    heard: asyncio.Event = msgspec.field(default_factory=asyncio.Event)

    def again(self, reason: str) -> None:
        super().again(reason)
        self.heard.set()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("attempts", [4, 1])
def test_a_stated_wait_holds_all_workers_also_on_the_last_attempt(
    status: int, attempts: int
) -> None:
    moments: list[float] = []
    traffic = _Heard()

    async def limited(request: web.Request) -> web.StreamResponse:
        moments.append(asyncio.get_running_loop().time())
        if len(moments) == 1:
            return web.Response(status=status, headers={"Retry-After": "1"})
        return web.Response(text=GOOD, content_type=request.headers["Accept"])

    async def work(asker: Asker, script: Script) -> float:
        first = asyncio.create_task(_ask(asker, script))
        await traffic.heard.wait()
        await asyncio.gather(*(_ask(asker, script) for _ in range(6)))
        await asyncio.gather(first, return_exceptions=True)
        return asker.rate

    policy = Policy(attempts=attempts, first_wait=0.0, longest_wait=0.0)
    rate = _talk(work, limited, traffic=traffic, policy=policy)
    assert rate == (500 if status == 429 else 1000)
    assert len(moments) == (7 if attempts == 1 else 8)
    assert min(moments[1:]) - moments[0] >= 0.99


OTHER = Request("GET", "/gene/id/2", "application/json")
SMALL = Request("GET", "/gene/id/3", "application/json")
#: More tries than failures in a row that make all requests pause.
INSISTENT = Policy(attempts=10, first_wait=0.0, longest_wait=0.0)


def _only_others(status: int, others: int = 200) -> Answer:
    """A service that answers all but one gene."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith(GENES.path):
            return web.Response(text="Internal error", status=status)
        return web.json_response(json.loads(GOOD), status=others)

    return answer


async def _asked_for(request: Request, asker: Asker, script: Script) -> Counter[str]:
    """The paths that are asked for until the request is given up."""
    with pytest.raises(TransientError):
        await asker.ask(request, RESOURCES["gene"])
    return Counter(f"/{one.match_info['path']}" for one in script.asked)


def test_a_request_that_fails_by_itself_is_no_outage() -> None:
    """However long the patience: what is easier to answer is answered."""

    async def work(asker: Asker, script: Script) -> Counter[str]:
        return await _asked_for(replace(GENES, small=OTHER), asker, script)

    asked = _talk(work, _only_others(500), policy=INSISTENT, patience=3.0)
    assert asked == {GENES.path: 10, OTHER.path: 1}


def test_what_was_answered_before_tells_that_ncbi_is_not_away() -> None:
    async def work(asker: Asker, script: Script) -> Counter[str]:
        await asker.ask(replace(OTHER, small=SMALL), RESOURCES["gene"])
        await asker.ask(
            Request("GET", "/gene/id/4?page_token=t", "", small=SMALL), RESOURCES["gene"]
        )
        return await _asked_for(replace(GENES, small=SMALL), asker, script)

    asked = _talk(work, _only_others(500), policy=INSISTENT, patience=3.0)
    assert asked == {GENES.path: 10, OTHER.path: 2, "/gene/id/4": 1}


def test_a_page_that_was_had_before_tells_whether_a_resource_is_answered_at_all() -> None:
    """Asked twice; and not again before something of it has been answered."""
    gene = RESOURCES["gene"]
    dead = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if dead.is_set() and request.path.endswith(OTHER.path):
            return web.Response(text="Internal error", status=500)
        return web.json_response(json.loads(GOOD))

    async def work(asker: Asker, script: Script) -> list[tuple[bool, int]]:
        async def told() -> tuple[bool, int]:
            before = len(script.asked)
            return await asker.still_answers(gene), len(script.asked) - before

        found = [await told()]
        await asker.ask(replace(OTHER, small=SMALL), gene)
        found.append(await told())
        dead.set()
        found += [await told(), await told()]
        await asker.ask(Request("GET", "/gene/id/4", ""), gene)
        return [*found, await told()]

    assert _talk(work, answer) == [(True, 0), (True, 1), (False, 2), (False, 0), (False, 2)]


def test_a_wait_that_is_asked_for_holds_whatever_question_it_answers() -> None:
    """Also the one that tells whether NCBI is away."""

    async def busy(request: web.Request) -> web.StreamResponse:
        moments.append(asyncio.get_running_loop().time())
        if request.path.endswith(SMALL.path):
            told.append(moments[-1])
            return web.Response(status=429, headers={"Retry-After": "2"})
        return web.Response(status=500)

    moments, told = list[float](), list[float]()

    async def work(asker: Asker, _: Script) -> None:
        with pytest.raises(OutOfServiceError):
            await asker.ask(replace(GENES, small=SMALL), RESOURCES["gene"])

    traffic = Traffic()
    _talk(work, busy, policy=INSISTENT, patience=1.0, traffic=traffic)
    assert all(not 0 < moment - told[0] < 1.9 for moment in moments)
    assert traffic.throttled == len(told) > 0


def test_an_ncbi_that_is_too_busy_for_any_page_is_not_excused_without_end() -> None:
    async def work(asker: Asker, script: Script) -> Counter[str]:
        for _ in range(9):
            with suppress(TransientError):
                await asker.ask(replace(GENES, small=SMALL), RESOURCES["gene"])
        return Counter(f"/{one.match_info['path']}" for one in script.asked)

    asked = _talk(work, _only_others(500), policy=INSISTENT, patience=0.5)
    assert asked[SMALL.path] == 8
    assert asked["/version"] > 0


@pytest.mark.parametrize(("status", "others", "more"), [(500, 404, True), (429, 200, False)])
def test_where_nothing_like_it_is_answered_an_outage_is_waited_out(
    status: int, others: int, *, more: bool
) -> None:
    """Nor is one told from a fault that has nothing to do with what was asked for."""

    async def work(asker: Asker, script: Script) -> Counter[str]:
        with pytest.raises(OutOfServiceError):
            await asker.ask(replace(GENES, small=OTHER), RESOURCES["gene"])
        return Counter(f"/{one.match_info['path']}" for one in script.asked)

    async def dead(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/version"):
            return web.Response(status=500)
        return await _only_others(status, others)(request)

    asked = _talk(work, dead, policy=INSISTENT, patience=1.0)
    assert (asked[OTHER.path] > 0) is more
    assert asked["/version"] == 1


def test_the_deadline_counts_from_the_moment_a_request_leaves() -> None:
    traffic = Traffic()
    hasty = Policy(attempts=1, deadline=0.4)

    async def work(asker: Asker, script: Script) -> None:
        await asyncio.gather(*(_ask(asker, script) for _ in range(4)))

    _talk(work, says(GOOD), traffic=traffic, policy=hasty, rate=5)
    assert traffic.retries == {}


@pytest.mark.parametrize(
    "slow", [Policy(attempts=2, deadline=0.2), Policy(attempts=2, silence=0.2)]
)
def test_an_answer_that_does_not_come_is_asked_again(slow: Policy) -> None:
    asked_again = asyncio.Event()

    async def silent(_: web.Request) -> web.StreamResponse:
        await asked_again.wait()
        return web.Response(status=500)

    async def prompt(request: web.Request) -> web.StreamResponse:
        asked_again.set()
        return await says(GOOD)(request)

    traffic = Traffic()
    assert _talk(_ask, silent, prompt, traffic=traffic, policy=slow)
    assert traffic.retries == {"timeout": 1}


def test_an_answer_has_a_limit_as_it_travels_and_inflated() -> None:
    with pytest.raises(RefusedError, match="larger"):
        _talk(_ask, says(" " * 2000 + GOOD), page_limit=1000)


def test_the_key_is_in_no_error_and_in_no_record() -> None:
    with pytest.raises(RefusedError) as caught:
        _talk(_ask, says(json.dumps({"api-key": KEY}), 403), api_key=KEY)
    assert KEY not in str(caught.value)
    assert "403" in str(caught.value)
    echo = json.dumps({"reports": [{"gene": {"gene_id": "1", "description": KEY}}]})
    data = _talk(_ask, says(echo), api_key=KEY)
    assert KEY.encode() not in data
    assert b"gene_id" in data


def test_plain_http_behind_https_is_no_connection() -> None:
    async def work(_: Asker, script: Script) -> dict[str, int]:
        traffic = Traffic()
        url = script.url.replace("http:", "https:")
        async with open_asker(Pace(url, 1000, 4, policy=FAST), open_body, traffic) as asker:
            with pytest.raises(TransientError):
                await _ask(asker, script)
        return traffic.retries

    assert _talk(work, says(GOOD)) == {"tls": 4}


def test_a_door_that_nobody_opens_looks_like_a_block() -> None:
    impatient = Policy(attempts=20, first_wait=0.0, longest_wait=0.0, connect=0.1)
    with closing(socket.socket()) as full, closing(socket.socket()) as one:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        one.connect(full.getsockname())  # the only place in the queue: who comes now hears nothing
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with pytest.raises(OutOfServiceError, match=r"blocked this address.*connect timeout"):
            _talk(_ask, says(GOOD), base_url=url, policy=impatient, patience=0.5)
