"""Which identifiers brought rows, and how many each chain and query did."""

from __future__ import annotations

from typing import Any

from harvester.catalogue import RESOURCES
from harvester.publish import ChainCount, chain_counts, distinct_keys, matched
from tests.publish.place import Place, Row

VALID = frozenset({"q.0/1", "q.1/0", "p.0/0"})


def _matched(place: Place, table: str, rows: list[Row], **asked: list[str]) -> Any:
    parts = place.stage("run", table, rows[:1], rows[1:])
    chains = {name.replace("_", "."): values for name, values in asked.items()}
    return matched(place.lake, RESOURCES[table], parts, VALID, chains)


def test_rows_answer_what_they_echo(place: Place) -> None:
    rows = [
        {"gene_id": 672, "symbol": "BRCA1", "_query": ["BRCC1", "BRCA1"], "_chain": "q.0/1"},
        {"gene_id": 79664, "symbol": "ICE2", "_query": ["BRCC1"], "_chain": "q.0/1"},
        {"gene_id": 1, "_query": ["TP53"], "_chain": "q.0/0"},
    ]
    found = _matched(place, "gene", rows, q_0=["BRCA1", "BRCC1", "TP53", "ICE2"])
    assert found == {"q.0": {"BRCA1": 1, "BRCC1": 2}}


def test_without_an_echo_rows_answer_to_their_identifiers(place: Place) -> None:
    rows = [
        {"gene_id": 672, "symbol": "Brca1", "_chain": "q.0/1"},
        {
            "gene_id": 7157,
            "symbol": "TP53",
            "replaced_gene_id": 99,
            "_query": [],
            "_chain": "q.1/0",
        },
    ]
    found = _matched(place, "gene", rows, q_0=["BRCA1", "7157"], q_1=["7157", "99", "672"])
    assert found == {"q.0": {"BRCA1": 1}, "q.1": {"7157": 1, "99": 1}}


def test_an_accession_answers_with_and_without_its_version(place: Place) -> None:
    rows = [
        {"accession": "GCF_1.2", "current_accession": "GCF_1.2", "_chain": "q.0/1"},
        {"accession": "GCF_1.1", "current_accession": "GCF_1.2", "_chain": "q.0/1"},
        {"accession": "GCA_2.1", "paired_accession": "GCF_2.1", "_chain": "q.0/1"},
    ]
    asked = ["gcf_1", "GCF_1.2", "GCF_1.1", "GCF_2.1", "GCF_2.2", "GCF_", "GCF_1."]
    assert _matched(place, "genome", rows, q_0=asked) == {
        "q.0": {"gcf_1": 2, "GCF_1.2": 2, "GCF_1.1": 1, "GCF_2.1": 1}
    }


def test_only_chains_that_are_asked_about_are_counted(place: Place) -> None:
    rows = [{"tax_id": 562, "_query": ["562"], "_chain": "p.0/0"}]
    assert _matched(place, "taxonomy", rows, q_0=["562"]) == {}
    assert _matched(place, "taxonomy", rows) == {}
    assert matched(place.lake, RESOURCES["taxonomy"], [], VALID, {"p.0": ["562"]}) == {}


def test_identifiers_need_not_be_words(place: Place) -> None:
    odd = "'); DROP TABLE pairs; --"
    rows = [{"gene_id": 1, "_query": [odd], "_chain": "p.0/0"}]
    assert _matched(place, "gene", rows, p_0=[odd, '"']) == {"p.0": {odd: 1}}


def test_chains_and_queries_are_counted(place: Place) -> None:
    rows = [
        {"accession": "A", "_chain": "q.0/1"},
        {"accession": "A", "_chain": "q.0/1"},
        {"accession": "A", "_chain": "q.1/0"},
        {"accession": "B", "_chain": "q.1/0"},
        {"accession": "A", "_chain": "p.0/0"},
        {"accession": "void", "_chain": "q.0/0"},
    ]
    resource, parts = RESOURCES["genome"], place.stage("run", "genome", rows)
    assert chain_counts(place.lake, resource, parts, VALID) == {
        "q.0": ChainCount(2, 1),
        "q.1": ChainCount(2, 2),
        "p.0": ChainCount(1, 1),
    }
    query_of = {"q.0": "q", "q.1": "q", "p.0": "p", "unused.0": "unused"}
    assert distinct_keys(place.lake, resource, parts, VALID, query_of) == {"q": 2, "p": 1}
    assert chain_counts(place.lake, resource, [], VALID) == {}
    assert distinct_keys(place.lake, resource, [], VALID, query_of) == {}


def test_a_key_with_nulls_is_one_key(place: Place) -> None:
    row = {"assembly_accession": "G", "genbank_accession": None, "_chain": "q.0/1"}
    resource, parts = RESOURCES["sequence"], place.stage("run", "sequence", [row, row])
    assert chain_counts(place.lake, resource, parts, VALID) == {"q.0": ChainCount(2, 1)}
