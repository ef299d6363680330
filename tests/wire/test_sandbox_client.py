"""The sandbox as NCBI's own generated client sees it: every path, every page, every field."""

from __future__ import annotations

import enum
import importlib
import json
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from harvester.sandbox import SandboxConfig, Served, World, serve_in_thread

#: Generated code whose optional types would ask for a check at every step.


class Late:
    """A package that takes seconds to import: who runs no test of it, does without."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name[:1].isupper():
            return getattr(importlib.import_module(self._name), name)
        raise AttributeError(name)  # a question of pytest's


ncbi: Any = Late("ncbi.datasets.openapi")
models: Any = Late("ncbi.datasets.openapi.models")

#: The legacy paths are deprecated by NCBI, and are here to be called all the same.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")

HUMAN, COLI = "GCF_000001405.40", "GCF_000005845.2"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(rps=0, latency=0, scale=0.2)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Any]:
    with ncbi.ApiClient(ncbi.Configuration(host=served.url)) as api:
        yield api


def pages(ask: Callable[..., Any]) -> tuple[list[dict[str, Any]], int]:
    """All reports that a paged call gives, and how often it was called."""
    reports: list[dict[str, Any]] = []
    token: str | None = None
    calls = 0
    while True:
        more = {"page_token": token} if token else {}
        page = ask(page_size=300, **more)
        calls += 1
        found = [report.to_dict() for report in page.reports or []]
        assert page.total_count is None or page.total_count >= len(found)
        reports += found
        token = page.next_page_token
        if not token:
            return reports, calls


def accessions(reports: list[dict[str, Any]]) -> list[str]:
    return [report["accession"] for report in reports]


def test_genomes_of_a_taxon(served: Served, client: Any) -> None:
    api = ncbi.GenomeApi(client)
    reports, calls = pages(lambda **more: api.genome_dataset_reports_by_taxon(["562"], **more))
    expected = [one["accession"] for one in served.world.genomes("562")]
    assert accessions(reports) == expected
    assert calls == -(-len(expected) // 300)


def test_genomes_by_accession(client: Any) -> None:
    api = ncbi.GenomeApi(client)
    page = api.genome_dataset_report([HUMAN, COLI, "GCF_999999999.9"])
    assert sorted(accessions([one.to_dict() for one in page.reports])) == [HUMAN, COLI]
    assert page.total_count == 2


def test_genomes_by_post(client: Any) -> None:
    body = models.V2AssemblyDatasetReportsRequest(
        accessions=[HUMAN, "GCA_000001405.29"],
        filters=models.V2AssemblyDatasetDescriptorsFilter(assembly_source="refseq"),
    )
    page = ncbi.GenomeApi(client).genome_dataset_report_by_post(body)
    assert accessions([one.to_dict() for one in page.reports]) == [HUMAN]


@pytest.mark.parametrize("legacy", [False, True])
def test_genes_by_id(client: Any, *, legacy: bool) -> None:
    api = ncbi.GeneApi(client)
    ask = api.gene_reports_by_id if legacy else api.gene_dataset_reports_by_id
    page = ask([672, 7157, 3105, 999_999_999, 653050])
    assert [one.gene.symbol for one in page.reports] == ["TP53", "BRCA1", "HLA-A"]
    assert page.reports[0].query == ["7157", "653050"]
    replaced = page.reports[0].warnings[0]
    assert replaced.gene_warning_code == "REPLACED_GENE_ID"
    assert (replaced.replaced_id.requested, replaced.replaced_id.returned) == ("653050", "7157")
    unknown = page.messages[0].warning
    assert unknown.gene_warning_code == "UNRECOGNIZED_GENE_ID"
    assert unknown.unrecognized_identifier == "999999999"


@pytest.mark.parametrize("legacy", [False, True])
def test_genes_by_accession(client: Any, *, legacy: bool) -> None:
    api = ncbi.GeneApi(client)
    ask = api.gene_metadata_by_accession if legacy else api.gene_dataset_report_by_accession
    page = ask(["NM_007294.4", "NM_000546"])
    assert {one.gene.gene_id for one in page.reports} == {"672", "7157"}


@pytest.mark.parametrize("legacy", [False, True])
def test_genes_by_symbol(client: Any, *, legacy: bool) -> None:
    api = ncbi.GeneApi(client)
    ask = (
        api.gene_metadata_by_tax_and_symbol if legacy else api.gene_dataset_report_by_tax_and_symbol
    )
    page = ask(["BRCC1", "TP53", "NOSUCH"], "human")
    assert {one.gene.gene_id: one.query for one in page.reports} == {
        "672": ["BRCC1"],
        "79664": ["BRCC1"],
        "7157": ["TP53"],
    }
    assert page.messages[0].warning.gene_warning_code == "UNRECOGNIZED_GENE_SYMBOL"


@pytest.mark.parametrize("legacy", [False, True])
def test_genes_of_a_taxon(served: Served, client: Any, *, legacy: bool) -> None:
    api = ncbi.GeneApi(client)
    ask = api.gene_reports_by_taxon if legacy else api.gene_dataset_reports_by_taxon
    reports, _ = pages(lambda **more: ask("9606", **more))
    expected = [one["gene"]["gene_id"] for one in served.world.genes("9606")]
    assert [one["gene"]["gene_id"] for one in reports] == expected


@pytest.mark.parametrize("legacy", [False, True])
def test_genes_by_post(client: Any, *, legacy: bool) -> None:
    api = ncbi.GeneApi(client)
    ask = api.gene_metadata_by_post if legacy else api.gene_dataset_report
    symbols = models.V2GeneDatasetReportsRequestSymbolsForTaxon(symbols=["Brca1"], taxon="mouse")
    for request in (
        models.V2GeneDatasetReportsRequest(gene_ids=[12189]),
        models.V2GeneDatasetReportsRequest(symbols_for_taxon=symbols),
        models.V2GeneDatasetReportsRequest(taxon="mouse", query="brca1 early"),
    ):
        assert [one.gene.gene_id for one in ask(request).reports] == ["12189"]


def test_products(client: Any) -> None:
    api = ncbi.GeneApi(client)
    page = api.gene_product_reports_by_id([672, 999_999_999, 653050])
    brca1, tp53 = sorted((one.product for one in page.reports), key=lambda one: one.symbol)
    assert (brca1.symbol, tp53.symbol, page.total_count) == ("BRCA1", "TP53", 2)
    assert page.messages[0].warning.unrecognized_identifier == "999999999"
    assert page.reports[0].query == ["653050"]
    assert page.reports[0].warnings[0].gene_warning_code == "REPLACED_GENE_ID"
    first = brca1.transcripts[0]
    assert (first.accession_version, first.select_category) == ("NM_007294.4", "MANE_SELECT")
    assert len(brca1.transcripts) == brca1.transcript_count
    for accession in (first.protein.accession_version, brca1.transcripts[-1].accession_version):
        (found,) = api.gene_product_report_by_accession([accession]).reports
        assert (found.product.gene_id, found.query) == ("672", [accession])
    (named,) = api.gene_product_report_by_tax_and_symbol(["TP53"], "human").reports
    assert named.product == tp53


def test_products_of_a_taxon_are_those_of_its_genes(served: Served, client: Any) -> None:
    api = ncbi.GeneApi(client)
    reports, _ = pages(lambda **more: api.gene_product_reports_by_taxon("9598", **more))
    genes = [one["gene"]["gene_id"] for one in served.world.genes("9598")]
    assert [one["product"]["gene_id"] for one in reports] == genes
    symbols = models.V2GeneDatasetReportsRequestSymbolsForTaxon(symbols=["Brca1"], taxon="mouse")
    for request in (
        models.V2GeneDatasetReportsRequest(gene_ids=[12189], accession_filter=["NM_1.1"]),
        models.V2GeneDatasetReportsRequest(symbols_for_taxon=symbols),
        models.V2GeneDatasetReportsRequest(taxon="mouse", query="brca1 early"),
    ):
        (found,) = api.gene_product_report(request).reports
        assert found.product.gene_id == "12189"


def test_gene_counts(served: Served, client: Any) -> None:
    counts = ncbi.GeneApi(client).gene_counts_for_taxon("9606").report
    assert sum(one.count for one in counts) == len(list(served.world.genes("9606")))


def test_taxonomy(client: Any) -> None:
    api = ncbi.TaxonomyApi(client)
    page = api.taxonomy_data_report(["9606", "nosuch", "469598"])
    by_query = {tuple(one.query): one for one in page.reports}
    assert by_query["9606",].taxonomy.current_scientific_name.name == "Homo sapiens"
    assert by_query["nosuch",].errors[0].invalid_identifiers == ["nosuch"]
    assert by_query["469598",].taxonomy.tax_id == 562
    assert by_query["469598",].warning.replaced_id.returned == "562"
    body = models.V2TaxonomyMetadataRequest(taxons=["9606"], children=True)
    children = api.taxonomy_data_report_post(body).reports
    assert [one.taxonomy.tax_id for one in children] == [9606, 63221]


def test_taxonomy_nodes(client: Any) -> None:
    api = ncbi.TaxonomyApi(client)
    nodes = api.taxonomy_metadata(["human", "20111"]).taxonomy_nodes
    assert nodes[0].taxonomy.genbank_common_name == "human"
    assert nodes[1].errors[0].invalid_identifiers == ["20111"]
    body = models.V2TaxonomyMetadataRequest(taxons=["human"])
    assert api.taxonomy_metadata_post(body).taxonomy_nodes[0].taxonomy.tax_id == 9606


def test_taxon_names(client: Any) -> None:
    found = ncbi.TaxonomyApi(client).tax_name_query("homo s").sci_name_and_ids
    assert [one.tax_id for one in found] == ["9606", "63221"]
    assert ncbi.TaxonomyApi(client).tax_name_query("pombeeeee").sci_name_and_ids is None


def test_annotation(served: Served, client: Any) -> None:
    api = ncbi.GenomeApi(client)
    reports, _ = pages(lambda **more: api.genome_annotation_report(COLI, **more))
    rows = [one["row_id"] for one in served.world.annotations(COLI)]
    assert [one["row_id"] for one in reports] == rows == [str(n + 1) for n in range(920)]
    body = models.V2GenomeAnnotationRequest(accession=COLI, symbols=["recA"])
    found = api.genome_annotation_report_by_post(body).reports
    assert {one.annotation.symbol for one in found} == {"recA"}


def test_sequences(client: Any) -> None:
    api = ncbi.GenomeApi(client)
    reports, _ = pages(lambda **more: api.genome_sequence_report(HUMAN, **more))
    assert [one["chr_name"] for one in reports][21:24] == ["22", "X", "Y"]
    body = models.V2AssemblySequenceReportsRequest(accession=HUMAN, chromosomes=["X"])
    found = api.genome_sequence_report_by_post(body).reports
    assert [one.refseq_accession for one in found if one.role == "assembled-molecule"] == [
        "NC_000023.11"
    ]


def test_viruses(served: Served, client: Any) -> None:
    api = ncbi.VirusApi(client)
    reports, _ = pages(lambda **more: api.virus_reports_by_taxon("2697049", **more))
    assert accessions(reports) == [one["accession"] for one in served.world.viruses("2697049")]
    page = api.virus_reports_by_acessions(["NC_045512.2", "NC_000000.1"])
    assert accessions([one.to_dict() for one in page.reports]) == ["NC_045512.2"]
    wanted = models.V2VirusDatasetFilter(taxon="1335626", refseq_only=True)
    found = api.virus_reports_by_post(models.V2VirusDataReportRequest(filter=wanted)).reports
    assert {one.source_database for one in found} == {"RefSeq"}


def test_virus_summary(served: Served, client: Any) -> None:
    api = ncbi.VirusApi(client)
    summary = api.virus_genome_summary("1335626", host="human", complete_only=True)
    expected = served.world.viruses("1335626", host="human", complete_only=True)
    assert summary.record_count == len(list(expected))
    body = models.V2VirusDatasetRequest(taxon="1335626")
    assert api.virus_genome_summary_by_post(body).record_count == 120


def test_version_and_annotation_summary(client: Any) -> None:
    assert ncbi.VersionApi(client).version().major_ver == 18
    assert ncbi.GenomeApi(client).annotation_report_facets_by_accession(COLI).accession == COLI


# Fields that occur in some record: whatever a model can hold.

#: What the sandbox has no use for: a page's own members and errors of other kinds of reports.
NOT_THERE = {
    ("GeneReportMatch", "warning"),
    ("GeneReportMatch", "errors"),
    ("GenomeAnnotationReportMatch", "warning"),
    ("GenomeAnnotationReportMatch", "errors"),
}
KINDS: dict[str, tuple[str, str, tuple[str, ...], dict[str, Any]]] = {
    "genome": ("AssemblyDataReport", "taxa", ("1",), {"assembly_version": "all_assemblies"}),
    "gene": ("GeneReportMatch", "taxa", ("1",), {"tax_search_subtree": True}),
    "product": ("GeneReportMatch", "taxa", ("2759",), {"tax_search_subtree": True}),
    "taxonomy": ("TaxonomyReportMatch", "taxa", (), {}),
    "taxonomy_node": ("V2TaxonomyMatch", "taxa", (), {}),
    "annotation": ("GenomeAnnotationReportMatch", "accessions", (HUMAN,), {}),
    "sequence": ("SequenceInfo", "accessions", (HUMAN,), {"count_assembly_unplaced": True}),
    "virus": ("VirusAssembly", "taxa", ("10239",), {}),
}


#: One schema serves reports of genes and of their products: what each has of it.
ELSEWHERE = {
    "gene": {("GeneReportMatch", "product")},
    "product": {("GeneReportMatch", "gene"), ("GeneReportMatch", "expression")},
}


def model_of(name: str) -> type[BaseModel]:
    found = getattr(models, name if name.startswith("V2") else f"V2reports{name}")
    assert isinstance(found, type)
    assert issubclass(found, BaseModel)
    return found


def inner(annotation: Any) -> Any:
    """The type itself, without optional, list and annotated around it."""
    while True:
        arguments = [one for one in typing.get_args(annotation) if one is not type(None)]
        if not arguments or (isinstance(annotation, type) and issubclass(annotation, enum.Enum)):
            return annotation
        annotation = arguments[0]


def walk(value: Any, model: type[BaseModel], seen: set[tuple[str, str]]) -> None:
    """Notes which fields of which models a value has; an unknown field is an error."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    short = model.__name__.removeprefix("V2reports")
    for key, inside in value.items():
        assert key in fields, f"{short} has no {key}"
        seen.add((short, key))
        kind = inner(fields[key].annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for one in inside if isinstance(inside, list) else [inside]:
                walk(one, kind, seen)


def fields_of(model: type[BaseModel], into: set[tuple[str, str]]) -> set[tuple[str, str]]:
    short = model.__name__.removeprefix("V2reports")
    for name, field in model.model_fields.items():
        place = (short, field.alias or name)
        if place in into or place in NOT_THERE or short in {"Error", "Warning"}:
            continue
        into.add(place)
        kind = inner(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields_of(kind, into)
    return into


@pytest.mark.parametrize("family", KINDS)
def test_every_field_of_every_schema_occurs(family: str) -> None:
    name, selector, values, filters = KINDS[family]
    world = World(SandboxConfig(scale=0.2))
    values = values or (*[str(taxon.tax_id) for taxon in world.tree.taxa], "nosuch", "469598")
    seen: set[tuple[str, str]] = set()
    model = model_of(name)
    for record in world.records(family, selector, values, filters=filters):
        walk(record, model, seen)
    for record in world.records(family, "ids", ["653050"]) if family in ELSEWHERE else ():
        walk(record, model, seen)
    elsewhere = ELSEWHERE.get(family, set())
    missing = fields_of(model, set(elsewhere)) - elsewhere - seen
    assert not missing


def absent(value: Any) -> Iterator[Any]:
    """Everything in a value that protobuf would have left out."""
    if value in ("", 0, [], None) or value is False:
        yield value
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from absent(one)


@pytest.mark.parametrize("family", KINDS)
def test_nothing_empty_is_written(family: str) -> None:
    _, selector, values, filters = KINDS[family]
    world = World(SandboxConfig(scale=0.1))
    for record in world.records(family, selector, values or ("9606", "562"), filters=filters):
        assert not list(absent(record))
    assert json.dumps(record)
