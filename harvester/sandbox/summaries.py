"""Answers that are one document: download summaries of viruses, counts, suggestions, versions."""

from __future__ import annotations

from harvester.sandbox.annotations import Annotations
from harvester.sandbox.asks import Ask
from harvester.sandbox.genes import Genes
from harvester.sandbox.genomes import Genome
from harvester.sandbox.templates import Json, Record
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["annotation_summary", "gene_counts", "suggestions", "version", "virus_summary"]

_MOST_SUGGESTIONS = 20
_UPDATED = "2026-06-01T05:00:00Z"


def virus_summary(ask: Ask, records: int) -> Record:
    """What a download of these virus genomes would hold."""
    if not records:
        return {}
    sequences = ask.many("include_sequence") or ("GENOME",)
    reports = ask.many("aux_report")
    size = max(1, records * len(sequences) // 40)
    command = f"datasets download virus genome taxon {ask.values[0]}"
    files: Record = {
        "all_genomic_fasta": _files("GENOME" in sequences, records, 0.031),
        "cds_fasta": _files("CDS" in sequences, records, 0.029),
        "prot_fasta": _files("PROTEIN" in sequences, records, 0.01),
        "annotation_report": _files("ANNOTATION" in reports, records, 0.02),
        "sequence_report": _files("BIOSAMPLE_REPORT" in reports, records, 0.001),
        "genome_gff": _files("ANNOTATION" in reports, records, 0.004),
        "genome_gbff": _files("ANNOTATION" in reports, records, 0.05),
        "genome_gtf": _files("ANNOTATION" in reports, records, 0.004),
        "rna_fasta": _files("CDS" in sequences, records, 0.001),
    }
    return {
        "record_count": records,
        "assembly_count": records // 50,
        "resource_updated_on": _UPDATED,
        "hydrated": {
            "estimated_file_size_mb": size,
            "url": "https://api.ncbi.nlm.nih.gov/datasets/v2/virus/genome/download",
            "cli_download_command_line": command,
        },
        "dehydrated": {
            "estimated_file_size_mb": 1,
            "url": "https://api.ncbi.nlm.nih.gov/datasets/v2/virus/genome/download",
            "cli_download_command_line": f"{command} --dehydrated",
            "cli_rehydrate_command_line": "datasets rehydrate --directory .",
        },
        "available_files": files,
    }


def _files(wanted: bool, records: int, size: float) -> Json:  # noqa: FBT001 - a column of a table
    return {"file_count": 1, "size_mb": round(records * size, 3)} if wanted else None


def gene_counts(genes: Genes, taxon: Taxon) -> Record:
    """How many genes of each type a taxon has."""
    counts: dict[str, int] = {}
    for key in genes.of_taxon(taxon):
        kind = genes.gene(key).traits.type
        counts[kind] = counts.get(kind, 0) + 1
    listed: list[Json] = [{"gene_type": kind, "count": n} for kind, n in sorted(counts.items())]
    return {"report": listed}


def annotation_summary(annotations: Annotations, genome: Genome, chromosomes: list[str]) -> Record:
    """What there is to filter the annotation of an assembly by."""
    if not annotations.count(genome):
        return {}
    return {
        "accession": genome.accession,
        "chromosomes": [*chromosomes],
        "gene_types": ["protein-coding", "pseudogene", "lncRNA", "tRNA", "rRNA"],
        "empty_columns": ["omim_ids"],
    }


def suggestions(tree: Tree, words: str) -> Record:
    """Taxa with a name that begins with some words."""
    return {
        "sci_name_and_ids": [
            {
                "sci_name": taxon.name,
                "tax_id": str(taxon.tax_id),
                "common_name": taxon.common_name,
                "matched_term": words,
                "rank": "" if taxon.rank == "NO_RANK" else taxon.rank,
                "group_name": taxon.group,
            }
            for taxon in tree.suggest(words)[:_MOST_SUGGESTIONS]
        ]
    }


def version() -> Record:
    """The version of the service that the sandbox imitates."""
    return {"version": "18.39.0", "major_ver": 18, "minor_ver": 39}
