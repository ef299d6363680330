"""What NCBI cannot answer in one piece is asked for in parts: long lists, and first pages."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from harvester.fetch import Policy
from harvester.model import Query
from harvester.summary import Summary
from tests.wire.dated import genomes
from tests.wire.hostile import Asked, Server, Told, serve
from tests.wire.runs import ask, harvest

_DOWN = Told(b'{"message": "Internal server error - request timed out"}', 500)


def _harvest(folder: Path, url: str, query: Query) -> Summary:
    """As in the field: eight tries, after which all requests pause."""
    return harvest(folder, url, query, policy=Policy(longest_wait=0.02), patience=60.0)


def _nobody_doubted(server: Server) -> bool:
    """Whether the fault was never taken for an outage, which waits for all of the patience."""
    return not any("/version" in asked.target for asked in server.asked)


def _asked_ids(asked: Asked) -> list[str]:
    if asked.method == "POST":
        return [str(one) for one in json.loads(asked.body)["gene_ids"]]
    return urlsplit(asked.target).path.split("/id/")[1].split("/")[0].split(",")


def _genes(ids: list[str]) -> Told:
    reports = [{"gene": {"gene_id": one}, "query": [one]} for one in ids]
    return Told(json.dumps({"reports": reports, "total_count": len(reports)}).encode())


def test_a_list_that_takes_too_long_is_asked_for_in_halves(tmp_path: Path) -> None:
    """As in ncbi/datasets issue 179: long lists end in a timeout, every time."""

    def answer(asked: Asked) -> Told:
        ids = _asked_ids(asked)
        return _DOWN if len(ids) > 300 else _genes(ids)

    query = Query("g", "gene", "ids", tuple(map(str, range(1, 1501))))
    with serve(answer) as server:
        summary = _harvest(tmp_path, server.url, query)
    assert (summary.status, summary.tables["gene"].rows) == ("complete", 1500)
    assert _nobody_doubted(server)
    assert ask(tmp_path, "SELECT outcome, count(*) FROM meta.items GROUP BY 1") == [("ok", 1500)]


def test_one_identifier_that_cannot_be_had_fails_alone(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Told:
        ids = _asked_ids(asked)
        return _DOWN if "77" in ids else _genes(ids)

    query = Query("g", "gene", "ids", tuple(map(str, range(1, 201))))
    with serve(answer) as server:
        summary = _harvest(tmp_path, server.url, query)
    assert (summary.status, summary.tables["gene"].rows) == ("partial", 199)
    assert _nobody_doubted(server)
    failed = ask(tmp_path, "SELECT value FROM meta.items WHERE outcome = 'failed'")
    assert failed == [("77",)]


def test_a_list_of_which_much_cannot_be_had_is_not_halved_without_end(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Told:
        if "/version" in asked.target:
            return Told(b'{"version": "18"}')
        ids = _asked_ids(asked)
        return _DOWN if any(int(one) % 2 == 0 for one in ids) else _genes(ids)

    query = Query("g", "gene", "ids", tuple(map(str, range(1, 201))))
    with serve(answer) as server:
        summary = harvest(tmp_path, server.url, query, concurrency=1, patience=0.2)
    assert summary.status == "partial"
    assert 0 < summary.tables["gene"].rows < 100
    lists = {asked.target for asked in server.asked if "page_size=1000" in asked.target}
    assert len(lists) == 1 + 2 * 64


def test_a_taxon_whose_first_page_cannot_be_had_is_asked_for_in_parts(tmp_path: Path) -> None:
    """As in ncbi/datasets issues 432 and 594: a huge taxon is too much, parts of it are not."""
    whole = genomes(5000)

    def answer(asked: Asked) -> Told:
        in_parts = "_release_date" in asked.target or "page_size=1&" in f"{asked.target}&"
        return whole(asked) if in_parts else _DOWN

    with serve(answer) as server:
        summary = _harvest(tmp_path, server.url, Query("g", "genome", "taxa", ("562",)))
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 5000)
    assert _nobody_doubted(server)
    assert ask(tmp_path, "SELECT expected, distinct_keys FROM meta.queries") == [(5000, 5000)]


def test_a_day_that_cannot_be_had_costs_no_other(tmp_path: Path) -> None:
    whole = genomes(5000)

    def answer(asked: Asked) -> Told:
        days = parse_qs(urlsplit(asked.target).query)
        first = days.get("filters.first_release_date", [""])[0]
        last = days.get("filters.last_release_date", ["9999"])[0]
        if first <= "2016-02-29" <= last and "page_size=1&" not in f"{asked.target}&":
            return _DOWN
        return whole(asked)

    with serve(answer) as server:
        summary = _harvest(tmp_path, server.url, Query("g", "genome", "taxa", ("562",)))
    assert (summary.status, summary.tables["genome"].rows) == ("partial", 4998)
    told = ask(tmp_path, "SELECT value, outcome, records, reason <> '' FROM meta.items")
    assert told == [("562", "failed", 4998, True)]
    assert not summary.missing


@pytest.mark.parametrize("uncut", [True, False])
def test_a_page_in_the_middle_that_is_not_found_is_no_end(tmp_path: Path, *, uncut: bool) -> None:
    """What NCBI does not know any more has not come: nothing is told to be complete."""
    whole = genomes(5000)

    def answer(asked: Asked) -> Told:
        parts = "_release_date" in asked.target
        if "/version" in asked.target:
            return Told(b"{}")
        if "page_token=1000" in asked.target and (uncut or not parts):
            return Told(b'{"message": "not found"}', 404)
        return Told(status=500) if uncut and parts else whole(asked)

    with serve(answer) as server:
        summary = harvest(
            tmp_path, server.url, Query("g", "genome", "taxa", ("562",)), patience=0.2
        )
    came = [(1000, "failed")] if uncut else [(5000, "complete")]
    assert ask(tmp_path, "SELECT distinct_keys, state FROM meta.queries") == came
    assert summary.status == ("partial" if uncut else "complete")
    assert ask(tmp_path, "SELECT outcome FROM meta.items") == [("failed" if uncut else "ok",)]


def test_parts_that_leave_some_out_are_kept_and_what_is_missing_is_told(tmp_path: Path) -> None:
    """Ten viruses stand right below the genus: no species holds them, and no page of the whole."""
    species = {str(20 + one): [f"C{one}_{n}.1" for n in range(3000)] for one in range(4)}
    whole = [name for row in zip(*species.values(), strict=True) for name in row]
    whole += [f"OWN{n}.1" for n in range(10)]

    def answer(asked: Asked) -> Told:
        parts = urlsplit(asked.target)
        taxon = parts.path.split("/taxon/")[1].split("/")[0]
        if "/taxonomy/" in parts.path:
            children = {"children": [*map(int, species)]} if taxon == "11" else {}
            told = {"taxonomy": {"tax_id": int(taxon), **children}, "query": [taxon]}
            return Told(json.dumps({"reports": [told]}).encode())
        query = parse_qs(parts.query)
        start, size = int(query.get("page_token", ["0"])[0]), int(query["page_size"][0])
        if taxon == "11" and start == 2000:
            return _DOWN
        names = species.get(taxon, whole)
        more = {"next_page_token": str(start + size)} if start + size < len(names) else {}
        page = {"reports": [{"accession": name} for name in names[start : start + size]]}
        return Told(json.dumps(page | {"total_count": len(names)} | more).encode())

    with serve(answer) as server:
        query = Query("v", "virus", "taxa", ("11",))
        summary = _harvest(tmp_path, server.url, query)
    assert (summary.status, summary.tables["virus"].rows) == ("partial", 12_000)
    asked = (
        "SELECT state, expected, distinct_keys, reason LIKE '% 10 did not come%' FROM meta.queries"
    )
    assert ask(tmp_path, asked) == [("incomplete", 12_010, 12_000, True)]


def test_what_cannot_be_cut_goes_on_where_it_is(tmp_path: Path) -> None:
    """A species has no taxa below: its pages are asked for once, however many they are."""

    def answer(asked: Asked) -> Told:
        if "/taxonomy/" in asked.target:
            told = {"taxonomy": {"tax_id": 11}, "query": ["11"]}
            return Told(json.dumps({"reports": [told]}).encode())
        time.sleep(0.05)
        start = int(parse_qs(urlsplit(asked.target).query).get("page_token", ["0"])[0])
        reports = [{"accession": f"V{n}.1"} for n in range(start, start + 1000)]
        more = {"next_page_token": str(start + 1000)} if start < 19_000 else {}
        return Told(json.dumps({"reports": reports, "total_count": 20_000} | more).encode())

    with serve(answer) as server:
        query = Query("v", "virus", "taxa", ("11",))
        summary = harvest(tmp_path, server.url, query, most_pages=100)
    asked = [one.target for one in server.asked if "/virus/" in one.target]
    assert (summary.status, summary.records, summary.duplicates) == ("complete", 20_000, 0)
    assert any("/taxonomy/" in one.target for one in server.asked)
    assert len(asked) == len(set(asked)) == 20


def test_what_is_not_answered_any_more_at_all_is_not_asked_for_in_parts(tmp_path: Path) -> None:
    """All genomes fail from the third answer on, while NCBI tells its version."""
    taxa = tuple(str(number) for number in range(9000, 9040))
    told = 0

    def answer(asked: Asked) -> Told:
        nonlocal told
        if "/version" in asked.target:
            return Told(b'{"version": "1"}')
        told += 1
        return genomes(3)(asked) if told < 3 else _DOWN

    with serve(answer) as server:
        query = Query("g", "genome", "taxa", taxa)
        summary = harvest(tmp_path, server.url, query, policy=Policy(longest_wait=0.02), patience=1)
    assert (summary.status, summary.tables["genome"].rows) == ("partial", 6)
    counts = [one for one in server.asked if "page_size=1&" in f"{one.target}&"]
    assert not counts, "nothing is cut"
    assert len(server.asked) < 40 * 13


def test_a_taxon_that_cannot_even_be_counted_fails(tmp_path: Path) -> None:
    with serve(lambda _: _DOWN) as server:
        summary = harvest(tmp_path, server.url, Query("g", "genome", "taxa", ("562",)))
    assert summary.status == "failed"
    assert summary.requests <= 20
