"""The shape of a gene report."""

from __future__ import annotations

from random import Random

from harvester.sandbox import words
from harvester.sandbox.gene_traits import GeneTraits
from harvester.sandbox.noise import chance
from harvester.sandbox.templates import EMPTY, Json, Record, text
from harvester.sandbox.tree import Taxon

__all__ = ["GeneShape", "expression", "genomic_region", "locations", "span"]

_EVIDENCE = ("IEA", "IDA", "IPI", "EXP", "IBA")


def span(begin: str = "begin", end: str = "end", *, order: int = 0, slip: int = 0) -> Record:
    """A range; its ends are quoted, as 64-bit numbers are."""
    return {
        "begin": text(begin),
        "end": text(end),
        "orientation": text("orientation"),
        "order": order,
        "ribosomal_slippage": slip,
    }


def genomic_region(kind: str, *, full: bool) -> Record:
    """A region on a sequence of its own."""
    where: Record = {"begin": "5001", "end": "24149", "orientation": "plus"}
    more: Record = {"order": 1, "ribosomal_slippage": -1} if full else {}
    gene_range: Record = {"accession_version": f"NG_{text('serial')}.2", "range": [where | more]}
    return {"gene_range": gene_range, "type": kind}


def locations(*, exons: bool) -> list[Json]:
    """Where a gene lies, with its exons if wanted."""
    parts: list[Json] = [
        span("begin", "middle", order=1, slip=-1), span("middle", "end", order=2)
    ] if exons else []  # fmt: skip
    return [
        {
            "genomic_accession_version": text("sequence"),
            "sequence_name": text("chromosome"),
            "genomic_range": span(),
            "exons": parts,
        }
    ]


def expression(gene_id: int) -> Record:
    """How strongly a gene is read in tissues; it travels beside the gene."""
    runs: list[Json] = [
        {"accession": f"SRR{gene_id + run:07d}", "expression_value": 3.25 + run} for run in range(2)
    ]
    sample: Record = {
        "sample_name": "liver",
        "aggregate_expression_value": {"mean": 3.75, "stddev": 0.5},
        "biosamples": [{"accession": f"SAMN{gene_id:08d}", "sra_runs": runs}],
    }
    project: Record = {
        "accession": "PRJNA100001",
        "study_title": "Invented tissues",
        "description": "Reads that nobody sequenced, from tissues that nobody took",
        "sra_study_accession": "SRP100001",
        "pmid": "10000001",
        "samples": [sample],
    }
    return {
        "gene_id": str(gene_id),
        "expression_release": {"release_name": "RS_2025", "assembly_accession": "GCF_000001405.40"},
        "expression_method": "TPM",
        "bioprojects": [project],
    }


