"""The resources of NCBI Datasets v2 that the harvester knows: one entry each, data only."""

from __future__ import annotations

from harvester.catalogue import filters as f
from harvester.catalogue.types import Endpoint, Footprint, Lineage, Newer, Resource, Split

__all__ = ["RESOURCES"]

#: NCBI accepts lists of up to 1000 identifiers in one POST.
_LIST = 1000

_GENOME = Resource(
    name="genome",
    footprint=Footprint(800, 250, 550),
    title="genome assemblies",
    report_schema="v2reportsAssemblyDataReport",
    key=("accession",),
    identified_by=("accession", "current_accession", "paired_accession"),
    asked_by="accessions",
    counted_as="COUNT_TYPE_ASSEMBLY",
    called=("organism", "organism_name"),
    endpoints=(
        Endpoint(
            "taxa",
            "/genome/taxon/{}/dataset_report",
            f.GENOME_TAXON,
            value_kind="taxon",
            newer=Newer("first_release_date", ("assembly_info", "release_date")),
        ),
        Endpoint(
            "accessions",
            "/genome/accession/{}/dataset_report",
            f.GENOME,
            batch=_LIST,
            post_path="/genome/dataset_report",
            post_field="accessions",
        ),
    ),
    split=(
        Split(
            "release_date",
            filters=("first_release_date", "last_release_date"),
            column=("assembly_info", "release_date"),
        ),
    ),
)

_GENE_BODY = "/gene/dataset_report"
_GENE = Resource(
    name="gene",
    footprint=Footprint(350, 150, 370),
    title="genes",
    report_schema="v2reportsGeneDescriptor",
    match_schema="v2reportsGeneReportMatch",
    key=("gene_id",),
    wrapper="gene",
    wrapper_columns=("expression",),
    has_query_echo=True,
    identified_by=("gene_id", "symbol", "replaced_gene_id"),
    asked_by="ids",
    counted_as="COUNT_TYPE_GENE",
    called=("symbol",),
    endpoints=(
        Endpoint(
            "ids",
            "/gene/id/{}/dataset_report",
            f.GENE_SORTED,
            value_kind="int",
            batch=_LIST,
            post_path=_GENE_BODY,
            post_field="gene_ids",
        ),
        Endpoint(
            "accessions",
            "/gene/accession/{}/dataset_report",
            f.GENE_SORTED,
            batch=_LIST,
            post_path=_GENE_BODY,
            post_field="accessions",
        ),
        Endpoint(
            "symbols",
            "/gene/symbol/{}/taxon/{}/dataset_report",
            f.GENE_SUBTREE,
            batch=_LIST,
            companion="taxon",
            post_path=_GENE_BODY,
            post_field="symbols_for_taxon.symbols",
            post_companion="symbols_for_taxon.taxon",
        ),
        Endpoint("taxa", "/gene/taxon/{}/dataset_report", f.GENE_SUBTREE, value_kind="taxon"),
        Endpoint(
            "ids",
            "/gene/id/{}",
            f.GENE_LEGACY,
            variant="legacy",
            value_kind="int",
            batch=_LIST,
            post_path="/gene",
            post_field="gene_ids",
        ),
        Endpoint(
            "accessions",
            "/gene/accession/{}",
            f.GENE_LEGACY,
            variant="legacy",
            batch=_LIST,
            post_path="/gene",
            post_field="accessions",
        ),
        Endpoint(
            "symbols",
            "/gene/symbol/{}/taxon/{}",
            f.GENE_LEGACY,
            variant="legacy",
            batch=_LIST,
            companion="taxon",
            post_path="/gene",
            post_field="symbols_for_taxon.symbols",
            post_companion="symbols_for_taxon.taxon",
        ),
        Endpoint(
            "taxa", "/gene/taxon/{}", f.GENE_LEGACY_TAXON, variant="legacy", value_kind="taxon"
        ),
    ),
    split=(
        Split("subtree", needs="tax_search_subtree"),
        Split("type", filters=("types",), groups=f.GENE_TYPE_GROUPS),
    ),
)

_PRODUCT_BODY = "/gene/product_report"
_PRODUCT = Resource(
    name="product",
    footprint=Footprint(900, 500, 1050),
    title="transcripts, proteins and exons of genes",
    report_schema="v2reportsProductDescriptor",
    match_schema="v2reportsGeneReportMatch",
    key=("gene_id",),
    wrapper="product",
    has_query_echo=True,
    identified_by=("gene_id", "symbol"),
    asked_by="ids",
    counted_as="COUNT_TYPE_GENE",
    called=("symbol",),
    endpoints=(
        Endpoint(
            "ids",
            "/gene/id/{}/product_report",
            f.PRODUCT_ID,
            value_kind="int",
            batch=_LIST,
            post_path=_PRODUCT_BODY,
            post_field="gene_ids",
        ),
        Endpoint(
            "accessions",
            "/gene/accession/{}/product_report",
            f.PRODUCT_ACCESSION,
            batch=_LIST,
            post_path=_PRODUCT_BODY,
            post_field="accessions",
        ),
        Endpoint(
            "symbols",
            "/gene/symbol/{}/taxon/{}/product_report",
            f.PRODUCT,
            batch=_LIST,
            companion="taxon",
            post_path=_PRODUCT_BODY,
            post_field="symbols_for_taxon.symbols",
            post_companion="symbols_for_taxon.taxon",
        ),
        Endpoint("taxa", "/gene/taxon/{}/product_report", f.PRODUCT, value_kind="taxon"),
    ),
    split=(
        Split("subtree", needs="tax_search_subtree"),
        Split("type", filters=("types",), groups=f.GENE_TYPE_GROUPS),
    ),
)

