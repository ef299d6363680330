"""Taxonomy reports, read for the number behind a name."""

from __future__ import annotations

import json
from typing import Any

from harvester.model import Chain, Query, Taxon
from harvester.plan import chains_by_key, names_of, numbered, scope_of, scopes_of
from harvester.taxa import taxa_in

HUMAN = {"taxonomy": {"tax_id": 9606, "parents": [1, 9605]}, "query": ["Human"]}


def _taxa(*elements: Any, names: tuple[str, ...] = ("human", "E. coli")) -> dict[str, Taxon]:
    return taxa_in([json.dumps(element).encode() for element in elements], names)


def test_a_name_is_found_by_what_is_echoed() -> None:
    coli = {
        "taxonomy": {
            "taxId": 562,
            "currentScientificName": {"name": "Escherichia coli"},
            "counts": [{"type": "COUNT_TYPE_ASSEMBLY", "count": 7}],
        },
        "query": ["e. COLI", "562"],
    }
    assert _taxa(HUMAN, coli) == {
        "human": Taxon(9606, "", (1, 9605)),
        "E. coli": Taxon(562, "Escherichia coli", (), (("COUNT_TYPE_ASSEMBLY", 7),)),
    }


def test_a_name_for_two_taxa_is_nobodys() -> None:
    other = {"taxonomy": {"tax_id": 1}, "query": ["human"]}
    assert _taxa(HUMAN, other) == {}
    assert set(_taxa(HUMAN, HUMAN)) == {"human"}


def test_errors_and_broken_lines_tell_nothing() -> None:
    error = {"errors": [{"reason": "not a recognized name"}], "query": ["human"]}
    assert _taxa(error, {"taxonomy": {}}, [], 3, {"taxonomy": 4, "query": ["human"]}) == {}
    assert taxa_in([b"{broken", b""], ("human",)) == {}


def test_a_single_name_needs_no_echo() -> None:
    bare = {"taxonomy": {"tax_id": 9606}}
    assert _taxa(bare, names=("human",)) == {"human": Taxon(9606)}
    assert _taxa(bare) == {}


def test_names_that_can_be_asked_by_number() -> None:
    queries = [
        Query("a", "genome", "taxa", ("primates", "9606")),
        Query("b", "taxonomy", "taxa", ("mouse",)),  # a list: it is itself the looking up
        Query("c", "gene", "symbols", ("A",), taxon="human"),
        Query("d", "genome", "accessions", ("GCF_1",)),
        Query("e", "virus", "taxa", ("primates",)),
    ]
    assert names_of(queries) == ("primates", "human")


def test_a_number_travels_in_place_of_the_name() -> None:
    taxa = Chain("q.0", "q", "genome", "taxa", ("primates",))
    assert numbered(taxa, {"primates": 9443}).sent == ("9443",)
    assert numbered(taxa, {}) == taxa
    symbols = Chain("q.0", "q", "gene", "symbols", ("primates",), taxon="human")
    assert numbered(symbols, {"primates": 9443, "human": 9606}).sent == ()
    assert numbered(symbols, {"human": 9606}).sent_taxon == "9606"


def test_a_question_is_the_same_whatever_else_is_asked() -> None:
    one = Chain("q.0", "q", "gene", "ids", ("1", "2"), filters=(("types", ("OTHER",)),))
    other = Chain("p.7", "p", "gene", "ids", ("2",), filters=one.filters, endpoint="legacy")
    assert scope_of(one, "2") == scope_of(other, "2")
    assert scope_of(one, "2") != scope_of(one, "1")
    assert scope_of(one, "2") != scope_of(Chain("q.0", "q", "gene", "ids", ("2",)), "2")


def test_a_question_has_one_number_for_all_time() -> None:
    """A lake names questions by it: with another number it would know nothing of earlier runs."""
    filters = (("types", ("OTHER",)),)
    chain = Chain("q.0", "q", "gene", "symbols", ('é"1', "2"), filters=filters, taxon="human")
    assert list(scopes_of(chain, ['é"1', None])) == [309378722937070162, 8558548399629785387]


def test_rows_are_asked_for_by_their_keys() -> None:
    query = Query("q", "genome", "taxa", ("562",), filters=(("reference_only", True),))
    (chain,) = chains_by_key(query, ["GCF_1.1", "GCF_2.1"])
    assert (chain.query_id, chain.selector, chain.filters) == ("q", "accessions", ())
    assert len(chains_by_key(query, [str(n) for n in range(1001)])) == 2
