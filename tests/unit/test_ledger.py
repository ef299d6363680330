from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harvester import meta
from harvester.ledger import Ledger
from harvester.model import Message, Query
from harvester.plan import halves_of, plan_chains
from harvester.publish import ChainCount, Loss, Survey
from harvester.report import QueryReport, judge

QUERY = Query("q", "genome", "taxa", ("562", "9606"))


def _page(chain: str, number: int, following: str = "", **more: Any) -> dict[str, Any]:
    note = {"chain": chain, "epoch": 0, "number": number, "next": following}
    return note | {"received": 10, "rows": 10} | more


def _pages(*pages: dict[str, Any], part: str = "p.parquet") -> dict[str, Any]:
    return {"is": "pages", "table": "genome", "part": part, "pages": list(pages)}


def test_a_chain_goes_on_with_its_next_page() -> None:
    ledger = Ledger.replay([_pages(_page("q.0", 0, "t1", total=30), _page("q.0", 1, "t2"))])
    state = ledger.state("q.0")
    assert (state.pages, state.token, state.done, state.received, state.total) == (
        2,
        "t2",
        False,
        20,
        30,
    )
    assert [chain.id for chain in ledger.open_chains(plan_chains([QUERY]))] == ["q.0", "q.1"]


def test_an_empty_token_ends_a_chain() -> None:
    ledger = Ledger.replay([_pages(_page("q.0", 0))])
    assert [chain.id for chain in ledger.open_chains(plan_chains([QUERY]))] == ["q.1"]


def test_an_epoch_that_was_given_up_counts_for_nothing() -> None:
    ledger = Ledger.replay(
        [
            _pages(_page("q.0", 0, "t1")),
            {"is": "restart", "chain": "q.0", "epoch": 1},
            _pages(_page("q.0", 1, "t2"), _page("q.0", 0, "u1", epoch=1)),
        ]
    )
    state = ledger.state("q.0")
    assert (state.epoch, state.pages, state.token, state.received) == (1, 1, "u1", 10)
    assert ledger.valid_labels(plan_chains([QUERY])) == {"q.0/1", "q.1/0"}
    assert ledger.parts == {"genome": ["p.parquet", "p.parquet"]}


def test_rows_that_count_no_more_are_known_at_once() -> None:
    records: list[dict[str, Any]] = [
        {"is": "restart", "chain": "q.0", "epoch": 2},
        {"is": "split", "chain": "q.1", "into": [{"id": "q.1.0", "values": ["9606"]}]},
        {"is": "split", "chain": "q.2", "into": [{"id": "q.2.0", "values": ["1"]}], "kept": True},
    ]
    ledger = Ledger.replay(records)
    assert ledger.void_labels == {"q.0/0", "q.0/1", "q.1/0"}
    valid = ledger.valid_labels(ledger.chains_for([QUERY]))
    assert not valid & ledger.void_labels


def test_what_a_kept_page_told_is_told() -> None:
    """Also where the pieces that the rest gave way to were cut in their turn."""
    drift = {"pointer": "/new", "kind": "field", "sample": "1", "count": 2}
    message = {"level": "warning", "code": "C", "text": "old"}
    told: dict[str, Any] = {"drift": [drift], "messages": [message]}
    pieces = [{"id": f"q.0.{n}", "values": ["562"]} for n in range(2)]
    inner = [{"id": f"q.0.1.{n}", "values": ["562"]} for n in range(2)]
    ledger = Ledger.replay(
        [
            _pages(_page("q.0", 0, "t", **told), _page("q.1", 0, **told)),
            {"is": "split", "chain": "q.0", "into": pieces, "kept": True},
            _pages(_page("q.0.1", 0, "t", **told)),
            {"is": "split", "chain": "q.0.1", "into": inner, "kept": False},
        ]
    )
    chains = ledger.chains_for([QUERY])
    (row,) = meta.drift_rows("run", ledger, chains)
    assert (row["table_name"], row["count"]) == ("genome", 4)
    assert [one["query_id"] for one in meta.message_rows("run", ledger, chains)] == ["q", "q"]


