"""The sandbox on the wire: pages and tokens, refusals, its rate limit and its latency."""

from __future__ import annotations

import asyncio
import gzip
import json
import time

import aiohttp
import pytest

from tests.wire.sandbox_caller import GENOMES, NDJSON, TOKEN, Caller, Reply, talk


def test_ndjson_and_json_hold_the_same_records() -> None:
    async def test(caller: Caller) -> None:
        for path in (GENOMES, "/gene/id/672,7157,653050", "/virus/taxon/1335626/dataset_report"):
            page = await caller.page(path)
            _, headers, body = await caller.get(path, **NDJSON)
            assert headers["Content-Type"] == "application/x-ndjson"
            assert [json.loads(line) for line in body.splitlines()] == page["reports"]
            assert headers.get(TOKEN, "") == page.get("next_page_token", "")

    talk(test)


def test_tokens_lead_through_all_pages() -> None:
    async def test(caller: Caller) -> None:
        token, found = "", list[str]()
        while True:
            page = await caller.page(f"{GENOMES}&page_token={token}")
            found += [one["accession"] for one in page["reports"]]
            assert page["total_count"] == 300
            token = page.get("next_page_token", "")
            if not token:
                break
            assert set(token) <= set(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            )
        assert found == [one["accession"] for one in caller.sandbox.world.genomes("1280")]

    talk(test)


def test_tokens_of_other_queries_and_garbage_are_refused() -> None:
    async def test(caller: Caller) -> None:
        token = (await caller.page())["next_page_token"]
        assert (await caller.get(f"{GENOMES}&page_token={token}"))[0] == 200
        other = GENOMES.replace("1280", "573")
        for path in (
            f"{other}&page_token={token}",
            f"{GENOMES}&filters.reference_only=true&page_token={token}",
            f"{GENOMES}&page_token=garbage",
            f"{GENOMES}&page_token={token[:-6]}",
        ):
            status, _, body = await caller.get(path)
            assert status == 400
            assert json.loads(body)["error"] == "Bad Request"

    talk(test)


def test_page_sizes() -> None:
    async def test(caller: Caller) -> None:
        path = "/genome/taxon/562/dataset_report"
        assert len((await caller.page(path))["reports"]) == 20
        assert len((await caller.page(f"{path}?page_size=10000"))["reports"]) == 1000
        assert (await caller.get(f"{path}?page_size=-1"))[0] == 400

    talk(test)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "Your request is invalid"),
        ("/genome/taxon/562", 404, "Your request is invalid"),
        ("/genome/accession/GCF_1/annotation_report", 404, "Your request is invalid"),
        ("/genome/accession/GCF_1/sequence_reports", 404, "Your request is invalid"),
        ("/genome/taxon/562/dataset_report?filters.level=x", 400, "invalid path"),
        ("/genome/taxon/562/dataset_report?filters.assembly_level=x", 400, "cannot be 'x'"),
        ("/genome/taxon/562/dataset_report?filters.reference_only=ja", 400, "cannot be 'ja'"),
        ("/genome/taxon/562/dataset_report?filters.first_release_date=x", 400, "cannot be 'x'"),
        ("/gene/id/672,x", 400, "digits"),
        ("/gene/taxon/nosuch", 400, "not a recognized NCBI Taxonomy name"),
        ("/virus/taxon/nosuch/genome", 400, "not a recognized NCBI Taxonomy name"),
    ],
)
def test_what_is_refused(path: str, status: int, words: str) -> None:
    async def test(caller: Caller) -> None:
        answered, _, body = await caller.get(path)
        error = json.loads(body)
        assert (answered, error["code"]) == (status, status)
        assert words in error["message"]

    talk(test)


def test_unknown_taxa_of_genomes_are_told_in_messages() -> None:
    async def test(caller: Caller) -> None:
        page = await caller.page("/genome/taxon/nosuch,1280/dataset_report")
        assert page["total_count"] == 300
        error = page["messages"][0]["error"]
        assert error["assembly_error_code"] == "INVALID_TAXON"
        assert error["invalid_identifiers"] == ["nosuch"]
        assert await caller.page("/genome/accession/GCF_000000000.1/dataset_report") == {}
        assert await caller.page("/virus/taxon/human/genome") == {}

    talk(test)


