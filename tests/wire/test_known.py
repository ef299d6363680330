"""What the last night tells of sizes: what is cut before anything is asked, and what is not."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event, Semaphore

from harvester.fetch import Policy
from harvester.model import Query
from tests.wire.dated import genomes
from tests.wire.hostile import Asked, Told, serve
from tests.wire.runs import harvest


def _query(*taxa: str) -> Query:
    return Query("g", "genome", "taxa", taxa)


def test_those_to_be_cut_are_counted_at_once(tmp_path: Path) -> None:
    both, met = Barrier(2), list[int]()

    def meet() -> None:
        with suppress(BrokenBarrierError):
            met.append(both.wait(timeout=30))

    query = _query("562", "573")
    with serve(genomes(6000)) as server:
        first = harvest(tmp_path, server.url, query, concurrency=8)
    with serve(genomes(6000, meet)) as server:
        second = harvest(tmp_path, server.url, query, concurrency=8)
    assert sorted(met) == [0, 1]  # neither waited for the other's answer
    assert first.tables["genome"].rows == second.tables["genome"].rows == 12_000
    assert second.tables["genome"].changed == second.tables["genome"].added == 0
    assert second.requests <= 2 + 12 + 2 * 3


def test_what_is_asked_for_by_name_is_counted_by_its_number(tmp_path: Path) -> None:
    """A name may mean another taxon on another day; what was looked up may not."""
    known = {"tax_id": 562, "current_scientific_name": {"name": "Escherichia coli"}}

    def answer(asked: Asked) -> Told:
        if "/taxonomy/" in asked.target:
            told = {"reports": [{"taxonomy": known, "query": ["E. coli"]}]}
            return Told(json.dumps(told).encode())
        return genomes(9000)(asked)

    with serve(answer) as server:
        for _ in range(2):
            summary = harvest(tmp_path, server.url, _query("E. coli"), concurrency=8)
    asked = [one.target for one in server.asked if "/genome/" in one.target]
    assert summary.tables["genome"].rows == 9000
    assert [one for one in asked if "page_size=1&" in f"{one}&"]
    assert all("/taxon/562/" in one for one in asked)


def test_a_shard_that_is_refused_makes_no_other_taxon_of_the_whole(tmp_path: Path) -> None:
    """What was cut beforehand and is walked in one piece after all is asked for by its number."""
    known = {"tax_id": 562, "current_scientific_name": {"name": "Escherichia coli"}}
    refused: list[Asked] = []

    def answer(asked: Asked) -> Told:
        if "/taxonomy/" in asked.target:
            told = {"reports": [{"taxonomy": known, "query": ["E. coli"]}]}
            return Told(json.dumps(told).encode())
        if "page_size=1&" in f"{asked.target}&":
            counted.append(asked)
        if counted and "_release_date" in asked.target and not refused:
            refused.append(asked)
            return Told(b'{"message": "no"}', 400)
        return genomes(9000)(asked)

    counted: list[Asked] = []
    with serve(answer) as server:
        for _ in range(2):
            summary = harvest(tmp_path, server.url, _query("E. coli"), concurrency=8)
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 9000)
    assert refused
    assert all("/taxon/562/" in one.target for one in server.asked if "/genome/" in one.target)


def test_a_shard_that_is_refused_after_a_resume_makes_way_for_the_whole(tmp_path: Path) -> None:
    """What the run knew of its cuts it knows again, and shards are not cut by the whole's days."""
    told: list[Asked] = []
    nights: list[int] = []

    def answer(asked: Asked) -> Told:
        told.append(asked)
        down = nights == [1, 2] and ("_release_date" in asked.target or "/version" in asked.target)
        if down or (
            len(nights) == 3 and "filters.last_release_date" not in asked.target and in_parts(asked)
        ):
            return Told(b'{"message": "no"}', 503 if down else 400)
        return genomes(9000)(asked)

    def in_parts(asked: Asked) -> bool:
        return "filters.first_release_date" in asked.target

    with serve(answer) as server:
        for night in (1, 2, 3):
            nights.append(night)
            told.clear()
            summary = harvest(tmp_path, server.url, _query("562"), concurrency=8, patience=0.2)
    assert summary.resumed
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 9000)
    assert not [one for one in told if "page_size=1&" in f"{one.target}&"]


def test_what_is_left_of_a_resumed_run_is_not_cut_by_the_days_of_the_whole(tmp_path: Path) -> None:
    nights: list[int] = []
    others, away = Semaphore(0), Event()
    patient = Policy(attempts=20, first_wait=0.01, longest_wait=0.02)

    def answer(asked: Asked) -> Told:
        if len(nights) == 2 and "first_release_date=2022" in asked.target:
            if not away.is_set():
                assert all(others.acquire(timeout=20) for _ in range(9))
            away.set()
        if len(nights) == 2 and away.is_set():
            return Told(b"{}", 503)
        told = genomes(9000)(asked)
        if "_release_date" in asked.target:
            others.release()
        return told

    with serve(answer) as server:
        for night in (1, 2, 3):
            nights.append(night)
            server.asked.clear()
            summary = harvest(
                tmp_path, server.url, _query("562"), concurrency=8, patience=0.2, policy=patient
            )
    assert summary.resumed
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 9000)
    assert len(server.asked) == 3, "the pages of one shard, and nothing else"


def test_many_of_equal_size_are_neither_counted_nor_cut(tmp_path: Path) -> None:
    counted: list[None] = []
    query = _query(*"1234567")
    with serve(genomes(3000, lambda: counted.append(None))) as server:
        for requests in (21, 21):
            summary = harvest(tmp_path, server.url, query, concurrency=8)
            assert (summary.status, summary.requests) == ("complete", requests)
    assert not counted


def test_the_only_long_one_is_cut(tmp_path: Path) -> None:
    """Where one taxon is long and the others are short, the long one does not go on alone."""

    def answer(asked: Asked) -> Told:
        return genomes(9000 if "/taxon/562/" in asked.target else 1000)(asked)

    query = _query("562", "573", "287")
    with serve(answer) as server:
        for _ in range(2):
            summary = harvest(tmp_path, server.url, query, concurrency=8)
        counted = [one for one in server.asked if "page_size=1&" in f"{one.target}&"]
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 11_000)
    assert ["/taxon/562/" in one.target for one in counted] == [True]
