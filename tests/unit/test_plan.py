from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model import Query
from harvester.plan import chains_of, endpoint_of, plan_chains, request_columns


def _ids(count: int, name: str = "q") -> Query:
    return Query(name, "gene", "ids", tuple(str(number) for number in range(count)))


def test_a_taxon_is_a_chain_of_its_own() -> None:
    chains = chains_of(Query("q", "genome", "taxa", ("562", "9606")))
    assert [chain.values for chain in chains] == [("562",), ("9606",)]
    assert [chain.id for chain in chains] == ["q.0", "q.1"]


@given(st.integers(1, 5000))
def test_lists_are_cut_to_what_ncbi_takes_and_nothing_is_lost(count: int) -> None:
    query = _ids(count)
    chains = chains_of(query)
    assert all(1 <= len(chain.values) <= 1000 for chain in chains)
    assert tuple(value for chain in chains for value in chain.values) == query.values
    assert len({chain.id for chain in chains}) == len(chains)


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=5))
def test_queries_take_turns(sizes: list[int]) -> None:
    queries = [_ids(size, f"q{number}") for number, size in enumerate(sizes)]
    chains = plan_chains(queries)
    assert sorted(c.id for c in chains) == sorted(c.id for q in queries for c in chains_of(q))
    firsts = [chain.query_id for chain in chains[: len(queries)]]
    assert firsts == [query.id for query in queries]


def test_in_each_turn_those_come_first_of_which_nobody_knows_the_end() -> None:
    summary = Query("s", "virus_summary", "taxa", ("1335626",))
    taxa, features = (
        Query("t", "genome", "taxa", ("9443",)),
        Query("a", "annotation", "accessions", ("GCF_1", "GCF_2")),
    )
    chains = plan_chains([_ids(1001), summary, taxa, features])
    assert [chain.id for chain in chains] == ["t.0", "a.0", "q.0", "s.0", "a.1", "q.1"]


@pytest.mark.parametrize(
    ("query", "brief"),
    [
        (Query("q", "taxonomy", "taxa", ("562",)), True),
        (Query("q", "taxonomy", "taxa", ("562",), filters=(("children", True),)), False),
        (Query("q", "taxonomy", "taxa", ("562",), filters=(("children", False),)), True),
        (Query("q", "gene", "symbols", ("A",), "9606"), True),
        (Query("q", "gene", "symbols", ("A",), "40674", (("tax_search_subtree", True),)), False),
        (Query("q", "genome", "taxa", ("562",)), False),
        (Query("q", "virus_summary", "taxa", ("1335626",)), True),
    ],
)
def test_a_list_is_brief_unless_a_filter_widens_it(query: Query, brief: bool) -> None:  # noqa: FBT001
    _, endpoint = endpoint_of(query)
    assert endpoint.is_brief(query.filters) is brief


def test_columns_that_the_request_fills() -> None:
    filters = (("complete_only", True), ("host", "9606"))
    summary = Query("q", "virus_summary", "taxa", ("1335626",), filters=filters)
    assert dict(request_columns(chains_of(summary)[0])) == {
        "taxon": "1335626",
        "filters": '{"complete_only":true,"host":"9606"}',
    }
    annotation = Query("q", "annotation", "accessions", ("GCF_000001405.40",))
    assert dict(request_columns(chains_of(annotation)[0])) == {
        "assembly_accession": "GCF_000001405.40"
    }
    assert request_columns(chains_of(_ids(3))[0]) == ()