class GeneShape:
    """Writes one template of a taxon's gene reports."""

    def __init__(self, taxon: Taxon, facts: GeneTraits, rng: Random) -> None:
        self._taxon = taxon
        self._facts = facts
        self._rng = rng

    def _chance(self, share: float) -> bool:
        return chance(self._rng, share, always=self._facts.full)

    def report(self, *, retired: bool) -> Record:
        """The whole report; `retired` says that another gene was merged into this one."""
        facts, taxon = self._facts, self._taxon
        well_studied = taxon.common_name and not taxon.is_bacterial
        transcripts = self._rng.randrange(1, 26) if facts.coding else int(facts.transcribed)
        proteins = max(1, transcripts - 1) if facts.coding else 0
        ontology = facts.coding and self._chance(0.7)
        return {
            "gene_id": text("gene_id"),
            "symbol": text("symbol"),
            "description": text("description"),
            "tax_id": str(taxon.tax_id),
            "taxname": taxon.name,
            "common_name": taxon.common_name,
            "type": facts.type,
            "rna_type": "tmRna" if facts.full or facts.type == "miscRNA" else None,
            "orientation": text("orientation"),
            "reference_standards": self._standards(),
            "genomic_regions": self._regions(),
            "chromosomes": [text("chromosome")],
            "nomenclature_authority": self._authority() if well_studied else None,
            "swiss_prot_accessions": ["P" + text("short")] if self._chance(0.25) else None,
            "ensembl_gene_ids": [f"ENSG00000{text('serial')}"] if well_studied else None,
            "omim_ids": [text("short")] if self._chance(0.2) else None,
            "synonyms": [text("synonym"), text("alias")],
            "alternate_names": ["made-up " + text("description"), "β-form of " + text("symbol")],
            "replaced_gene_id": text("retired") if retired else None,
            "annotations": self._annotations(),
            "transcript_count": transcripts,
            "protein_count": proteins,
            "transcript_type_counts": self._type_counts(transcripts, proteins),
            "gene_groups": [{"id": text("gene_id"), "method": "NCBI Ortholog"}]
            if self._chance(0.6)
            else None,
            "summary": self._summary() if self._chance(0.4) else None,
            "gene_ontology": self._ontology() if ontology else self._no_ontology(),
            "locus_tag": text("locus_tag") if taxon.is_bacterial or self._chance(0.05) else None,
            "map_locations": self._map() if self._chance(0.3) else None,
        }

    def _standards(self) -> list[Json] | None:
        if not self._chance(0.2):
            return None
        return [genomic_region("REFSEQ_GENE", full=self._facts.full)]

    def _regions(self) -> list[Json] | None:
        return [genomic_region("PSEUDOGENE", full=True)] if self._facts.type == "PSEUDO" else None

    def _authority(self) -> Record:
        name = "MGI" if self._taxon.tax_id == 10090 else "HGNC"  # noqa: PLR2004 - mouse
        return {"authority": name, "identifier": f"{name}:{text('short')}"}

    def _annotations(self) -> list[Json]:
        placed: Record = {
            "assembly_accession": text("assembly"),
            "assembly_name": text("assembly_name"),
            "annotation_name": f"{text('assembly')}-RS_2025_08",
            "annotation_release_date": "2025-08-01",
            "genomic_locations": locations(exons=self._chance(0.3)),
        }
        second: list[Json] = [{"assembly_accession": "No Assembly"}] if self._chance(0.05) else []
        return [placed, *second]

    def _type_counts(self, transcripts: int, proteins: int) -> list[Json]:
        model = min(self._rng.randrange(transcripts), proteins - 1) if proteins else 0
        counts = {
            "PROTEIN_CODING": proteins - model,
            "PROTEIN_CODING_MODEL": model,
            "NON_CODING": transcripts - proteins,
        }
        return [{"type": kind, "count": count} for kind, count in counts.items() if count]

    def _summary(self) -> list[Json]:
        lines = " ".join(self._rng.choices(words.COMMENTS, k=4))
        return [
            {
                "source": "RefSeq",
                "description": f"The gene {text('symbol')} is made up. {lines}",
                "date": "2024-05-01" if self._facts.full else None,
            }
        ]

    def _no_ontology(self) -> str | None:
        return EMPTY if self._facts.coding and chance(self._rng, 0.2) else None

    def _ontology(self) -> Record:
        most = 8 if self._facts.coding else 2
        return {
            "assigned_by": "GOA",
            "molecular_functions": self._terms(words.MOLECULAR, "enables", most),
            "biological_processes": self._terms(words.PROCESSES, "involved_in", most),
            "cellular_components": self._terms(words.CELL_PARTS, "located_in", most),
        }

    def _terms(self, names: tuple[str, ...], qualifier: str, most: int) -> list[Json]:
        rng = self._rng
        return [
            {
                "name": rng.choice(names),
                "go_id": f"GO:{rng.randrange(10**6):07d}",
                "evidence_code": rng.choice(_EVIDENCE),
                "qualifier": qualifier,
                "reference": {"pmids": [str(rng.randrange(10**6, 4 * 10**7))]}
                if self._chance(0.8)
                else EMPTY,
            }
            for _ in range(rng.randrange(2, most + 1))
        ]

    def _map(self) -> list[Json]:
        band = f"{text('chromosome')}q{self._rng.randrange(11, 40)}"
        return [{"map_type": "Cytogenetic", "map_value": band}]
