"""Each fault of the sandbox, as a client meets it."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from pathlib import Path

import aiohttp
import pytest

from harvester.errors import SpecError
from harvester.sandbox import FAULTS, Faults, SandboxConfig, serve_in_thread
from tests.wire.sandbox_caller import GENOMES, NDJSON, TOKEN, Caller, talk


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


@pytest.mark.parametrize(
    ("fault", "kind", "starts"),
    [
        ("500-html", "text/html", b"<html>"),
        ("500-empty", "application/json", b""),
        ("503-json", "application/json", b"{"),
        ("503-empty", "application/json", b""),
    ],
)
def test_the_same_status_in_other_dress(fault: str, kind: str, starts: bytes) -> None:
    async def test(caller: Caller) -> None:
        status, headers, body = await caller.get()
        assert status == int(fault[:3])
        assert headers["Content-Type"].startswith(kind)
        assert body.startswith(starts)
        assert bool(body) == bool(starts)

    talk(test, f"{fault}@1")


@pytest.mark.parametrize(
    ("fault", "status", "form"),
    [
        ("429", 429, ""),
        ("429-seconds", 429, "1"),
        ("429-date", 429, "GMT"),
        ("503", 503, ""),
        ("503-seconds", 503, "1"),
    ],
)
def test_when_to_come_back(fault: str, status: int, form: str) -> None:
    async def test(caller: Caller) -> None:
        answered, headers, _ = await caller.get()
        assert answered == status
        assert headers.get("Retry-After", "").endswith(form)
        assert ("Retry-After" in headers) == bool(form)

    talk(test, f"{fault}@1")


def test_refused_connections() -> None:
    async def test(caller: Caller) -> None:
        for _ in range(2):
            with pytest.raises(aiohttp.ClientConnectorError):
                await caller.get()
        tries = 0
        while not await _listens(caller):
            tries += 1
        assert tries
        assert (await caller.get())[0] == 200

    # aiohttp's client asks again by itself, and is refused, when the first connection breaks.
    talk(test, "refused@1")


async def _listens(caller: Caller) -> bool:
    try:
        return (await caller.get("/version"))[0] == 200
    except aiohttp.ClientConnectorError:
        return False


@pytest.mark.parametrize(("fault", "twice", "left_out"), [("shifted", 50, 0), ("skipped", 0, 50)])
def test_rows_that_move_between_pages(fault: str, twice: int, left_out: int) -> None:
    async def test(caller: Caller) -> None:
        everything = {one["accession"] for one in caller.sandbox.world.genomes("1280")}
        found: list[str] = []
        token = ""
        while not found or token:
            page = await caller.page(GENOMES + (f"&page_token={token}" if token else ""))
            found += [one["accession"] for one in page["reports"]]
            token = page.get("next_page_token", "")
        assert len(found) - len(set(found)) == twice
        assert len(everything) - len(set(found)) == left_out

    talk(test, f"{fault}@1")


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


def test_records_that_a_filter_cannot_sort() -> None:
    async def test(caller: Caller) -> None:
        path = "/genome/taxon/1280/dataset_report?page_size=1000"
        assert (await caller.page(path))["total_count"] == 300
        dated = await caller.page(f"{path}&filters.first_release_date=1990-01-01")
        assert 200 < dated["total_count"] < 280

    talk(test, "unsorted:20")


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