def test_a_new_attempt_has_not_given_up_yet() -> None:
    ledger = Ledger.replay([{"is": "attempt", "at": "2026-01-01"}, {"is": "gave up"}])
    assert (ledger.gave_up, ledger.committed, ledger.attempted_at) == (True, False, "2026-01-01")
    ledger.apply({"is": "attempt", "at": "2026-01-02"})
    assert (ledger.gave_up, ledger.attempted_at) == (False, "2026-01-02")


def test_a_new_attempt_asks_again_what_had_failed() -> None:
    failed = {"is": "failed", "chain": "q.0", "status": 0, "reason": "given up"}
    ledger = Ledger.replay([{"is": "attempt"}, failed])
    assert ledger.state("q.0").failed
    ledger.apply({"is": "attempt"})
    assert not ledger.state("q.0").failed


@given(st.lists(st.integers(0, 3), max_size=30))
def test_replaying_is_the_same_as_applying(choices: list[int]) -> None:
    records: list[dict[str, Any]] = [
        {"is": "attempt"},
        _pages(_page("q.0", 0, "t")),
        {"is": "restart", "chain": "q.0", "epoch": 1},
        {"is": "failed", "chain": "q.1", "status": 404, "reason": "no"},
    ]
    live = Ledger()
    for choice in choices:
        live.apply(records[choice])
    assert live == Ledger.replay([records[choice] for choice in choices])


def _judged(query: Query, *records: dict[str, Any], **matched: int) -> Any:
    counts = [matched.get(value, 0) for value in query.values]
    return judge([query], Ledger.replay(records), Survey(matches={"q.0": counts}), 2.0)


def test_a_query_is_complete_when_all_chains_are_and_the_counts_agree() -> None:
    good = (_pages(_page("q.0", 0, total=10)), _pages(_page("q.1", 0, total=10)))
    verdict = _judged(QUERY, *good)
    assert verdict.queries[0].state == "complete"
    assert (verdict.queries[0].expected, verdict.queries[0].received) == (20, 20)
    short = _judged(QUERY, good[0], _pages(_page("q.1", 0, total=11)))
    assert "counts 21 records, 1 did not come" in short.queries[0].reason
    open_end = _judged(QUERY, good[0], _pages(_page("q.1", 0, "more")))
    assert "did not come to their end" in open_end.queries[0].reason


def test_404_is_an_unknown_identifier_not_a_failed_query() -> None:
    query = Query("q", "annotation", "accessions", ("GCF_9",))
    verdict = _judged(query, {"is": "failed", "chain": "q.0", "status": 404, "reason": "404"})
    assert verdict.queries[0].state == "complete"
    assert [item.outcome for item in verdict.each_item()] == ["unknown"]
    assert list(verdict.having("unknown")) == list(verdict.each_item())


def test_each_identifier_of_a_list_has_its_outcome() -> None:
    query = Query("q", "gene", "ids", ("1", "2", "3", "4"))
    told = [
        {"level": "warning", "code": "UNRECOGNIZED_GENE_ID", "text": "no", "identifiers": ["2"]},
        {"level": "warning", "code": "R", "text": "", "identifiers": ["3"], "replaced_by": "9"},
    ]
    verdict = _judged(query, _pages(_page("q.0", 0, messages=told)), **{"1": 1, "3": 1})
    outcomes = {item.value: item.outcome for item in verdict.each_item()}
    assert outcomes == {"1": "ok", "2": "unknown", "3": "replaced", "4": "unknown"}
    assert [item.reason for item in verdict.each_item()] == [
        "", "no", "replaced by 9", "NCBI gave no record for it",
    ]  # fmt: skip


