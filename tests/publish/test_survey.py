"""What staged rows amount to: per chain, per query, per identifier; and rows of another taxon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from harvester.publish import Asked, ChainCount, Survey, survey
from tests.publish.place import Place, Row

VALID = frozenset({"q.0/1", "q.1/0", "p.0/0"})


def _listed(chains: Mapping[str, Sequence[str]]) -> list[Asked]:
    """What lists asked for, the query being the chain's name up to the dot."""
    return [
        Asked(chain, chain.partition(".")[0], [*values, None], [*map(hash, values), 0])
        for chain, values in chains.items()
    ]


def _survey(place: Place, table: str, parts: Sequence[str], asked: Sequence[Asked]) -> Survey:
    return survey(place.staged("run", table, parts, VALID, asked))


def _matches(place: Place, table: str, rows: list[Row], **chains: list[str]) -> object:
    parts = place.stage("run", table, rows[:1], rows[1:])
    named = {name.replace("_", "."): values for name, values in chains.items()}
    found = _survey(place, table, parts, _listed(named)).matches
    return {
        chain: {value: many for value, many in zip(named[chain], counts, strict=True) if many}
        for chain, counts in found.items()
    }


def test_rows_answer_what_they_echo(place: Place) -> None:
    rows = [
        {"gene_id": 672, "symbol": "BRCA1", "_query": ["BRCC1", "BRCA1"], "_chain": "q.0/1"},
        {"gene_id": 79664, "symbol": "ICE2", "_query": ["BRCC1"], "_chain": "q.0/1"},
        {"gene_id": 1, "_query": ["TP53"], "_chain": "q.0/0"},
    ]
    found = _matches(place, "gene", rows, q_0=["BRCA1", "BRCC1", "TP53", "ICE2"])
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
    found = _matches(place, "gene", rows, q_0=["BRCA1", "7157"], q_1=["7157", "99", "672"])
    assert found == {"q.0": {"BRCA1": 1}, "q.1": {"7157": 1, "99": 1}}


def test_an_accession_answers_with_and_without_its_version(place: Place) -> None:
    rows = [
        {"accession": "GCF_1.2", "current_accession": "GCF_1.2", "_chain": "q.0/1"},
        {"accession": "GCF_1.1", "current_accession": "GCF_1.2", "_chain": "q.0/1"},
        {"accession": "GCA_2.1", "paired_accession": "GCF_2.1", "_chain": "q.0/1"},
    ]
    asked = ["gcf_1", "GCF_1.2", "GCF_1.1", "GCF_2.1", "GCF_2.2", "GCF_", "GCF_1."]
    assert _matches(place, "genome", rows, q_0=asked) == {
        "q.0": {"gcf_1": 2, "GCF_1.2": 2, "GCF_1.1": 1, "GCF_2.1": 1}
    }


def test_only_chains_that_are_asked_about_are_matched(place: Place) -> None:
    rows = [{"tax_id": 562, "_query": ["562"], "_chain": "p.0/0"}]
    assert _matches(place, "taxonomy", rows, q_0=["562"]) == {}
    assert _matches(place, "taxonomy", rows) == {}
    assert _survey(place, "taxonomy", [], _listed({"p.0": ["562"]})) == Survey()


def test_identifiers_need_not_be_words(place: Place) -> None:
    odd = "'); DROP TABLE asked; --"
    rows = [{"gene_id": 1, "_query": [odd], "_chain": "p.0/0"}]
    assert _matches(place, "gene", rows, p_0=[odd, '"']) == {"p.0": {odd: 1}}


def test_chains_and_queries_are_counted(place: Place) -> None:
    rows = [
        {"accession": "A", "_chain": "q.0/1"},
        {"accession": "A", "_chain": "q.0/1"},
        {"accession": "A", "_chain": "q.1/0"},
        {"accession": "B", "_chain": "q.1/0"},
        {"accession": "A", "_chain": "p.0/0"},
        {"accession": "void", "_chain": "q.0/0"},
    ]
    parts = place.stage("run", "genome", rows)
    asked = [
        Asked("q.0", "q", ["1"], [1]),
        Asked("q.1", "q", ["2"], [2]),
        Asked("p.0", "p", ["1"], [1]),
    ]
    found = _survey(place, "genome", parts, asked)
    assert found.chains == {
        "q.0": ChainCount(2, 1),
        "q.1": ChainCount(2, 2),
        "p.0": ChainCount(1, 1),
    }
    assert found.queries == {"q": 2, "p": 1}
    assert (found.losses, found.emptied, found.strays) == ({}, frozenset(), {})