_TAXONOMY = Resource(
    name="taxonomy",
    footprint=Footprint(400, 150, 300),
    title="taxa, with names and classification",
    report_schema="v2reportsTaxonomyNode",
    match_schema="v2reportsTaxonomyReportMatch",
    key=("tax_id",),
    wrapper="taxonomy",
    has_query_echo=True,
    identified_by=("tax_id",),
    asked_by="taxa",
    called=("current_scientific_name", "name"),
    lineage=Lineage(("tax_id",), ("parents",)),
    endpoints=(
        Endpoint(
            "taxa",
            "/taxonomy/taxon/{}/dataset_report",
            f.TAXONOMY,
            value_kind="taxon",
            batch=_LIST,
            post_path="/taxonomy/dataset_report",
            post_field="taxons",
        ),
    ),
)

_TAXONOMY_NODE = Resource(
    name="taxonomy_node",
    footprint=Footprint(250, 100, 200),
    title="taxa, in the older layout",
    report_schema="v2TaxonomyNode",
    match_schema="v2TaxonomyMatch",
    key=("tax_id",),
    list_field="taxonomy_nodes",
    wrapper="taxonomy",
    has_query_echo=True,
    identified_by=("tax_id",),
    asked_by="taxa",
    called=("organism_name",),
    lineage=Lineage(("tax_id",), ("lineage",)),
    endpoints=(
        Endpoint(
            "taxa",
            "/taxonomy/taxon/{}",
            f.TAXONOMY,
            value_kind="taxon",
            batch=_LIST,
            post_path="/taxonomy",
            post_field="taxons",
            ndjson=False,
        ),
    ),
)

_ANNOTATION = Resource(
    name="annotation",
    footprint=Footprint(90, 50, 130),
    title="annotated features of an assembly",
    report_schema="v2reportsGenomeAnnotation",
    match_schema="v2reportsGenomeAnnotationReportMatch",
    key=("assembly_accession", "row_id"),
    wrapper="annotation",
    wrapper_columns=("row_id",),
    has_query_echo=True,
    from_request=(("assembly_accession", "value"),),
    called=("symbol",),
    endpoints=(Endpoint("accessions", "/genome/accession/{}/annotation_report", f.ANNOTATION),),
    split=(Split("location", "accessions", ("locations",)),),
)

_VIRUS_SUMMARY = Resource(
    name="virus_summary",
    footprint=Footprint(300, 100, 200),
    title="counts and sizes of virus genomes",
    report_schema="v2DownloadSummary",
    key=("taxon", "filters"),
    list_field=None,
    from_request=(("taxon", "value"), ("filters", "filters")),
    endpoints=(
        Endpoint(
            "taxa",
            "/virus/taxon/{}/genome",
            f.VIRUS_SUMMARY,
            value_kind="taxon",
            ndjson=False,
            paged=False,
        ),
    ),
)

_VIRUS = Resource(
    name="virus",
    footprint=Footprint(350, 150, 300),
    title="virus genomes",
    report_schema="v2reportsVirusAssembly",
    key=("accession",),
    identified_by=("accession",),
    asked_by="accessions",
    called=("virus", "organism_name"),
    lineage=Lineage(("virus", "tax_id"), ("virus", "lineage"), "tax_id"),
    endpoints=(
        Endpoint(
            "taxa",
            "/virus/taxon/{}/dataset_report",
            f.VIRUS,
            value_kind="taxon",
            newer=Newer("updated_since", ("update_date",)),
        ),
        Endpoint(
            "accessions",
            "/virus/accession/{}/dataset_report",
            f.VIRUS,
            batch=_LIST,
            post_path="/virus",
            post_field="filter.accessions",
        ),
    ),
    split=(Split("subtree"),),
)

_SEQUENCE = Resource(
    name="sequence",
    footprint=Footprint(60, 50, 120),
    title="sequences of an assembly",
    report_schema="v2reportsSequenceInfo",
    key=("assembly_accession", "genbank_accession", "refseq_accession"),
    from_request=(("assembly_accession", "value"),),
    called=("chr_name",),
    endpoints=(Endpoint("accessions", "/genome/accession/{}/sequence_reports", f.SEQUENCE),),
)

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        _GENOME,
        _GENE,
        _PRODUCT,
        _TAXONOMY,
        _TAXONOMY_NODE,
        _ANNOTATION,
        _VIRUS_SUMMARY,
        _VIRUS,
        _SEQUENCE,
    )
}
