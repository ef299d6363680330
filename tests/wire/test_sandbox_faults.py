"""The sandbox on the wire: its limit, its tokens, and each fault as a client meets it."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from harvester.errors import SpecError
from harvester.sandbox import FAULTS, Faults, Sandbox, SandboxConfig, serve_in_thread

GENOMES = "/genome/taxon/1280/dataset_report?page_size=100"
NDJSON = {"Accept": "application/x-ndjson"}
TOKEN = "X-Ncbi-Next-Page-Token"
Reply = tuple[int, dict[str, str], bytes]


class Caller:
    """Asks one sandbox."""

    def __init__(self, session: aiohttp.ClientSession, url: str, sandbox: Sandbox) -> None:
        self.session = session
        self.url = url
        self.sandbox = sandbox

    async def get(self, path: str = GENOMES, **headers: str) -> Reply:
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.url + path, headers=wanted) as response:
            return response.status, dict(response.headers), await response.read()

    async def page(self, path: str = GENOMES) -> dict[str, Any]:
        status, _, body = await self.get(path)
        assert status == 200
        found = json.loads(body)
        assert isinstance(found, dict)
        return found


def talk(test: Callable[[Caller], Awaitable[None]], faults: str = "", **config: Any) -> None:
    """Serves a sandbox without limit and latency, and lets a test talk to it."""

    async def main() -> None:
        quick: dict[str, Any] = {"rps": 0, "latency": 0, "faults": faults}
        sandbox = Sandbox(SandboxConfig(**(quick | config)))
        async with sandbox.serve() as url, aiohttp.ClientSession() as session:
            await test(Caller(session, url, sandbox))

    asyncio.run(main())


def accessions(body: bytes) -> list[str]:
    return [json.loads(line)["accession"] for line in body.split(b"\n") if line]


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
        assert 0.09 < small < 0.25
        assert time.perf_counter() - start - small > 0.22

    talk(test, latency=0.1)


@pytest.mark.parametrize("status", [400, 404, 408, 429, 500, 502, 503, 504])
def test_status_faults(status: int) -> None:
    async def test(caller: Caller) -> None:
        answered, headers, body = await caller.get()
        assert answered == status
        if status in {502, 503, 504}:
            assert headers["Content-Type"] == "text/html"
        else:
            assert "error" in json.loads(body)
        assert (await caller.get())[0] == 200
        assert caller.sandbox.stats.faults == {str(status): 1}

    talk(test, f"{status}@1")


def test_blocked_address() -> None:
    async def test(caller: Caller) -> None:
        status, _, body = await caller.get()
        assert status == 403
        assert b"<title>403" in body

    talk(test, "html403")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", aiohttp.ClientConnectionError),
        ("reset-body", aiohttp.ClientError),
        ("truncated", aiohttp.ClientPayloadError),
    ],
)
def test_broken_connections(fault: str, error: type[Exception]) -> None:
    async def test(caller: Caller) -> None:
        with pytest.raises(error):
            await caller.get()
        assert (await caller.get())[0] == 200

    # aiohttp's client asks again by itself, once, when a connection ends before the headers.
    talk(test, f"{fault}@1-2" if fault == "reset" else f"{fault}@1")


def test_bad_gzip() -> None:
    async def test(caller: Caller) -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as raw:
            _, headers, body = await Caller(raw, caller.url, caller.sandbox).get()
        assert headers["Content-Encoding"] == "gzip"
        with pytest.raises((zlib.error, gzip.BadGzipFile, EOFError)):
            gzip.decompress(body)

    talk(test, "badgzip")


def test_drip() -> None:
    async def test(caller: Caller) -> None:
        start = time.perf_counter()
        assert len((await caller.page())["reports"]) == 100
        assert time.perf_counter() - start > 0.9

    talk(test, "drip")


def test_hang() -> None:
    async def test(caller: Caller) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.get(), 0.2)
        assert (await caller.get())[0] == 200

    talk(test, "hang@1")


def test_stale_token() -> None:
    async def test(caller: Caller) -> None:
        token = (await caller.page())["next_page_token"]
        path = f"{GENOMES}&page_token={token}"
        assert [(await caller.get(path))[0] for _ in range(3)] == [200, 400, 200]

    talk(test, "stale-token@2")


def test_repeated_token() -> None:
    async def test(caller: Caller) -> None:
        token = (await caller.page())["next_page_token"]
        page = await caller.page(f"{GENOMES}&page_token={token}")
        assert page["next_page_token"] == token

    talk(test, "repeat-token")


def test_empty_once() -> None:
    async def test(caller: Caller) -> None:
        assert await caller.page() == {}
        _, headers, body = await caller.get(**NDJSON)
        assert body == b""
        assert TOKEN not in headers
        assert len((await caller.page())["reports"]) == 100

    talk(test, "empty@1-2")


def test_unknown_fields() -> None:
    async def test(caller: Caller) -> None:
        for path, wrapper in ((GENOMES, ""), ("/gene/id/672", "gene")):
            for one in (await caller.page(path))["reports"]:
                report = one[wrapper] if wrapper else one
                assert report["sandbox_note"]["level"] == 3
                assert "sandbox_extra" in json.dumps(report)

    talk(test, "unknown-field")


def test_broken_line() -> None:
    async def test(caller: Caller) -> None:
        assert len((await caller.page())["reports"]) == 100
        _, _, body = await caller.get(**NDJSON)
        bad = [line for line in body.splitlines() if not line.endswith(b"}")]
        assert len(bad) == 1
        assert len(body.splitlines()) == 100

    talk(test, "broken-line")


def test_moving_total() -> None:
    async def test(caller: Caller) -> None:
        totals = {(await caller.page())["total_count"] for _ in range(4)}
        assert len(totals) > 1

    talk(test, "moving-total")


def test_refused_lists() -> None:
    async def test(caller: Caller) -> None:
        for path in (
            "/genome/accession/GCF_000001405.40,GCF_999999999.1/dataset_report",
            "/gene/id/672,999999999/dataset_report",
            "/taxonomy/taxon/9606,nosuch/dataset_report",
            "/virus/accession/NC_045512.2,XX/dataset_report",
        ):
            assert (await caller.get(path))[0] == 400
        assert (await caller.get("/gene/id/672"))[0] == 200

    talk(test, "refuse-list")


def test_missing_records() -> None:
    async def test(caller: Caller) -> None:
        everything = {one["accession"] for one in caller.sandbox.world.genomes("1280")}
        page = await caller.page("/genome/taxon/1280/dataset_report?page_size=1000")
        left = {one["accession"] for one in page["reports"]}
        assert page["total_count"] == len(left)
        assert left < everything
        assert 0.1 < 1 - len(left) / len(everything) < 0.3
        lost = f"/genome/accession/{min(everything - left)}/dataset_report"
        assert len((await caller.page(lost))["reports"]) == 1
        caller.sandbox.faults.set("gone:20")
        assert await caller.page(lost) == {}
        caller.sandbox.faults.set("")
        whole = await caller.page("/genome/taxon/1280/dataset_report?page_size=1000")
        assert len(whole["reports"]) == 300

    talk(test, "shrink:20")


def test_older_dress() -> None:
    async def test(caller: Caller) -> None:
        page = await caller.page("/gene/id/672")
        assert page["totalCount"] == 1
        gene = page["reports"][0]
        assert (gene["geneId"], gene["taxId"]) == (672, 9606)
        assert gene["organism"] == {"sciName": "Homo sapiens", "commonName": "human"}
        page = await caller.page()
        assert page["nextPageToken"]
        genome = page["reports"][0]
        assert genome["submitter"] == genome["assemblyInfo"]["submitter"]
        assert isinstance(genome["assemblyStats"]["totalLength"], int)

    talk(test, "camel,bare")


def test_faults_by_chance_depend_on_the_seed_alone() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults("500:0.2", seed)
        return ["500" in faults.draw("genome", token=False, ndjson=True) for _ in range(2000)]

    assert struck(1) == struck(1) != struck(2)
    assert 0.16 < sum(struck(1)) / 2000 < 0.24


def test_faults_by_family_and_number() -> None:
    faults = Faults("gene/500@2-3,429@4+")
    drawn = [
        sorted(faults.draw(family, token=False, ndjson=False).names)
        for family in ("gene", "genome", "gene", "gene", "gene")
    ]
    assert drawn == [[], [], ["500"], ["429", "500"], ["429"]]


@pytest.mark.parametrize("text", ["nosuch", "500:2", "500:x", "500@", "@2", "shrink:101", "500@x"])
def test_bad_faults_are_told(text: str) -> None:
    with pytest.raises(SpecError, match="is no fault"):
        Faults(text)


def test_every_fault_has_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FAULTS if name not in text] == []


def test_a_thread_of_its_own() -> None:
    with serve_in_thread(SandboxConfig(rps=0, latency=0)) as served:

        async def ask() -> int:
            async with aiohttp.ClientSession() as session:
                reply = await Caller(session, served.url, served.sandbox).get("/version")
                return reply[0]

        assert asyncio.run(ask()) == 200
        served.faults.set("503")
        assert asyncio.run(ask()) == 503
        assert served.stats.requests == 2


def test_a_taken_port_is_told_to_the_starter() -> None:
    with serve_in_thread(SandboxConfig()) as served:
        port = int(served.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="address"), serve_in_thread(SandboxConfig(), port=port):
            pass