@pytest.mark.parametrize(("second", "different"), [("BC", 3), ("CD", 4)])
def test_what_all_shards_brought_is_counted(second: str, different: int, place: Place) -> None:
    """Whether or not a key came twice; of a chain that was not cut there is no such count."""
    walks = {"q.0/1": "AB", "q.1/0": second, "p.0/0": "XY"}
    rows = [{"accession": key, "_chain": walk} for walk, keys in walks.items() for key in keys]
    asked = [
        Asked("q.0", "q", ["1"], [1], whole="q"),
        Asked("q.1", "q", ["1"], [1], whole="q"),
        Asked("p.0", "p", ["1"], [2]),
    ]
    found = _survey(place, "genome", place.stage("run", "genome", rows), asked)
    assert found.wholes == {"q": different}
    assert sum(found.chains[one].keys for one in ("q.0", "q.1")) == 4


def test_a_key_with_nulls_is_one_key(place: Place) -> None:
    row = {"assembly_accession": "G", "genbank_accession": None, "_chain": "q.0/1"}
    parts = place.stage("run", "sequence", [row, row])
    found = _survey(place, "sequence", parts, [Asked("q.0", "q", ["G"], [1])])
    assert found.chains == {"q.0": ChainCount(2, 1)}


def _virus(accession: str, own: int, *above: int) -> Row:
    lineage = [{"tax_id": number} for number in above]
    return {
        "accession": accession,
        "virus": {"tax_id": own, "lineage": lineage},
        "_chain": "q.0/1",
    }


def test_rows_of_another_taxon_are_counted(place: Place) -> None:
    rows = [
        _virus("A", 7, 1, 5),  # it is the taxon itself
        _virus("B", 9, 1, 5, 7),  # it lies below
        _virus("C", 8, 1, 5),  # a stranger
        _virus("D", 8),  # it tells no lineage
    ]
    parts = place.stage("run", "virus", rows)
    known = [Asked("q.0", "q", ["seven"], [1], [7])]
    assert _survey(place, "virus", parts, known).strays == {"q.0": 1}
    unknown = [Asked("q.0", "q", ["seven"], [1], [None])]
    assert _survey(place, "virus", parts, unknown).strays == {}


def test_a_list_of_taxa_may_bring_any_of_them(place: Place) -> None:
    rows: list[Row] = [
        {"tax_id": 9606, "parents": [1, 9605], "_query": ["9606"], "_chain": "q.0/1"},
        {"tax_id": 562, "parents": [1, 561], "_query": ["562"], "_chain": "q.0/1"},
        {"tax_id": 30001, "parents": [1, 6656], "_query": ["562"], "_chain": "q.0/1"},
    ]
    asked = [Asked("q.0", "q", ["9606", "562", None], [1, 2, 0], [9606, 562])]
    parts = place.stage("run", "taxonomy", rows)
    assert _survey(place, "taxonomy", parts, asked).strays == {"q.0": 1}


def test_long_lists_are_taken_in_whole(place: Place) -> None:
    """More than is held at a time, of what was asked for and of what answers."""
    values = [str(number) for number in range(24_000)]
    rows: list[Row] = [
        {
            "gene_id": number,
            "_query": [str(number)],
            "_chain": "q.0/1" if number < 12_000 else "q.1/0",
        }
        for number in range(0, 24_000, 2)
    ]
    found = _matches(place, "gene", rows, q_0=values[:12_000], q_1=values[12_000:])
    assert found == {
        "q.0": dict.fromkeys(values[:12_000:2], 1),
        "q.1": dict.fromkeys(values[12_000::2], 1),
    }


def test_rows_are_no_strangers_where_not_all_numbers_are_known(place: Place) -> None:
    parts = place.stage("run", "taxonomy", [{"tax_id": 5, "parents": [1], "_chain": "q.0/1"}])
    asked = [Asked("q.0", "q", ["9606", "a name", None], [1, 2, 0], [9606, None])]
    assert _survey(place, "taxonomy", parts, asked).strays == {}
