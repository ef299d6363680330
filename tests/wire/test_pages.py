from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from harvester.decode import open_body
from harvester.errors import (
    HarvesterError,
    OutOfServiceError,
    RefusedError,
    TokenRefused,
    TransientError,
)
from harvester.fetch import Mark, Pace, Policy, Traffic, open_asker, walk
from harvester.model import Chain, Page
from harvester.plan import endpoint_of
from tests.wire.scripted import Answer, Script, drops, lines, says, serve

CHAIN = Chain("q.0", "q", "genome", "taxa", ("562",))
FAST = Policy(attempts=4, first_wait=0.0, longest_wait=0.0)
FIRST = json.dumps({"reports": [{"accession": "A"}], "total_count": 3, "next_page_token": "t1"})


@dataclass
class Walked:
    pages: list[Page] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)
    script: Script | None = None
    error: HarvesterError | None = None

    @property
    def records(self) -> list[str]:
        return [
            json.loads(line)["accession"]
            for page in self.pages
            for line in page.opened.data.split(b"\n")
            if line
        ]

    @property
    def asked(self) -> Script:
        assert self.script is not None
        return self.script


def _walk(
    *answers: Answer, mark: Mark | None = None, key: str | None = None, chain: Chain = CHAIN
) -> Walked:
    walked = Walked()

    async def keep(page: Page) -> None:
        walked.pages.append(page)

    async def work() -> None:
        async with serve(*answers) as walked.script:
            pace = Pace(walked.script.url, rate=1000, concurrency=4, api_key=key, policy=FAST)
            resource, endpoint = endpoint_of(chain)
            async with open_asker(pace, open_body, walked.traffic) as asker:
                try:
                    await walk(chain, resource, endpoint, mark or Mark(), asker, keep)
                except HarvesterError as error:
                    walked.error = error

    asyncio.run(work())
    return walked


def test_pages_are_followed_to_the_empty_token_by_body_and_by_header() -> None:
    walked = _walk(says(FIRST), lines('{"accession":"B"}', token="t2"), lines('{"accession":"C"}'))
    assert walked.error is None
    assert walked.records == ["A", "B", "C"]
    assert [page.number for page in walked.pages] == [0, 1, 2]
    assert [page.next_token for page in walked.pages] == ["t1", "t2", ""]
    assert walked.pages[0].opened.total == 3
    tokens = [request.query.get("page_token") for request in walked.asked.asked]
    assert tokens == [None, "t1", "t2"]
    accepts = [request.headers["Accept"] for request in walked.asked.asked]
    assert accepts == ["application/json", "application/x-ndjson", "application/x-ndjson"]


def test_a_page_whose_json_stays_broken_is_asked_for_line_by_line() -> None:
    broken = says('{"reports": [{"accession": "A"}, {"accession": ], "total_count": 2}')
    walked = _walk(*[broken] * FAST.attempts, lines('{"accession":"A"}', '{"accession": '))
    assert walked.error is None
    assert walked.pages[0].opened.data.splitlines() == [b'{"accession":"A"}', b'{"accession": ']
    accepts = [request.headers["Accept"] for request in walked.asked.asked]
    assert accepts == ["application/json"] * FAST.attempts + ["application/x-ndjson"]


def test_a_last_line_that_stays_cut_off_costs_no_neighbour() -> None:
    cut = says(b'{"accession":"B"}\n{"accession":"C', kind="application/x-ndjson")
    walked = _walk(says(FIRST), *[cut] * (FAST.attempts + 1))
    assert walked.error is None
    assert walked.pages[1].opened.data.splitlines() == [b'{"accession":"B"}', b'{"accession":"C']
    tokens = [request.query.get("page_token") for request in walked.asked.asked]
    assert tokens == [None, *["t1"] * (FAST.attempts + 1)]


def test_a_short_page_is_no_end_and_an_empty_page_with_a_token_neither() -> None:
    walked = _walk(says(FIRST), lines(token="t2"), lines('{"accession":"C"}'))
    assert walked.records == ["A", "C"]