def test_twelve_parameters_are_too_many_for_a_summary() -> None:
    async def test(caller: Caller) -> None:
        names = (
            "refseq_only=true&annotated_only=true&released_since=2020-01-01&host=9606"
            "&updated_since=2020-01-01&pangolin_classification=BA.2&geo_location=Asia&usa_state=CA"
            "&complete_only=true&include_sequence=GENOME&aux_report=ANNOTATION"
        )
        path = f"/virus/taxon/1335626/genome?{names}"
        assert (await caller.get(path))[0] == 200
        assert (await caller.get(f"{path}&accessions=NC_019843.3"))[0] == 400

    talk(test)


def test_long_lists_time_out() -> None:
    async def test(caller: Caller) -> None:
        url = f"{caller.url}/gene/dataset_report"
        for length, status in ((1000, 200), (2001, 500)):
            async with caller.session.post(url, json={"gene_ids": [*range(length)]}) as response:
                assert response.status == status

    talk(test)


def test_two_servers_answer_alike() -> None:
    bodies: list[Reply] = []

    async def test(caller: Caller) -> None:
        bodies.append(await caller.get())

    talk(test)
    talk(test)
    assert bodies[0][2] == bodies[1][2]
    assert bodies[0][1][TOKEN] == bodies[1][1][TOKEN]


def test_gzip_on_demand() -> None:
    async def test(caller: Caller) -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as raw:
            plain = Caller(raw, caller.url, caller.sandbox)
            _, headers, packed = await plain.get(Accept_Encoding="gzip")
            assert headers["Content-Encoding"] == "gzip"
            _, headers, body = await plain.get(Accept_Encoding="identity")
            assert "Content-Encoding" not in headers
            assert gzip.decompress(packed) == body

    talk(test)


@pytest.mark.parametrize(("headers", "limit"), [({}, 5), ({"api_key": "k"}, 10)])
def test_rate_limit(headers: dict[str, str], limit: int) -> None:
    async def test(caller: Caller) -> None:
        path = "/version"
        replies = [await caller.get(path, **headers) for _ in range(limit + 2)]
        assert [status for status, *_ in replies] == [200] * limit + [429] * 2
        assert [int(one["X-RateLimit-Remaining"]) for _, one, _ in replies][:limit] == [
            *range(limit - 1, -1, -1)
        ]
        assert replies[-1][1]["X-RateLimit-Limit"] == str(limit)
        assert json.loads(replies[-1][2])["error"] == "API rate limit exceeded"
        stats = caller.sandbox.stats
        assert stats.requests == stats.busiest_second == len(stats.arrivals) == limit + 2
        assert stats.by_status == {200: limit, 429: 2}
        first = stats.arrivals[0]
        while asyncio.get_running_loop().time() <= first + 1:
            await asyncio.wait_for(caller.session.get(f"{caller.url}/../../sandbox/stats"), 5)
        assert (await caller.get(path, **headers))[0] == 200

    talk(test, rps=None)


@pytest.mark.parametrize("form", ["none", "seconds", "date"])
def test_retry_after(form: str) -> None:
    async def test(caller: Caller) -> None:
        await caller.get("/version")
        status, headers, _ = await caller.get("/version")
        assert status == 429
        found = headers.get("Retry-After")
        assert found is None if form == "none" else found
        assert (form == "date") == bool(found and found.endswith("GMT"))

    talk(test, rps=1, retry_after=form)


def test_latency() -> None:
    async def test(caller: Caller) -> None:
        start = time.perf_counter()
        await caller.get("/version")
        small = time.perf_counter() - start
        await caller.get("/genome/taxon/562/dataset_report?page_size=1000")
        assert small > 0.09
        assert time.perf_counter() - start - small > 0.22

    talk(test, latency=0.1)
