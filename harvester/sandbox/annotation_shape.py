"""The shape of an annotation report."""

from __future__ import annotations

from random import Random

from harvester.sandbox.gene_shape import genomic_region, locations, span
from harvester.sandbox.gene_traits import GeneTraits
from harvester.sandbox.noise import chance
from harvester.sandbox.templates import Json, Record, text
from harvester.sandbox.tree import Taxon

__all__ = ["annotation"]

_LOCUS_TYPES = {
    "PROTEIN_CODING": "protein-coding", "PSEUDO": "pseudogene", "ncRNA": "lncRNA",
    "BIOLOGICAL_REGION": "biological region", "OTHER": "other", "TRANSPOSON": "transposon",
}  # fmt: skip


def annotation(taxon: Taxon, facts: GeneTraits, rng: Random) -> Record:
    """One template; what a gene's kind cannot have is left out."""
    full, coding = facts.full, facts.coding
    prokaryote = taxon.is_bacterial or taxon.is_virus
    spliced = coding and not prokaryote
    placed: Record = {
        "assembly_accession": text("assembly"),
        "assembly_name": text("assembly_name") if full else None,
        "annotation_name": f"{text('assembly')}-RS_2025_08" if full else None,
        "annotation_release_date": "2025-08-01" if full else None,
        "genomic_locations": locations(exons=full),
    }
    return {
        "gene_id": text("gene_id"),
        "symbol": text("symbol"),
        "description": text("description"),
        "name": text("description") if chance(rng, 0.4, always=full) else None,
        "tax_id": str(taxon.tax_id),
        "taxname": taxon.name,
        "common_name": taxon.common_name,
        "type": facts.type,
        "gene_type": _LOCUS_TYPES.get(facts.type, facts.type),
        "rna_type": "premsg" if full else None,
        "orientation": text("orientation"),
        "locus_tag": text("locus_tag") if full or prokaryote else None,
        "reference_standards": [genomic_region("REFSEQ_GENE", full=True)] if full else None,
        "genomic_regions": [genomic_region("OTHER", full=True)] if full else None,
        "transcripts": [_transcript(rng, full=full)] if full or spliced else None,
        "proteins": [_protein(rng, full=full)] if coding else None,
        "chromosomes": [text("chromosome")],
        "swiss_prot_accessions": ["P" + text("short")] if chance(rng, 0.1, always=full) else None,
        "ensembl_gene_ids": [f"ENSG00000{text('serial')}"] if full else None,
        "omim_ids": [text("short")] if full else None,
        "synonyms": [text("synonym"), text("alias")] if full else None,
        "annotations": [placed],
    }


def _transcript(rng: Random, *, full: bool) -> Record:
    cds: Record = {"accession_version": text("transcript"), "range": [span("begin", "end")]}
    return {
        "accession_version": text("transcript"),
        "name": f"{text('description')}, transcript variant {rng.randrange(1, 9)}",
        "length": rng.randrange(300, 9000),
        "cds": cds if full else None,
        "genomic_locations": locations(exons=True) if full else None,
        "ensembl_transcript": f"ENST00000{text('serial')}.2" if full else None,
        "protein": _protein(rng, full=True) if full else None,
        "type": "PROTEIN_CODING",
        "select_category": "MANE_SELECT" if chance(rng, 0.3, always=full) else None,
    }


def _protein(rng: Random, *, full: bool) -> Record:
    peptide: Record = {"accession_version": text("protein"), "name": "mature chain", "length": 120}
    peptides: list[Json] = [peptide]
    return {
        "accession_version": text("protein"),
        "name": text("description"),
        "length": rng.randrange(60, 3000),
        "isoform_name": "isoform ß" if chance(rng, 0.2, always=full) else None,
        "ensembl_protein": f"ENSP00000{text('serial')}.2" if full else None,
        "mature_peptides": peptides if full else None,
    }
