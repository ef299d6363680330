"""What a walk in shards leaves in doubt, by a journal and the rows that it tells of."""

from __future__ import annotations

from typing import Any

import pytest

from harvester.ledger import Ledger
from harvester.model import Job, Query
from harvester.review import Review
from harvester.store.journal import Record
from tests.publish.place import Place

COLI = Query("q", "genome", "taxa", ("562",))


def _page(chain: str, rows: int, *, epoch: int = 0, total: int | None = None) -> dict[str, Any]:
    page = {"chain": chain, "epoch": epoch, "number": 0, "next": "", "total": total}
    return page | {"received": rows, "rows": rows}


def _split(chain: str, total: int, *, kept: bool = False) -> dict[str, Any]:
    """The chain gives way to two windows of days."""
    into = [
        {"id": f"{chain}.0", "values": ["562"], "shard": [["last_release_date", "2019-12-31"]]},
        {"id": f"{chain}.1", "values": ["562"], "shard": [["first_release_date", "2020-01-01"]]},
    ]
    return {"is": "split", "chain": chain, "into": into, "total": total, "kept": kept}


def _review(place: Place, rows: dict[str, str], *records: dict[str, Any]) -> Review:
    """Of each walk, by its label, the accessions that it brought: each is one letter."""
    run = place.begin()
    brought = [{"accession": key, "_chain": walk} for walk, keys in rows.items() for key in keys]
    (part,) = place.stage(run, "genome", brought)
    begin = {"is": "begin", "run_id": run, "job": "job", "digest": "", "started_at": ""}
    ledger = Ledger.replay([begin, {**_pages(), "table": "genome", "part": part}, *records])
    return Review(place.lake, Job("job", (COLI,)), ledger, place.manifest, 2.0, place.desk(run))


def _pages(*pages: dict[str, Any]) -> dict[str, Any]:
    return {"is": "pages", "pages": list(pages)}


def _again(review: Review, counted: int | None) -> Record:
    """What becomes of the chain whose shards do not add up, when NCBI counts so many now."""
    found = review.survey()
    ((chain, distinct),) = review.uncovered(found)
    record = review.counted_again(found, chain, distinct, counted)
    assert record is not None
    return record


def test_what_came_before_a_cut_stays_void_when_the_whole_is_walked_as_one(place: Place) -> None:
    """The chain's token had been refused once, so its first epoch is used up, and its second."""
    review = _review(
        place,
        {"q.0/0": "a", "q.0/1": "b", "q.0.0/0": "bc", "q.0.1/0": "d"},
        {"is": "restart", "chain": "q.0", "epoch": 1},
        _split("q.0", 4),
        _pages(_page("q.0.0", 2, total=2), _page("q.0.1", 1, total=1)),
    )
    record = _again(review, 4)
    assert (record["is"], record["chain"]) == ("restart", "q.0")
    review.ledger.apply(record)
    review.walked()
    assert not review.survey().chains  # no row of any walk counts until it is walked again


def _one_missing(place: Place, first: int = 2) -> Review:
    """NCBI counted four records, and two and one of the shards."""
    return _review(
        place,
        {"q.0.0/0": "bc", "q.0.1/0": "d"},
        _split("q.0", 4),
        _pages(_page("q.0.0", 2, total=first), _page("q.0.1", 1, total=1)),
    )


def test_that_ncbi_holds_fewer_by_now_is_a_fact_of_the_journal(place: Place) -> None:
    review = _one_missing(place)
    record = _again(review, 3)
    review.ledger.apply(record)
    assert not list(review.uncovered(review.survey()))
    (report,) = review.verdict(review.survey()).queries
    assert (report.state, report.expected, report.chains) == ("complete", 3, 2)
    assert review.ledger.first_counts([COLI]) == {"q.0": 4}  # as it was known when the run began


@pytest.mark.parametrize("counted", [4, 5, 0, None])
def test_another_count_does_not_explain_what_is_missing(counted: int | None, place: Place) -> None:
    """Nor does none at all: an empty answer is not proof of absence."""
    assert _again(_one_missing(place), counted)["is"] == "restart"


def test_a_shard_that_stays_short_is_not_explained_by_a_count_of_the_whole(place: Place) -> None:
    assert _again(_one_missing(place, first=3), 3)["is"] == "restart"


def test_a_chain_that_is_walked_as_one_after_all_has_the_count_of_its_own(place: Place) -> None:
    review = _one_missing(place)
    review.ledger.apply({"is": "counted", "chain": "q.0", "total": 3})
    review.ledger.apply({"is": "restart", "chain": "q.0", "epoch": 1})
    review.ledger.apply(_pages(_page("q.0", 5, epoch=1, total=5)))
    (report,) = review.verdict(review.survey()).queries
    assert (report.expected, report.chains) == (5, 1)


def _one_twice(place: Place, total: int) -> Review:
    """Of so many records two shards brought three and two, one of them both."""
    return _review(
        place,
        {"q.0.0/0": "abc", "q.0.1/0": "cd"},
        _split("q.0", total),
        _pages(_page("q.0.0", 3, total=3), _page("q.0.1", 2, total=2)),
    )


def test_a_record_of_two_shards_does_not_stand_for_one_of_none(place: Place) -> None:
    review = _one_twice(place, 5)
    assert [distinct for _, distinct in review.uncovered(review.survey())] == [4]
    assert _again(review, 5)["is"] == "restart"


def test_a_record_of_two_shards_is_none_too_few(place: Place) -> None:
    review = _one_twice(place, 4)
    assert not list(review.uncovered(review.survey()))
    verdict = review.verdict(review.survey())
    (report,), (item,) = verdict.queries, verdict.each_item()
    assert (report.state, report.distinct, item.records) == ("complete", 4, 4)


@pytest.mark.parametrize(("total", "short"), [(4, []), (5, [4])])
def test_what_a_kept_page_brought_and_what_was_broken_has_come(
    total: int, short: list[int], place: Place
) -> None:
    """One record came on a page before the cut alone, and one is a line that nobody can read."""
    review = _review(
        place,
        {"q.0/0": "ab", "q.0.0/0": "b", "q.0.1/0": "d"},
        _pages(_page("q.0", 2, total=total)),
        _split("q.0", total, kept=True),
        _pages(_page("q.0.0", 2, total=2), _page("q.0.1", 1, total=1)),
    )
    assert [distinct for _, distinct in review.uncovered(review.survey())] == short
