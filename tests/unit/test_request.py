from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.catalogue import PAGE_SIZE, RESOURCES
from harvester.fetch.request import LONGEST_PATH, Request, build
from harvester.model import Chain, Filters
from harvester.plan import endpoint_of


def _chain(resource: str, selector: str, *values: str, **more: object) -> Chain:
    return Chain("q.0", "q", resource, selector, values, **more)  # type: ignore[arg-type]


def _build(chain: Chain, token: str = "", **options: object) -> Request:
    return build(chain, endpoint_of(chain)[1], token, **options)  # type: ignore[arg-type]


def _query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.path).query)


def _body(request: Request) -> dict[str, object]:
    assert request.body is not None
    body: dict[str, object] = json.loads(request.body)
    return body


def test_a_taxon_travels_in_the_path_and_filters_in_the_query() -> None:
    filters: Filters = (("assembly_level", ("contig", "scaffold")), ("reference_only", True))
    request = _build(_chain("genome", "taxa", "562", filters=filters), "abc")
    assert request.method == "GET"
    assert request.path.startswith("/genome/taxon/562/dataset_report?")
    assert _query(request) == [
        ("filters.assembly_level", "contig"),
        ("filters.assembly_level", "scaffold"),
        ("filters.reference_only", "true"),
        ("page_size", str(PAGE_SIZE)),
        ("page_token", "abc"),
    ]
    assert request.accept == "application/x-ndjson"


def test_names_are_escaped() -> None:
    request = _build(_chain("gene", "symbols", "a/b", "c d", taxon="Homo sapiens/x?"))
    path = urlsplit(request.path).path
    assert path == "/gene/symbol/a%2Fb,c%20d/taxon/Homo%20sapiens%2Fx%3F/dataset_report"


@pytest.mark.parametrize("resource", list(RESOURCES))
def test_every_endpoint_of_the_catalogue_builds(resource: str) -> None:
    for endpoint in RESOURCES[resource].endpoints:
        chain = _chain(resource, endpoint.selector, "9606", taxon="9606", endpoint=endpoint.variant)
        request = build(chain, endpoint)
        assert "{" not in request.path
        assert ("page_size" in request.path) == endpoint.paged
        assert ("ndjson" in request.accept) == endpoint.ndjson


def test_a_long_list_travels_in_a_body() -> None:
    ids = [str(number) for number in range(100_000, 101_000)]
    filters: Filters = (("sort.field", "symbol"), ("types", ("PSEUDO",)))
    request = _build(_chain("gene", "ids", *ids, filters=filters), "t")
    assert (request.method, request.path) == ("POST", "/gene/dataset_report")
    assert _body(request) == {
        "gene_ids": [int(one) for one in ids],
        "types": ["PSEUDO"],
        "sort": [{"field": "symbol"}],
        "page_size": PAGE_SIZE,
        "page_token": "t",
    }


def test_products_are_asked_for_as_genes_are() -> None:
    request = _build(_chain("product", "symbols", "A", taxon="human"), "t")
    assert request.path.startswith("/gene/symbol/A/taxon/human/product_report?")
    ids = [str(number) for number in range(100_000, 101_000)]
    posted = _build(_chain("product", "ids", *ids, filters=(("types", ("ncRNA",)),)))
    assert (posted.method, posted.path) == ("POST", "/gene/product_report")
    assert _body(posted)["gene_ids"] == [int(one) for one in ids]
    assert _body(posted)["types"] == ["ncRNA"]


def test_nested_members_of_a_body() -> None:
    symbols = tuple(f"GENE{number}" for number in range(900))
    body = _body(_build(_chain("gene", "symbols", *symbols, taxon="human")))
    assert body["symbols_for_taxon"] == {"symbols": list(symbols), "taxon": "human"}
    accessions = tuple(f"NC_{number:06}.1" for number in range(900))
    filters: Filters = (("complete_only", True),)
    body = _body(_build(_chain("virus", "accessions", *accessions, filters=filters)))
    assert body["filter"] == {"accessions": list(accessions), "complete_only": True}


@given(st.lists(st.text(st.characters(codec="ascii"), min_size=1, max_size=30), min_size=1))
def test_urls_stay_short_and_lists_stay_whole(values: list[str]) -> None:
    request = _build(_chain("genome", "accessions", *values))
    if request.method == "GET":
        path = urlsplit(request.path).path
        assert len(path) <= LONGEST_PATH
        listed = path.removeprefix("/genome/accession/").removesuffix("/dataset_report")
        assert [unquote(value) for value in listed.split(",")] == values
    else:
        assert _body(request)["accessions"] == values


def test_a_summary_has_no_pages() -> None:
    request = _build(_chain("virus_summary", "taxa", "1335626", filters=(("host", "9606"),)))
    assert request.path == "/virus/taxon/1335626/genome?host=9606"


def test_the_first_page_may_be_asked_for_as_json() -> None:
    request = _build(_chain("genome", "taxa", "562"), ndjson=False, page_size=1)
    assert request.accept == "application/json"
    assert ("page_size", "1") in _query(request)
