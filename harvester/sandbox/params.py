"""The parameters that NCBI documents for each path, and what values they take."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = [
    "ANNOTATION",
    "ANNOTATION_BODY",
    "GENE",
    "GENE_BODY",
    "GENE_LEGACY",
    "GENE_LEGACY_TAXON",
    "GENE_SYMBOL",
    "GENOME",
    "GENOME_BODY",
    "GENOME_TAXON",
    "NONE",
    "PRODUCT_ACCESSION",
    "PRODUCT_BODY",
    "PRODUCT_ID",
    "PRODUCT_TAXON",
    "SEQUENCE",
    "SEQUENCE_BODY",
    "SUGGEST",
    "TAXONOMY",
    "TAXONOMY_BODY",
    "VIRUS",
    "VIRUS_BODY",
    "VIRUS_SUMMARY",
    "VIRUS_SUMMARY_BODY",
    "Param",
]  # fmt: skip

Type = Literal["flag", "text", "texts", "whole", "day", "choice", "choices", "tabular"]


class Param(Struct, frozen=True):
    """What a parameter's values look like; one for tables may say anything and changes nothing."""

    type: Type
    choices: tuple[str, ...] = ()


Params = dict[str, Param]
_FLAG, _TEXT, _TEXTS = Param("flag"), Param("text"), Param("texts")
_WHOLE, _DAY, _TABULAR = Param("whole"), Param("day"), Param("tabular")
_GENE_TYPES = (
    "UNKNOWN", "tRNA", "rRNA", "snRNA", "scRNA", "snoRNA", "PROTEIN_CODING", "PSEUDO", "TRANSPOSON",
    "miscRNA", "ncRNA", "BIOLOGICAL_REGION", "OTHER",
)  # fmt: skip


def _one(*choices: str) -> Param:
    return Param("choice", choices)


def _some(*choices: str) -> Param:
    return Param("choices", choices)


NONE: Params = {}
_PAGE: Params = {"page_size": _WHOLE, "page_token": _TEXT}
_HEADER = _one(
    "INCLUDE_TABULAR_HEADER_FIRST_PAGE_ONLY",
    "INCLUDE_TABULAR_HEADER_ALWAYS",
    "INCLUDE_TABULAR_HEADER_NEVER",
)
_SORT: Params = {
    "sort.field": _TEXT,
    "sort.direction": _one(
        "SORT_DIRECTION_UNSPECIFIED", "SORT_DIRECTION_ASCENDING", "SORT_DIRECTION_DESCENDING"
    ),
}
_TABLE: Params = {"table_fields": _TEXTS, "include_tabular_header": _HEADER}

GENOME: Params = {
    "filters.reference_only": _FLAG,
    "filters.assembly_source": _one("all", "refseq", "genbank"),
    "filters.has_annotation": _FLAG,
    "filters.exclude_paired_reports": _FLAG,
    "filters.exclude_atypical": _FLAG,
    "filters.assembly_version": _one("current", "all_assemblies"),
    "filters.assembly_level": _some("chromosome", "scaffold", "contig", "complete_genome"),
    "filters.first_release_date": _DAY,
    "filters.last_release_date": _DAY,
    "filters.search_text": _TEXTS,
    "filters.is_metagenome_derived": _one(
        "METAGENOME_DERIVED_UNSET", "metagenome_derived_only", "metagenome_derived_exclude"
    ),
    "filters.is_type_material": _FLAG,
    "filters.is_ictv_exemplar": _FLAG,
    "filters.exclude_multi_isolate": _FLAG,
    "filters.type_material_category": _one(
        "NONE", "TYPE_MATERIAL", "TYPE_MATERIAL_CLADE", "TYPE_MATERIAL_NEOTYPE",
        "TYPE_MATERIAL_REFTYPE", "PATHOVAR_TYPE", "TYPE_MATERIAL_SYN",
    ),
    "returned_content": _one("COMPLETE", "ASSM_ACC", "PAIRED_ACC"),
    **_PAGE, **_SORT, **_TABLE,
}  # fmt: skip
GENOME_TAXON = GENOME | {"tax_exact_match": _FLAG}
GENOME_BODY = GENOME_TAXON | {
    "accessions": _TEXTS, "taxons": _TEXTS, "chromosomes": _TEXTS, "table_format": _TEXT,
}  # fmt: skip

