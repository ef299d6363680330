"""What a job will take: adds up, never promises more than the rate allows, learns from runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.estimate import plan_of
from harvester.experience import Experience, Past
from harvester.model import Query
from harvester.summary import size

GENOMES = Query("g", "genome", "taxa", ("562",))
GENES = Query("i", "gene", "ids", tuple(str(number) for number in range(1, 2501)))
NOTHING = Experience()


def test_a_large_taxon_takes_its_pages_at_the_rate() -> None:
    plan = plan_of([GENOMES], {"g.0": 40_000}, 10, 16, NOTHING)
    (one,) = plan.queries
    assert (plan.records, plan.complete, one.exact) == (40_000, True, False)
    assert 41 <= plan.requests <= 52
    assert plan.requests / 10 < plan.seconds < plan.requests / 10 + 5
    assert plan.bytes == 40_000 * 800
    assert plan.disk == 40_000 * (250 + 550)


def test_lists_need_no_count() -> None:
    plan = plan_of([GENES], {}, 5, 16, NOTHING)
    assert (plan.requests, plan.records, plan.complete) == (3, 2500, True)


def test_names_are_looked_up_first_and_many_at_once() -> None:
    named = [Query(str(n), "genome", "taxa", (f"taxon {n}",)) for n in range(20)]
    plan = plan_of(named, {f"{one.id}.0": 800 for one in named}, 5, 16, NOTHING)
    assert plan.requests == 1 + 20


def test_each_taxon_has_its_own_count_and_others_are_like_those() -> None:
    taxa = Query("g", "genome", "taxa", ("562", "9606", "10090"))
    plan = plan_of([taxa], {"g.0": 2_400, "g.1": 0, "g.2": 10}, 5, 1, NOTHING)
    assert (plan.records, plan.requests) == (2_410, 3 + 1 + 1)
    assert not plan.queries[0].exact
    assert plan_of([taxa], {"g.0": 2_400, "g.2": 100}, 5, 1, NOTHING).records == 2_500 + 1_250


def test_what_is_not_known_is_not_promised() -> None:
    plan = plan_of([GENOMES, GENES], {}, 5, 16, NOTHING)
    assert (plan.requests, plan.records, plan.complete) == (3, 2500, False)
    assert [one.bytes for one in plan.queries] == [None, 2500 * 350]


def test_each_table_takes_a_moment() -> None:
    viruses = Query("v", "virus", "taxa", ("1335626",))
    one, two = (
        plan_of([GENOMES, more], {"g.0": 0, "v.0": 0}, 5, 16, NOTHING)
        for more in (GENOMES, viruses)
    )
    assert one.requests == two.requests
    assert two.seconds - one.seconds == pytest.approx(0.15)


def test_the_last_run_tells_bytes_and_time() -> None:
    past = Past(requests=50, records=40_000, bytes=20_000_000, seconds=100.0)
    plan = plan_of([GENOMES], {"g.0": 60_000}, 10, 16, Experience(past=past))
    assert plan.bytes == 30_000_000
    assert plan.seconds == pytest.approx(100 * plan.requests / 50)


def test_only_rows_that_are_not_there_need_room() -> None:
    known = Experience(kept={"genome": 500.0}, rows={"genome": 39_000})
    assert plan_of([GENOMES], {"g.0": 40_000}, 10, 16, known).disk == 500_000
    assert plan_of([GENOMES], {"g.0": 30_000}, 10, 16, known).disk == 0


@given(st.integers(0, 5_000_000), st.sampled_from([3, 5, 10]), st.integers(1, 64))
def test_no_plan_beats_the_rate_or_leaves_pages_out(count: int, rate: int, workers: int) -> None:
    plan = plan_of([GENOMES], {"g.0": count}, rate, workers, NOTHING)
    assert plan.requests >= max(1, count / 1000)
    assert plan.requests <= 1.5 * count / 1000 + 2
    assert plan.seconds >= plan.requests / rate


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (25_000_000, "25 MB"), (3.2e12, "3.2 TB")],
)
def test_sizes_are_told_as_people_say_them(number: float, told: str) -> None:
    assert size(number) == told