def test_requests_are_honest_and_the_key_is_in_a_header_only() -> None:
    walked = _walk(says(FIRST), lines('{"accession":"B"}'), key="secret")
    for request in walked.asked.asked:
        assert request.headers["User-Agent"].startswith("ncbi-harvester/")
        assert request.headers["api-key"] == "secret"
        assert "gzip" in request.headers["Accept-Encoding"]
        assert "secret" not in str(request.rel_url)


def test_a_walk_goes_on_at_its_mark() -> None:
    walked = _walk(lines('{"accession":"C"}'), mark=Mark(0, 2, "t2"))
    assert walked.asked.asked[0].query["page_token"] == "t2"
    assert [page.number for page in walked.pages] == [2]


@pytest.mark.parametrize(
    "fault",
    [
        says("busy", 503),
        says("slow", 408),
        says('{"error":"API rate limit exceeded"}', 429, Retry_After="0"),
        says("<html>502</html>", 502, kind="text/html"),
        says("<html><title>403 Error - NCBI</title></html>", 403, kind="text/html"),
        says(gzip.compress(b"<html>403</html>")[4:], 403, Content_Encoding="gzip"),
        says("<html>all is well</html>", kind="text/html"),
        says('{"reports":[{"accession":"A"'),
        says(gzip.compress(FIRST.encode())[:40], Content_Encoding="gzip"),
        drops(),
        drops(b'{"reports":', promised=1000),
    ],
    ids=[
        "503", "408", "429", "502", "403 html", "403 damaged", "200 html", "cut json", "cut gzip",
        "reset", "short body",
    ],
)  # fmt: skip
def test_passing_faults_cost_a_request_and_no_row(fault: Answer) -> None:
    walked = _walk(fault, says(FIRST), lines('{"accession":"B"}'))
    assert walked.error is None
    assert walked.records == ["A", "B"]
    assert walked.traffic.retried == 1
    assert walked.traffic.requests == 3


def test_faults_that_do_not_pass_end_the_chain() -> None:
    walked = _walk(says("busy", 503))
    assert isinstance(walked.error, TransientError)
    assert walked.traffic.requests == FAST.attempts


@pytest.mark.parametrize("status", [400, 404])
def test_refusals_are_not_asked_again(status: int) -> None:
    walked = _walk(says('{"error":"x","code":404,"message":"no such taxon"}', status))
    assert isinstance(walked.error, RefusedError)
    assert "no such taxon" in str(walked.error)
    assert walked.traffic.requests == 1


def test_a_403_of_the_api_is_a_refusal_even_where_its_message_is_empty() -> None:
    walked = _walk(says('{"error":"x","code":403,"message":""}', 403))
    assert isinstance(walked.error, RefusedError)
    assert walked.traffic.requests == 1


@pytest.mark.parametrize("between", [(), (lines(""),)], ids=["at once", "after an empty answer"])
def test_a_refused_token_is_told_apart(between: tuple[Answer, ...]) -> None:
    walked = _walk(says(FIRST), *between, says('{"message":"bad token"}', 400))
    assert isinstance(walked.error, TokenRefused)
    assert walked.records == ["A"]


def test_a_token_that_repeats_is_an_error_not_a_loop() -> None:
    walked = _walk(says(FIRST), lines('{"accession":"B"}', token="t1"))
    assert isinstance(walked.error, RefusedError)
    assert "repeats" in str(walked.error)


def test_an_empty_answer_is_asked_again_before_it_is_believed() -> None:
    walked = _walk(says("{}"), says(FIRST), lines('{"accession":"B"}'))
    assert walked.records == ["A", "B"]
    believed = _walk(says("{}"))
    assert (believed.traffic.requests, believed.records, believed.error) == (2, [], None)