_GENE: Params = {
    "returned_content": _one("COMPLETE", "IDS_ONLY", "COUNTS_ONLY"), **_PAGE, **_TABLE,
}  # fmt: skip
_GENE_QUERY: Params = {"query": _TEXT, "types": _some(*_GENE_TYPES)}
_SUBTREE: Params = {"tax_search_subtree": _FLAG}
GENE = _GENE | _GENE_QUERY | _SORT | {"table_format": _TEXT}
GENE_SYMBOL = _GENE | _GENE_QUERY | _SUBTREE | {"table_format": _TEXT}
GENE_LEGACY = _GENE | _SORT | _SUBTREE | {"locus_tags": _TEXTS, "accession_filter": _TEXTS}
GENE_LEGACY_TAXON = GENE_LEGACY | _GENE_QUERY
GENE_BODY = GENE_LEGACY_TAXON | {
    "gene_ids": _TEXTS, "accessions": _TEXTS, "symbols_for_taxon.symbols": _TEXTS,
    "symbols_for_taxon.taxon": _TEXT, "taxon": _TEXT, "table_format": _TEXT,
}  # fmt: skip
_PRODUCT = _GENE_QUERY | _PAGE | _TABLE | {"table_format": _TEXT}
_PRODUCT_LIST = _PRODUCT | _SORT | {"accession_filter": _TABULAR}
PRODUCT_ID = _PRODUCT_LIST
PRODUCT_ACCESSION = _PRODUCT_LIST | _SUBTREE
PRODUCT_TAXON = _PRODUCT | _SUBTREE
PRODUCT_BODY = GENE_BODY | PRODUCT_ACCESSION

TAXONOMY: Params = {
    "returned_content": _one("COMPLETE", "TAXIDS", "METADATA"),
    "children": _FLAG,
    "ranks": _some(
        "NO_RANK", "SUPERKINGDOM", "DOMAIN", "REALM", "KINGDOM", "SUBKINGDOM", "SUPERPHYLUM",
        "SUBPHYLUM", "PHYLUM", "CLADE", "SUPERCLASS", "CLASS", "SUBCLASS", "INFRACLASS", "COHORT",
        "SUBCOHORT", "SUPERORDER", "ORDER", "SUBORDER", "INFRAORDER", "PARVORDER", "SUPERFAMILY",
        "FAMILY", "SUBFAMILY", "GENUS", "SUBGENUS", "SPECIES_GROUP", "SPECIES_SUBGROUP", "SPECIES",
        "SUBSPECIES", "TRIBE", "SUBTRIBE", "FORMA", "VARIETAS", "STRAIN", "SECTION", "SUBSECTION",
        "PATHOGROUP", "SUBVARIETY", "GENOTYPE", "SEROTYPE", "ISOLATE", "MORPH", "SERIES",
        "FORMA_SPECIALIS", "SEROGROUP", "BIOTYPE", "ACELLULAR_ROOT", "CELLULAR_ROOT",
    ),
    "table_format": _TEXT,
    "include_tabular_header": _HEADER,
    **_PAGE,
}  # fmt: skip
TAXONOMY_BODY = TAXONOMY | {"taxons": _TEXTS}
SUGGEST: Params = {
    "tax_rank_filter": _one("species", "higher_taxon"),
    "taxon_resource_filter": _TEXT,
    "exact_match": _FLAG,
}
ANNOTATION: Params = {
    "annotation_ids": _TEXTS, "symbols": _TEXTS, "locations": _TEXTS, "gene_types": _TEXTS,
    "search_text": _TEXTS, "table_format": _TEXT, **_PAGE, **_SORT,
    "include_tabular_header": _HEADER,
}  # fmt: skip
ANNOTATION_BODY = ANNOTATION | {
    "accession": _TEXT, "table_fields": _TEXTS, "include_annotation_type": _TEXTS,
}  # fmt: skip
SEQUENCE: Params = {
    "chromosomes": _TEXTS, "role_filters": _TEXTS, "count_assembly_unplaced": _FLAG,
    **_PAGE, **_TABLE,
}  # fmt: skip
SEQUENCE_BODY = SEQUENCE | {"accession": _TEXT, "table_format": _TEXT}

_VIRUS: Params = {
    "refseq_only": _FLAG, "annotated_only": _FLAG, "released_since": _DAY, "updated_since": _DAY,
    "host": _TEXT, "pangolin_classification": _TEXT, "geo_location": _TEXT, "usa_state": _TEXT,
    "complete_only": _FLAG,
}  # fmt: skip
_SELECTED: Params = {"accessions": _TEXTS, "taxon": _TEXT, "taxons": _TEXTS}
VIRUS: Params = {
    **{f"filter.{name}": param for name, param in _VIRUS.items()},
    "returned_content": _one("COMPLETE", "ACCESSIONS_ONLY"),
    "table_fields": _TEXTS,
    **_PAGE,
}
VIRUS_BODY = VIRUS | {
    "table_format": _TEXT, **{f"filter.{name}": param for name, param in _SELECTED.items()},
}  # fmt: skip
VIRUS_SUMMARY: Params = {
    **_VIRUS,
    "accessions": _TEXTS,
    "include_sequence": _some("GENOME", "CDS", "PROTEIN", "NONE"),
    "aux_report": _some("DATASET_REPORT", "ANNOTATION", "BIOSAMPLE_REPORT"),
}
VIRUS_SUMMARY_BODY = VIRUS_SUMMARY | _SELECTED | {
    "table_fields": _TEXTS, "format": _TEXT, "use_psg": _FLAG,
}  # fmt: skip