def test_filters_make_an_identifier_without_record_empty_not_unknown() -> None:
    query = Query(
        "q", "genome", "accessions", ("GCF_1", "GCF_2"), filters=(("reference_only", True),)
    )
    verdict = _judged(query, _pages(_page("q.0", 0)), GCF_1=1)
    assert [item.outcome for item in verdict.each_item()] == ["ok", "empty"]


def test_messages_are_read_back_as_they_were() -> None:
    told = {"level": "error", "code": "X", "text": "t", "identifiers": ["a", "b"]}
    ledger = Ledger.replay([_pages(_page("q.0", 0, messages=[told]))])
    assert ledger.state("q.0").messages == [Message("error", "X", "t", ("a", "b"))]


def test_a_list_that_was_split_is_walked_by_its_halves() -> None:
    query = Query("q", "gene", "ids", ("1", "2", "3"))
    chain = plan_chains([query])[0]
    ledger = Ledger()
    for chain_id in ("q.0", "q.0b"):
        found = next(one for one in ledger.walked([chain]) if one.id == chain_id)
        into = [{"id": half.id, "values": list(half.values)} for half in halves_of(found)]
        ledger.apply({"is": "split", "chain": chain_id, "into": into})
    walked = list(ledger.walked([chain]))
    assert [(one.id, one.values) for one in walked] == [
        ("q.0a", ("1",)),
        ("q.0ba", ("2",)),
        ("q.0bb", ("3",)),
    ]
    assert ledger.valid_labels(walked) == {"q.0a/0", "q.0ba/0", "q.0bb/0"}
    assert halves_of(walked[0]) == ()
    verdict = judge([query], ledger, Survey(), 2.0)
    assert [item.value for item in verdict.each_item()] == ["1", "2", "3"]


TAXON = Query("q", "genome", "taxa", ("562",))


def _report(found: Survey, *records: dict[str, Any], allowed: float = 2.0) -> QueryReport:
    return judge([TAXON], Ledger.replay(records), found, allowed).queries[0]


def _again(**doubt: int) -> dict[str, Any]:
    return {"is": "restart", "chain": "q.0", "epoch": 1, "doubt": doubt}


def _repeated(rows: int, keys: int) -> Survey:
    return Survey(chains={"q.0": ChainCount(rows, keys)}, queries={"q": keys})


def test_repeated_records_stand_for_missing_ones_until_they_repeat_in_the_same_way() -> None:
    once = _report(_repeated(10, 8), _pages(_page("q.0", 0, total=10)))
    assert once.state == "incomplete"
    assert "2 did not come" in once.reason
    page = _pages(_page("q.0", 0, total=10, epoch=1))
    assert _report(_repeated(10, 8), _again(received=10, distinct=8), page).state == "complete"
    assert _report(_repeated(10, 9), _again(received=10, distinct=8), page).state == "incomplete"
    fewer = _pages(_page("q.0", 0, total=12, epoch=1))
    assert _report(_repeated(10, 8), _again(received=10, distinct=8), fewer).state == "incomplete"


def test_a_restart_for_a_stale_token_does_not_forget_the_doubt() -> None:
    ledger = Ledger.replay(
        [_again(received=1, distinct=1), {"is": "restart", "chain": "q.0", "epoch": 2}]
    )
    assert ledger.state("q.0").doubt is not None
    assert ledger.state("q.0").epoch == 2


def test_a_query_that_lost_too_much_is_shrunk() -> None:
    page = _pages(_page("q.0", 0, total=10))
    for lost, state in [(0, "complete"), (2, "complete"), (3, "shrunk"), (100, "shrunk")]:
        found = Survey(losses={"q": Loss(100, lost)})
        report = _report(found, page)
        assert report.state == state
        assert _report(found, page, allowed=100.0).state == "complete"
    assert report.reason.startswith("100 of its 100 rows (100 %) did not come any more")


