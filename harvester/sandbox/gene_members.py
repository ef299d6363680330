"""What a report tells of a gene: the gene itself, or its products, transcript by transcript."""

from __future__ import annotations

import json
from typing import Any

from harvester.sandbox.asks import Ask
from harvester.sandbox.gene import Gene
from harvester.sandbox.gene_shape import expression
from harvester.sandbox.genes import Genes
from harvester.sandbox.product_shape import Site, Transcript, exons_of
from harvester.sandbox.templates import Json, Record, dumps

__all__ = ["gene_members", "product_members", "transcript_types"]

_GENE = ("gene_id", "symbol", "description", "tax_id", "taxname", "common_name", "type", "rna_type")
_COUNTS = ("transcript_count", "protein_count", "transcript_type_counts")
_SHIFT = 50
_HUMAN = 9606


def gene_members(genes: Genes, gene: Gene, ask: Ask) -> bytes:
    """The gene report, and what travels beside it."""
    content = ask.one("returned_content")
    told = b'"gene":' + genes.report(gene, content)
    if gene.known and gene.taxon.tax_id == _HUMAN and not content:
        told += b',"expression":' + dumps(expression(gene.gene_id))
    return told


def product_members(genes: Genes, gene: Gene, ask: Ask) -> bytes:
    """The product report; there are no shorter forms of it."""
    del ask
    told = _report(genes, gene)
    types = _types(told)
    begin, end = genes.place(gene)[3:]
    sites, exons = _sites(genes, gene, told["orientation"]), exons_of(gene, begin, end)
    transcripts: list[Json] = [
        Transcript(gene, number, kind).report(sites, exons, several=len(types) > 1)
        for number, kind in enumerate(types)
    ]
    report: Record = {
        **{name: told.get(name) for name in _GENE},
        "transcripts": transcripts,
        **{name: told.get(name) for name in _COUNTS},
    }
    return b'"product":' + dumps(report, escaped=gene.template % 3 == 1)


def transcript_types(genes: Genes, gene: Gene) -> tuple[str, ...]:
    """The type of each of a gene's transcripts, as the gene's report counts them."""
    return _types(_report(genes, gene))


def _report(genes: Genes, gene: Gene) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(genes.report(gene))
    return report


def _types(report: dict[str, Any]) -> tuple[str, ...]:
    counts = report.get("transcript_type_counts", ())
    return tuple(one["type"] for one in counts for _ in range(one["count"]))


def _sites(genes: Genes, gene: Gene, orientation: str) -> tuple[Site, ...]:
    """The gene's place in the reference, and in the second assembly where the species has one."""
    genome, chromosome, sequence, begin, _ = genes.place(gene)
    name = _named(chromosome)
    first = Site(sequence, f"{name} Reference {genome.name} Primary Assembly", orientation)
    second = genes.elsewhere(gene)
    if second is None:
        return (first,)
    other, there = second
    return (first, Site(there, f"{name} Alternate {other.name}", orientation, begin // _SHIFT))


def _named(chromosome: str) -> str:
    plain = {"Un": "Unplaced Scaffold", "chromosome": "Chromosome"}
    return plain.get(chromosome, f"Chromosome {chromosome}")
