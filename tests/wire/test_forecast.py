"""What a plan says beforehand is what a run does: for many taxa, for a night, without a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.sandbox import SandboxConfig, Served, Size, serve_in_thread
from tests.wire.runs import harvester

TAXA = ["9443", "human", "562", "10090"]


@pytest.fixture
def served() -> Iterator[Served]:
    sizes = (Size("genome", "562", 2_400), Size("virus", "11320", 900))
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=sizes)) as one:
        yield one


class Place:
    """A folder with a job, asked by the command line."""

    def __init__(self, folder: Path, url: str, *queries: dict[str, Any]) -> None:
        self._folder, self._url = folder, url
        limits = {"requests_per_second": 100}
        self.write({"name": "job", "harvest": list(queries), "limits": limits})

    def write(self, job: dict[str, Any]) -> None:
        (self._folder / "job.yaml").write_text(json.dumps(job))

    def ask(self, *words: str) -> dict[str, Any]:
        done = harvester(
            self._folder, words[0], "job.yaml", "--json", *words[1:], HARVESTER_BASE_URL=self._url
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told


def _records(plan: dict[str, Any]) -> list[int]:
    return [query["records"] for query in plan["queries"]]


def test_many_taxa_are_counted_with_one_request(served: Served, tmp_path: Path) -> None:
    place = Place(tmp_path, served.url, {"resource": "genome", "taxa": TAXA})
    plan = place.ask("plan")
    assert served.stats.requests == 1
    ran = place.ask("run")
    assert _records(plan) == [ran["records"]]
    assert plan["complete"]
    assert abs(plan["requests"] - ran["requests"]) <= 2
    assert ran["planned"]["records"] == ran["records"]


def test_what_was_harvested_before_is_known_without_a_request(
    served: Served, tmp_path: Path
) -> None:
    queries = (
        {"resource": "genome", "taxa": ["9443", "562"], "filters": {"reference_only": True}},
        {"resource": "virus", "taxa": ["1335626", "11320"]},
        {"resource": "annotation", "accessions": ["GCF_000001405.40", "GCF_000005845.2"]},
    )
    place = Place(tmp_path, served.url, *queries)
    assert not place.ask("plan", "--offline")["complete"]
    ran = place.ask("run")
    asked = served.stats.requests
    plan = place.ask("plan", "--offline")
    assert served.stats.requests == asked
    assert plan["complete"]
    assert sum(_records(plan)) == ran["records"]


def test_of_many_taxa_a_night_asks_for_what_is_new_in_each(served: Served, tmp_path: Path) -> None:
    query = {"resource": "genome", "taxa": TAXA, "refresh": "new"}
    place = Place(tmp_path, served.url, query)
    place.ask("run")
    plan = place.ask("plan", "--offline")
    ran = place.ask("run")
    assert plan["queries"][0]["since"]
    assert _records(plan) == [ran["records"]]
    assert plan["requests"] == ran["requests"]


def test_taxa_that_are_new_to_a_lake_are_asked_for(served: Served, tmp_path: Path) -> None:
    """Those of the other job are known by what it brought."""
    Place(tmp_path, served.url, {"resource": "genome", "taxa": ["9443"]}).ask("run")
    place = Place(tmp_path, served.url, {"resource": "genome", "taxa": ["9443", "562", "10090"]})
    assert not place.ask("plan", "--offline")["queries"][0]["exact"]
    asked = served.stats.requests
    plan = place.ask("plan")
    assert served.stats.requests == asked + 1
    assert _records(plan) == [place.ask("run")["records"]]


def test_a_taxon_alone_is_counted_also_where_it_was_harvested_before(tmp_path: Path) -> None:
    job = {"resource": "genome", "taxa": ["562"]}
    for many in (1_200, 2_600):
        config = SandboxConfig(latency=0.0, rps=0, sizes=(Size("genome", "562", many),))
        with serve_in_thread(config) as night:
            place = Place(tmp_path, night.url, job)
            assert _records(place.ask("plan")) == [many]
            if many < 2_000:
                place.ask("run")


def test_where_a_filter_leaves_records_out_taxonomy_knows_nothing(
    served: Served, tmp_path: Path
) -> None:
    def planned(*taxa: str) -> int:
        few = {"reference_only": True}
        query = {"resource": "genome", "taxa": list(taxa), "filters": few}
        (records,) = _records(Place(tmp_path, served.url, query).ask("plan"))
        return int(records)

    assert planned("9443", "562") == 2 * planned("9443")


def test_what_was_withdrawn_is_not_planned(served: Served, tmp_path: Path) -> None:
    place = Place(tmp_path, served.url, {"resource": "genome", "taxa": ["9443", "562"]})
    place.ask("run")
    served.faults.set("gone:20")
    ran = place.ask("run", "--accept-removals")
    assert ran["tables"]["genome"]["removed"] > 100
    assert _records(place.ask("plan", "--offline")) == [ran["records"]]


@pytest.mark.parametrize(
    ("resource", "taxa"),
    [
        ("genome", ["9443", "9606", "nosuchone", "999999999"]),
        ("virus", ["2697049", "9606", "562"]),
    ],
)
def test_what_has_nothing_is_not_taken_for_one_like_the_others(
    resource: str, taxa: list[str], served: Served, tmp_path: Path
) -> None:
    place = Place(tmp_path, served.url, {"resource": resource, "taxa": taxa})
    if resource == "genome":
        first = place.ask("plan")
        assert served.stats.requests == 1
    ran = place.ask("run")
    assert ran["planned"]["records"] == ran["records"]
    assert _records(place.ask("plan", "--offline")) == [ran["records"]]
    if resource == "genome":
        assert _records(first) == [ran["records"]]


def test_a_list_that_is_refused_is_not_asked_for_one_by_one(served: Served, tmp_path: Path) -> None:
    served.faults.set("refuse-list")
    place = Place(tmp_path, served.url, {"resource": "genome", "taxa": [*TAXA, "nosuchone"]})
    assert not place.ask("plan")["complete"]
    assert served.stats.requests == 1


def test_a_damaged_lake_keeps_nobody_from_planning(served: Served, tmp_path: Path) -> None:
    place = Place(tmp_path, served.url, {"resource": "genome", "taxa": TAXA})
    ran = place.ask("run")
    for file in (tmp_path / "data/lake/_members").rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:100])
    assert _records(place.ask("plan")) == [ran["records"]]
    assert not place.ask("plan", "--offline")["complete"]
