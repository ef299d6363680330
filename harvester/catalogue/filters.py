"""The filters that NCBI documents, as data; a filter's bare name is what a job writes."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from harvester.catalogue.types import Param

__all__ = [
    "ANNOTATION",
    "GENE",
    "GENE_LEGACY",
    "GENE_LEGACY_TAXON",
    "GENE_SORTED",
    "GENE_SUBTREE",
    "GENE_TYPE_GROUPS",
    "GENOME",
    "GENOME_TAXON",
    "NOT_YOURS",
    "PRODUCT",
    "PRODUCT_ACCESSION",
    "PRODUCT_ID",
    "SEQUENCE",
    "TAXONOMY",
    "VIRUS",
    "VIRUS_SUMMARY",
]

#: Parameters that the harvester sets itself, with what to tell who names one.
NOT_YOURS = {
    "page_size": "the harvester chooses the page size",
    "page_token": "the harvester follows the pages",
    "api_key": "set NCBI_API_KEY in the environment",
    "table_fields": "it only concerns TSV answers",
    "table_format": "it only concerns TSV answers",
    "include_tabular_header": "it only concerns TSV answers",
}

_GENE_TYPES = (
    "UNKNOWN", "tRNA", "rRNA", "snRNA", "scRNA", "snoRNA", "PROTEIN_CODING", "PSEUDO",
    "TRANSPOSON", "miscRNA", "ncRNA", "BIOLOGICAL_REGION", "OTHER",
)  # fmt: skip

#: Gene types that are asked for apart from each other where a taxon has many genes.
GENE_TYPE_GROUPS = (
    ("PROTEIN_CODING",),
    ("PSEUDO",),
    ("ncRNA",),
    ("BIOLOGICAL_REGION",),
    ("OTHER",),
    ("UNKNOWN", "tRNA", "rRNA", "snRNA", "scRNA", "snoRNA", "TRANSPOSON", "miscRNA"),
)

_RANKS = (
    "NO_RANK", "SUPERKINGDOM", "DOMAIN", "REALM", "KINGDOM", "SUBKINGDOM", "SUPERPHYLUM",
    "SUBPHYLUM", "PHYLUM", "CLADE", "SUPERCLASS", "CLASS", "SUBCLASS", "INFRACLASS", "COHORT",
    "SUBCOHORT", "SUPERORDER", "ORDER", "SUBORDER", "INFRAORDER", "PARVORDER", "SUPERFAMILY",
    "FAMILY", "SUBFAMILY", "GENUS", "SUBGENUS", "SPECIES_GROUP", "SPECIES_SUBGROUP", "SPECIES",
    "SUBSPECIES", "TRIBE", "SUBTRIBE", "FORMA", "VARIETAS", "STRAIN", "SECTION", "SUBSECTION",
    "PATHOGROUP", "SUBVARIETY", "GENOTYPE", "SEROTYPE", "ISOLATE", "MORPH", "SERIES",
    "FORMA_SPECIALIS", "SEROGROUP", "BIOTYPE", "ACELLULAR_ROOT", "CELLULAR_ROOT",
)  # fmt: skip


def _prefixed(prefix: str, params: Iterable[Param]) -> tuple[Param, ...]:
    """NCBI groups some filters under a message: the bare name stays, the wire name is dotted."""
    return tuple(replace(param, wire=f"{prefix}.{param.name}") for param in params)


_SORT = (
    Param("sort.field", "string", "Field of the report that decides the order of the answer."),
    Param(
        "sort.direction",
        "enum",
        "Direction of that order.",
        choices=(
            "SORT_DIRECTION_UNSPECIFIED",
            "SORT_DIRECTION_ASCENDING",
            "SORT_DIRECTION_DESCENDING",
        ),
    ),
)

GENOME = (
    *_prefixed(
        "filters",
        (
            Param("reference_only", "bool", "Only reference genomes."),
            Param(
                "assembly_source",
                "enum",
                "Only RefSeq (GCF_) or only GenBank (GCA_) assemblies.",
                choices=("all", "refseq", "genbank"),
            ),
            Param("has_annotation", "bool", "Only assemblies that carry an annotation."),
            Param(
                "exclude_paired_reports",
                "bool",
                "Where a RefSeq and a GenBank assembly are a pair, only the RefSeq one.",
            ),
            Param("exclude_atypical", "bool", "Leave out assemblies that NCBI marks atypical."),
            Param(
                "assembly_version",
                "enum",
                "Only current versions, or older ones too.",
                choices=("current", "all_assemblies"),
            ),
            Param(
                "assembly_level",
                "enum",
                "Only assemblies finished to one of these levels.",
                many=True,
                choices=("chromosome", "scaffold", "contig", "complete_genome"),
            ),
            Param("first_release_date", "date", "Only assemblies released on this day or later."),
            Param("last_release_date", "date", "Only assemblies released on this day or earlier."),
            Param("search_text", "string", "Only assemblies that match these words.", many=True),
            Param(
                "is_metagenome_derived",
                "enum",
                "Only, or no, assemblies made from metagenomes.",
                choices=(
                    "METAGENOME_DERIVED_UNSET",
                    "metagenome_derived_only",
                    "metagenome_derived_exclude",
                ),
            ),
            Param("is_type_material", "bool", "Only assemblies of type material."),
            Param("is_ictv_exemplar", "bool", "Only assemblies of ICTV exemplar viruses."),
            Param("exclude_multi_isolate", "bool", "Leave out large multi-isolate projects."),
            Param(
                "type_material_category",
                "enum",
                "Only assemblies of this category of type material.",
                choices=(
                    "NONE",
                    "TYPE_MATERIAL",
                    "TYPE_MATERIAL_CLADE",
                    "TYPE_MATERIAL_NEOTYPE",
                    "TYPE_MATERIAL_REFTYPE",
                    "PATHOVAR_TYPE",
                    "TYPE_MATERIAL_SYN",
                ),
            ),
        ),
    ),
    Param(
        "returned_content",
        "enum",
        "Whole reports, or accessions only.",
        choices=("COMPLETE", "ASSM_ACC", "PAIRED_ACC"),
    ),
    *_SORT,
)

GENOME_TAXON = (
    *GENOME,
    Param("tax_exact_match", "bool", "Only the taxon itself, not the taxa below it."),
)

_GENE_CONTENT = Param(
    "returned_content",
    "enum",
    "Whole reports, identifiers only, or counts only.",
    choices=("COMPLETE", "IDS_ONLY", "COUNTS_ONLY"),
)
_GENE_QUERY = (
    Param("query", "string", "Only genes whose text matches these words."),
    Param("types", "enum", "Only genes of these types.", many=True, choices=_GENE_TYPES),
)
_SUBTREE = Param(
    "tax_search_subtree", "bool", "Genes of the taxa below the named one as well.", widens=True
)
_ACCESSION_FILTER = Param(
    "accession_filter", "string", "Only genes placed on these sequences.", many=True
)
_LOCUS_TAGS = Param("locus_tags", "string", "Only genes with these locus tags.", many=True)

GENE = (_GENE_CONTENT, *_GENE_QUERY)
GENE_SORTED = (*GENE, *_SORT)
GENE_SUBTREE = (*GENE, _SUBTREE)
GENE_LEGACY = (_GENE_CONTENT, _LOCUS_TAGS, _ACCESSION_FILTER, _SUBTREE, *_SORT)
GENE_LEGACY_TAXON = (*GENE_LEGACY, *_GENE_QUERY)

# `accession_filter`, which these paths take too, only concerns TSV answers here.
PRODUCT = (*_GENE_QUERY, _SUBTREE)
PRODUCT_ACCESSION = (*PRODUCT, *_SORT)
PRODUCT_ID = (*_GENE_QUERY, *_SORT)

TAXONOMY = (
    Param(
        "returned_content",
        "enum",
        "Whole reports, numbers only, or metadata.",
        choices=("COMPLETE", "TAXIDS", "METADATA"),
    ),
    Param("children", "bool", "The taxa directly below the named ones as well.", widens=True),
    Param("ranks", "enum", "Only taxa of these ranks.", many=True, choices=_RANKS),
)

ANNOTATION = (
    Param("annotation_ids", "string", "Only features with these row ids.", many=True),
    Param("symbols", "string", "Only features of genes with these symbols.", many=True),
    Param("locations", "string", "Only features on these sequences or ranges.", many=True),
    Param("gene_types", "string", "Only features of these gene types.", many=True),
    Param("search_text", "string", "Only features whose text matches these words.", many=True),
    *_SORT,
)

_VIRUS = (
    Param("refseq_only", "bool", "Only RefSeq genomes."),
    Param("annotated_only", "bool", "Only annotated genomes."),
    Param("released_since", "date", "Only genomes released on this day or later."),
    Param("updated_since", "date", "Only genomes updated on this day or later."),
    Param("host", "string", "Only genomes from this host, by name or taxon number."),
    Param("pangolin_classification", "string", "Only SARS-CoV-2 genomes of this lineage."),
    Param("geo_location", "string", "Only genomes collected in this country or region."),
    Param("usa_state", "string", "Only genomes collected in this state of the USA."),
    Param("complete_only", "bool", "Only complete genomes."),
)

VIRUS = (
    *_prefixed("filter", _VIRUS),
    Param(
        "returned_content",
        "enum",
        "Whole reports, or accessions only.",
        choices=("COMPLETE", "ACCESSIONS_ONLY"),
    ),
)

VIRUS_SUMMARY = (
    Param("accessions", "string", "Only these genomes.", many=True),
    *_VIRUS,
    Param(
        "include_sequence",
        "enum",
        "Sequence files that the sizes count.",
        many=True,
        choices=("GENOME", "CDS", "PROTEIN", "NONE"),
    ),
    Param(
        "aux_report",
        "enum",
        "Report files that the sizes count.",
        many=True,
        choices=("DATASET_REPORT", "ANNOTATION", "BIOSAMPLE_REPORT"),
    ),
)

SEQUENCE = (
    Param("chromosomes", "string", "Only sequences of these chromosomes.", many=True),
    Param("role_filters", "string", "Only sequences with these roles.", many=True),
    Param("count_assembly_unplaced", "bool", "Count the unplaced sequences too."),
)