def test_rows_that_are_found_by_key_fill_the_gap() -> None:
    chain = {"id": "q.key.0", "query_id": "q", "resource": "genome", "selector": "accessions"}
    by_key = {"is": "by key", "chains": [{**chain, "values": ["A", "B"], "filters": []}]}
    short = _pages(_page("q.0", 0, total=12))
    assert _report(Survey(), short, by_key).state == "incomplete"
    found = _pages(_page("q.key.0", 0, rows=2, received=2))
    assert _report(Survey(), short, by_key, found).state == "complete"
    failed = {"is": "failed", "chain": "q.key.0", "status": 0, "reason": "given up"}
    report = _report(Survey(), _pages(_page("q.0", 0, total=10)), by_key, failed)
    assert report.state == "incomplete"
    assert "given up" in report.reason


def test_nothing_for_a_taxon_that_ncbi_counts_is_incomplete() -> None:
    empty = _pages(_page("q.0", 0, received=0, rows=0, epoch=1))
    report = _report(Survey(), _again(received=0, distinct=0, counted=7), empty)
    assert report.state == "incomplete"
    assert "counts 7 records" in report.reason
    assert _report(Survey(), _again(received=0, distinct=0), empty).state == "complete"


def test_chains_by_key_belong_to_their_query() -> None:
    by_key = {
        "is": "by key",
        "chains": [
            {"id": "q.key.0", "query_id": "q", "resource": "genome", "selector": "accessions",
             "values": ["A"], "filters": []},
            {"id": "x.key.0", "query_id": "x", "resource": "genome", "selector": "accessions",
             "values": ["B"], "filters": []},
        ],
    }  # fmt: skip
    ledger = Ledger.replay([by_key])
    assert [chain.id for chain in ledger.chains_for([TAXON])] == ["q.0", "q.key.0"]
    assert Ledger().by_key is None


def test_what_pieces_of_an_earlier_cut_brought_does_not_count_for_those_of_a_later_one() -> None:
    """A lost file makes a chain start over: it may be cut elsewhere then, into the same names."""

    def page(chain: str, epoch: int) -> dict[str, Any]:
        told = {"chain": chain, "epoch": epoch, "number": 0, "next": "t", "total": 2000}
        return {"is": "pages", "pages": [told | {"received": 1000, "rows": 1000}]}

    def split(chain: str) -> dict[str, Any]:
        into = [{"id": f"{chain}.{number}", "values": ["562"]} for number in range(2)]
        return {"is": "split", "chain": chain, "into": into, "total": 9000}

    before = [split("q.0"), split("q.0.1"), page("q.0.0", 0), page("q.0.1.0", 0)]
    ledger = Ledger.replay([*before, {"is": "restart", "chain": "q.0", "epoch": 1}, split("q.0")])
    ledger.apply(page("q.0.0", 0))  # of a walk that was still under way
    pieces = [ledger.state(chain) for chain in ("q.0.0", "q.0.1", "q.0.1.0")]
    assert [(one.epoch, one.pages, one.total) for one in pieces] == [(1, 0, None)] * 3
    assert set(ledger.splits) == {"q.0"}
    ledger.apply(page("q.0.0", 1))
    assert ledger.state("q.0.0").received == 1000


def test_404_after_a_page_is_no_unknown_identifier() -> None:
    query = Query("q", "genome", "taxa", ("562",))
    page = {"chain": "q.0", "epoch": 0, "number": 0, "next": "t", "received": 9, "rows": 9}
    ledger = Ledger.replay(
        [
            {"is": "pages", "pages": [page | {"total": 99}]},
            {"is": "failed", "chain": "q.0", "status": 404, "reason": "NCBI answered 404: gone"},
        ]
    )
    (report,) = judge([query], ledger, Survey(), 2.0).queries
    assert (report.state, report.expected, report.reason) == (
        "failed",
        99,
        "NCBI answered 404: gone",
    )