def test_a_server_that_never_answers_is_out_of_service() -> None:
    async def work() -> None:
        policy = Policy(attempts=1000, first_wait=0.0, longest_wait=0.0)
        resource, endpoint = endpoint_of(CHAIN)

        async def keep(_: Page) -> None:
            raise AssertionError

        async with serve(drops()) as script:
            pace = Pace(script.url, rate=1000, concurrency=4, policy=policy, patience=0.5)
            async with open_asker(pace, open_body, Traffic()) as asker:
                await walk(CHAIN, resource, endpoint, Mark(), asker, keep)

    with pytest.raises(OutOfServiceError, match="out of service"):
        asyncio.run(work())


def test_a_chain_of_many_pages_is_not_kept_waiting_by_lists() -> None:
    """Lists that wait for their only page let another chain's next page go before them."""
    order: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        order.append("taxon" if "/taxon/" in request.path else "list")
        page = order.count("taxon")
        told = {"reports": [{"accession": "A"}], "total_count": 3000}
        more = {"next_page_token": f"t{page}"} if order[-1] == "taxon" and page < 3 else {}
        return await says(json.dumps(told | more))(request)

    async def keep(_: Page) -> None:
        pass

    async def work() -> None:
        lists = [Chain(f"l.{n}", "l", "genome", "accessions", (f"GCF_{n}",)) for n in range(12)]
        async with serve(answer) as script:
            pace = Pace(script.url, rate=20, concurrency=16, policy=FAST)
            async with open_asker(pace, open_body, Traffic()) as asker:
                every = [*lists, CHAIN]
                await asyncio.gather(
                    *(walk(one, *endpoint_of(one), Mark(), asker, keep) for one in every)
                )

    asyncio.run(work())
    assert (order.count("list"), order.count("taxon")) == (12, 3)
    assert order[:6].count("taxon") >= 2


@pytest.mark.parametrize("fails", [drops(), says("", 503)], ids=["broken off", "refused"])
def test_who_must_ask_again_does_not_wait_in_line_again(fails: Answer) -> None:
    order: list[str] = []
    brief = Chain("l.0", "l", "genome", "accessions", ("GCF_1",))
    long = [Chain(f"q.{n}", "q", "genome", "taxa", (str(n),)) for n in range(4)]

    async def answer(request: web.Request) -> web.StreamResponse:
        order.append("list" if "/taxon/" not in request.path else request.path)
        if order.count("list") == 1 and order[-1] == "list":
            return await fails(request)
        page = order.count(order[-1])
        told = {"reports": [{"accession": "A"}], "total_count": 10_000}
        more = {"next_page_token": f"t{page}"} if order[-1] != "list" and page < 10 else {}
        return await says(json.dumps(told | more))(request)

    async def keep(_: Page) -> None:
        pass

    async def work() -> None:
        async with serve(answer) as script:
            pace = Pace(script.url, rate=50, concurrency=16, policy=FAST)
            async with open_asker(pace, open_body, Traffic()) as asker:
                every = [brief, *long]  # who comes first has no line before it
                await asyncio.gather(
                    *(walk(one, *endpoint_of(one), Mark(), asker, keep) for one in every)
                )

    asyncio.run(work())
    assert (len(order), order[0]) == (42, "list")
    assert order.index("list", 1) < 12


def test_redirects_are_not_followed() -> None:
    walked = _walk(says("", 302, Location="http://127.0.0.1:1/elsewhere"), key="secret")
    assert isinstance(walked.error, RefusedError)
    assert walked.traffic.requests == 1


def test_a_long_list_is_posted_page_by_page() -> None:
    ids = tuple(str(number) for number in range(10_000, 10_900))
    chain = Chain("q.0", "q", "gene", "ids", ids)
    page = json.dumps({"reports": [{"accession": "A"}], "next_page_token": "t1"})
    walked = _walk(says(page), lines('{"accession":"B"}'), chain=chain)
    assert [request.method for request in walked.asked.asked] == ["POST", "POST"]
    first, second = (json.loads(body) for body in walked.asked.bodies)
    assert first["gene_ids"] == [int(one) for one in ids]
    assert "page_token" not in first
    assert second["page_token"] == "t1"
