"""`harvester doctor`: each thing that can be wrong is made wrong, and told with what to do."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from aiohttp import web

from harvester.doctor import (
    Finding,
    examine_key,
    examine_lake,
    examine_machine,
    examine_network,
    examine_room,
)
from harvester.doctor.machine import NEEDED
from harvester.model import Job, Query
from harvester.publish import read_manifest
from harvester.runs import begin_run
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.settings import Settings
from harvester.store.lake import Lake
from harvester.store.lock import hold
from tests.wire.runs import harvest, harvester
from tests.wire.scripted import Answer, says, serve

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef0123"
QUERY = Query("q1", "gene", "ids", ("672", "7157"))


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as sandbox:
        yield sandbox.url


@pytest.fixture(scope="module")
def harvested(served: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor")
    harvest(folder, served, QUERY)
    return folder


@pytest.fixture
def place(harvested: Path, tmp_path: Path) -> Path:
    """A copy of the lake to spoil, with a database that is as it was left."""
    shutil.copytree(harvested, tmp_path / "copy")
    return tmp_path / "copy"


def lake_of(place: Path) -> dict[str, Finding]:
    found = examine_lake(Lake(place / "lake"), place / "x.duckdb")
    return {one.check: one for one in found}


def test_this_machine_is_fit() -> None:
    found = {one.check: one for one in examine_machine()}
    assert list(found) == ["python", "packages", "memory"]
    assert found["python"].state == found["packages"].state == "fine"
    assert f"{len(NEEDED)} packages" in found["packages"].found


def test_the_packages_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {f"{name}>={least}" for name, least in NEEDED.items()} == set(project["dependencies"])
    assert project["requires-python"] == ">=3.11,<3.14"


def test_disks_are_told_once_each(tmp_path: Path) -> None:
    places = [tmp_path / "lake", tmp_path / "deep" / "x.duckdb", tmp_path]
    (disk,) = examine_room(places)
    assert disk.check == "disk"
    assert disk.found.endswith(f"free for {tmp_path}")


def test_a_healthy_lake_is_told_to_be_so(place: Path) -> None:
    found = lake_of(place)
    assert {check: one.state for check, one in found.items()} == {
        "lake": "fine", "runs": "fine", "database": "fine",
    }  # fmt: skip
    assert found["lake"].found.endswith(", all there; published runs: 1")


def test_where_there_is_no_lake_nothing_is_made(tmp_path: Path) -> None:
    (only,) = examine_lake(Lake(tmp_path / "lake"), tmp_path / "x")
    assert (only.state, list(tmp_path.iterdir())) == ("fine", [])


def _cut(place: Path) -> None:
    path = next((place / "lake" / "gene").glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-1])


def _lose(place: Path) -> None:
    next((place / "lake" / "gene").glob("*.parquet")).unlink()


def _garble(place: Path) -> None:
    (place / "lake" / "manifest.json").write_text("{")


def _litter(place: Path) -> None:
    (place / "lake" / "gene" / "20300101T000000Z-aaaa-00001.parquet").write_bytes(b"x" * 2000)


def _interrupt(place: Path) -> None:
    begin_run(Lake(place / "lake"), Job("night", (QUERY,)), "").journal.close()


def _forget(place: Path) -> None:
    (place / "x.duckdb").unlink()


def _replace(place: Path) -> None:
    _forget(place)
    duckdb.connect(str(place / "x.duckdb")).close()


@pytest.mark.parametrize(
    ("spoil", "check", "state", "said", "advice"),
    [
        (_cut, "lake", "wrong", "1 of 7 files are gone or cut short: gene/", "from a backup"),
        (_lose, "lake", "wrong", "1 of 7 files are gone or cut short: gene/", "from a backup"),
        (_garble, "lake", "wrong", "manifest.json is damaged", "backup"),
        (_litter, "leftovers", "fine", "1 files with 2.0 kB that no run needs", "the next run"),
        (
            _interrupt,
            "runs",
            "look",
            "of the job night was interrupted, 0 pages",
            "`harvester run`",
        ),
        (_forget, "database", "look", "x.duckdb is not there", "`harvester publish --lake "),
        (_replace, "database", "look", "does not have all runs of the lake", "`harvester publish "),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_is_wrong_with_a_lake_is_told(
    spoil: Callable[[Path], None], check: str, state: str, said: str, advice: str, place: Path
) -> None:
    spoil(place)
    found = [
        one
        for one in examine_lake(Lake(place / "lake"), place / "x.duckdb")
        if one.check == check and said in one.found
    ]
    assert [one.state for one in found] == [state]
    assert advice in found[0].advice


def test_a_run_under_way_is_no_fault_and_nobody_is_disturbed(place: Path) -> None:
    lake = Lake(place / "lake")
    begin_run(lake, Job("night", (QUERY,)), "").journal.close()
    _forget(place)
    with hold(lake, "night"):
        found = lake_of(place)
    assert found["lock"].found.endswith(", job night")
    assert {one.state for one in found.values()} == {"fine", "skipped"}
    before = sorted(place.rglob("*"))
    lake_of(place)
    assert sorted(place.rglob("*")) == before
    with hold(lake, "next"):
        pass


def test_a_partial_run_is_told(tmp_path: Path) -> None:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, faults="gene/500:1.0")) as broken:
        taxon = Query("q2", "taxonomy", "taxa", ("9606",))
        summary = harvest(tmp_path, broken.url, QUERY, taxon, patience=0.2)
    assert summary.status == "partial"
    assert lake_of(tmp_path)["runs"].state == "look"
    assert "was partial" in lake_of(tmp_path)["runs"].found
    assert read_manifest(Lake(tmp_path / "lake")).runs


def _network(url: str, **variables: str) -> dict[str, Finding]:
    settings = Settings.load({"HARVESTER_BASE_URL": url, **variables})
    return {one.check: one for one in examine_network(settings, variables)}


def test_an_ncbi_that_answers_is_told_with_its_rate_and_time(served: str) -> None:
    found = _network(served)
    assert (found["network"].state, found["clock"].state) == ("fine", "fine")
    assert re.search(r"127\.0\.0\.1:\d+ answers in \d\.\d\d s$", found["network"].found)


@pytest.mark.parametrize(
    ("url", "said", "advice"),
    [
        ("http://127.0.0.1:9", "127.0.0.1:9 cannot be reached (connect)", "nobody listens there"),
        ("https://nowhere.invalid/v2", "cannot be reached (name resolution)", "DNS"),
    ],
)
def test_an_ncbi_out_of_reach_is_one_line_with_advice(url: str, said: str, advice: str) -> None:
    found = _network(url)
    assert (found["network"].state, found["clock"].state) == ("wrong", "skipped")
    assert said in found["network"].found
    assert advice in found["network"].advice
    proxied = _network(url, HTTPS_PROXY="http://proxy:3128")["network"]
    assert proxied.advice.startswith("HTTPS_PROXY is set, and the harvester uses no proxy")


@pytest.mark.parametrize(
    ("answer", "network", "said"),
    [
        (says("{}", X_RateLimit_Limit="10, 10;w=1"), "fine", ", 10 requests a second"),
        (says("<html>", 403, kind="text/html"), "wrong", " answers 403"),
        (says('{"message": "API key invalid"}', 400), "wrong", " answers 400"),
        (says("", 503), "look", " answers 503"),
        (says("", 404), "look", " answers 404"),
    ],
    ids=["rate", "blocked", "key", "away", "elsewhere"],
)
def test_what_ncbi_says_is_told(answer: Answer, network: str, said: str) -> None:
    found = _answered(answer)
    assert found["network"].state == network
    assert said in found["network"].found
    assert (found["network"].state == "fine") == (found["network"].advice == "")


def test_a_clock_that_is_wrong_is_told() -> None:
    clock = _answered(says("{}", Date="Sat, 01 Jan 2000 00:00:00 GMT"))["clock"]
    assert clock.state == "look"
    assert re.fullmatch(r"[\d,]{11,} s apart from NCBI's", clock.found)
    assert _answered(says("{}", Date="yesterday"))["clock"].state == "skipped"


def test_who_does_not_answer_is_not_waited_for() -> None:
    async def work() -> Finding:
        over = asyncio.Event()

        async def silent(_: web.Request) -> web.StreamResponse:
            await over.wait()
            return web.Response()

        async with serve(silent) as script:
            settings = Settings.load({"HARVESTER_BASE_URL": script.url})
            looking = asyncio.to_thread(lambda: next(examine_network(settings, {}, 0.2)))
            found = await asyncio.wait_for(looking, 30)
            over.set()
            return found

    assert asyncio.run(work()).found.endswith(" cannot be reached (timeout)")


def _answered(answer: Answer) -> dict[str, Finding]:
    async def work() -> dict[str, Finding]:
        async with serve(answer) as script:
            return await asyncio.to_thread(_network, script.url)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("variables", "state", "said"),
    [
        ({}, "fine", "none: NCBI allows 5 requests a second"),
        ({"NCBI_API_KEY": KEY}, "fine", "there is one: NCBI allows 10 requests a second"),
        ({"NCBI_API_KEY": KEY[:-1]}, "look", "there is one that does not look like NCBI's"),
        (
            {"NCBI_API_KEY": KEY, "HARVESTER_ALLOW_HTTP": "1", "HARVESTER_BASE_URL": "http://a.b"},
            "look",
            "there is one, and the address gets none of it",
        ),
    ],
)
def test_a_key_is_judged_by_its_looks(variables: dict[str, str], state: str, said: str) -> None:
    found = examine_key(Settings.load(variables))
    assert (found.state, found.found) == (state, said)
    assert KEY[:-1] not in repr(found)


def test_a_key_file_that_others_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o644)
    settings = Settings.load({"NCBI_API_KEY_FILE": str(tmp_path / "key")})
    assert examine_key(settings).state == "look"
    assert examine_key(replace(settings, key_is_open=False)).state == "fine"


@contextmanager
def _job(place: Path) -> Iterator[str]:
    path = place / "job.yaml"
    lines = ["name: job", "lake: lake", "database: x.duckdb", "harvest:"]
    path.write_text("\n".join([*lines, "  - resource: gene", "    ids: [672, 7157]", ""]))
    yield path.name


def test_all_is_well_from_the_outside(place: Path, served: str) -> None:
    with _job(place) as job:
        done = harvester(
            place, "doctor", job, "--json", NCBI_API_KEY=KEY, HARVESTER_BASE_URL=served
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    told = json.loads(done.stdout)
    assert told["well"]
    assert [one["check"] for one in told["checks"]] == [
        "python", "packages", "memory", "job", "disk", "key", "network", "clock", "lake", "runs",
        "database",
    ]  # fmt: skip
    assert set(told["checks"][0]) == {"check", "state", "found", "advice"}
    assert KEY not in done.stdout


def test_all_that_is_wrong_is_told_at_once(place: Path) -> None:
    _lose(place)
    (place / "bad.yaml").write_text("name: bad\nharvset: []\n")
    variables = {"NCBI_API_KEY": f"{KEY} {KEY}", "HARVESTER_BASE_URL": "http://127.0.0.1:9"}
    with _job(place) as job:
        done = harvester(place, "doctor", job, "bad.yaml", **variables)
    assert (done.returncode, done.stderr) == (3, "")
    for said in (
        "wrong    job       bad.yaml:2:1: unknown key 'harvset' (did you mean 'harvest'?)",
        "-> mend that; `harvester validate` tells when it is fine",
        "wrong    settings  NCBI_API_KEY holds a character that no API key has",
        "files are gone or cut short",
    ):
        assert said in done.stdout, done.stdout
    assert KEY not in done.stdout
    assert done.stdout.rstrip().endswith(" things to see to")
