"""The shape of a genome report: every field that NCBI documents, with the usual absences."""

from __future__ import annotations

from random import Random

from harvester.sandbox import words
from harvester.sandbox.biosample_shape import biosample
from harvester.sandbox.genome_traits import Traits
from harvester.sandbox.noise import chance
from harvester.sandbox.templates import Json, Record, number, text
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["GenomeShape"]

_NOTES = ("derived from metagenome", "genome length too small", "many frameshifted proteins")
_URL = "https://www.ncbi.nlm.nih.gov"


class GenomeShape:
    """Writes one template of a taxon's genome reports."""

    def __init__(self, tree: Tree, taxon: Taxon, facts: Traits, rng: Random) -> None:
        self._tree = tree
        self._taxon = taxon
        self._facts = facts
        self._rng = rng

    def _chance(self, share: float) -> bool:
        return chance(self._rng, share, always=self._facts.full)

    def report(self, *, refseq: bool, paired: bool, status: str) -> Record:
        """The whole report, in the order of NCBI's description."""
        annotated = self._facts.is_annotated(refseq=refseq)
        prokaryote = self._taxon.is_bacterial
        source = "REFSEQ" if refseq else "GENBANK"
        checked = self._facts.full or (prokaryote and chance(self._rng, 0.6))
        return {
            "accession": text("accession"),
            "current_accession": text("current"),
            "paired_accession": text("paired") if paired else None,
            "source_database": f"SOURCE_DATABASE_{source}",
            "organism": self._organism(),
            "assembly_info": self._info(paired=paired, status=status, refseq=refseq),
            "assembly_stats": self._stats(),
            "organelle_info": [self._organelle()] if self._chance(0.09) else None,
            "additional_submitters": [self._additional()] if self._chance(0.03) else None,
            "annotation_info": self._annotation(refseq=refseq) if annotated else None,
            "wgs_info": self._wgs() if self._chance(0.47) else None,
            "type_material": self._type_material(),
            "checkm_info": self._checkm() if checked else None,
            "average_nucleotide_identity": self._ani() if checked else None,
        }

    def _organism(self) -> Record:
        taxon = self._taxon
        kind = self._rng.choice(("isolate", "strain", "strain"))
        names: Record = {kind: text("strain")}
        if self._facts.full:
            extra = ("breed", "cultivar", "ecotype", "isolate", "sex", "strain")
            names = {**{name: f"sample {name}" for name in extra}, **names}
        lineage: list[Json] = [
            {"tax_id": above, "name": self._tree.number(above).name} for above in taxon.lineage
        ]
        return {
            "tax_id": taxon.tax_id,
            "sci_name": taxon.name if self._facts.full else None,
            "organism_name": taxon.name,
            "common_name": taxon.common_name,
            "lineage": lineage if self._facts.full else None,
            "strain": text("strain") if self._facts.full else None,
            "pangolin_classification": words.PANGO[0] if self._facts.full else None,
            "infraspecific_names": names,
        }

    def _info(self, *, paired: bool, status: str, refseq: bool) -> Record:
        facts, rng = self._facts, self._rng
        suppressed = "Removed by the sandbox: made from the wrong tube."
        return {
            "assembly_level": facts.level,
            "assembly_status": status,
            "paired_assembly": self._paired(refseq=refseq) if paired else None,
            "assembly_name": text("name"),
            "assembly_long_name": text("name") + " of the sandbox" if self._chance(0.05) else None,
            "assembly_type": rng.choice(("haploid", "haploid", "alternate-pseudohaplotype")),
            "bioproject_lineage": [{"bioprojects": self._projects()}],
            "bioproject_accession": text("project") if self._chance(0.88) else None,
            "submission_date": text("submitted") if self._chance(0.1) else None,
            "release_date": text("day"),
            "description": "An assembly for practice, in all its parts made up"
            if self._chance(0.5)
            else None,
            "submitter": facts.submitter,
            "refseq_category": "reference genome" if facts.reference else None,
            "synonym": "sand38" if self._chance(0.02) else None,
            **self._linked(),
            "atypical": {"is_atypical": True, "warnings": ["partial"]} if facts.atypical else None,
            "genome_notes": self._notes(),
            "sequencing_tech": rng.choice(words.MACHINES) if self._chance(0.81) else None,
            "assembly_method": rng.choice(words.ASSEMBLERS) if self._chance(0.81) else None,
            "grouping_method": "by hand" if self._chance(0.02) else None,
            "biosample": biosample(self._taxon, rng, full=facts.full),
            "blast_url": f"{_URL}/Blast.cgi?PAGE_TYPE=Sandbox&GENOME={text('accession')}"
            if self._chance(0.6)
            else None,
            "comments": rng.choice(words.COMMENTS) if self._chance(0.7) else None,
            "suppression_reason": suppressed if status == "suppressed" else None,
            "diploid_role": "principal_pseudohaplotype_of_diploid" if self._chance(0.01) else None,
        }

    def _linked(self) -> Record:
        if not self._chance(0.02):
            return {}
        link: Record = {"linked_assembly": text("accession"), "assembly_type": "haplotype_2"}
        return {"linked_assembly": text("accession"), "linked_assemblies": [link]}

    def _notes(self) -> list[Json]:
        notes: list[Json] = [_NOTES[0]] if self._facts.metagenome else []
        if self._facts.multi_isolate:
            notes.append("from large multi-isolate project")
        return [*notes, *_NOTES[1:]] if self._facts.full else notes

    def _paired(self, *, refseq: bool) -> Record:
        named = "Sandbox prokaryotic annotation" if self._chance(0.88) else None
        different = self._chance(0.1)
        return {
            "accession": text("paired"),
            "status": "current",
            "annotation_name": named if refseq or self._facts.annotated else None,
            "only_genbank": "4 unplaced scaffolds." if different else None,
            "only_refseq": "chromosome MT" if different else None,
            "changed": "chromosome MT." if self._chance(0.02) else None,
            "manual_diff": "checked by hand" if self._chance(0.01) else None,
            "refseq_genbank_are_different": different,
            "differences": "Added chromosome MT" if different else None,
        }

    def _projects(self) -> list[Json]:
        project: Record = {
            "accession": text("project"),
            "title": f"{self._taxon.name} strain {text('strain')} sequencing for practice",
            "parent_accession": text("parent") if self._facts.full else None,
            "parent_accessions": [text("parent")],
        }
        above: Record = {"accession": text("parent"), "title": "Umbrella of all made-up projects"}
        return [project, above] if self._chance(0.11) else [project | {"parent_accessions": None}]

    def _stats(self) -> Record:
        rng, level = self._rng, self._facts.level
        contigs = 1 if level == "Complete Genome" else rng.randrange(20, 900)
        placed = level in {"Complete Genome", "Chromosome"}
        scaffolded = level != "Contig"
        return {
            "total_number_of_chromosomes": self._taxon.chromosomes if placed else None,
            "total_sequence_length": text("total"),
            "total_ungapped_length": text("ungapped"),
            "number_of_contigs": contigs + (scaffolded and level != "Complete Genome") * 40,
            "contig_n50": number("contig_n50"),
            "contig_l50": 1 + contigs // 9,
            "number_of_scaffolds": contigs if scaffolded else None,
            "scaffold_n50": number("scaffold_n50") if scaffolded else None,
            "scaffold_l50": 1 + contigs // 12 if scaffolded else None,
            "gaps_between_scaffolds_count": 349 if self._chance(0.03) else None,
            "number_of_component_sequences": contigs,
            "atgc_count": text("ungapped") if self._chance(0.05) else None,
            "gc_count": text("gc"),
            "gc_percent": rng.randrange(60, 140) / 2,
            "genome_coverage": self._coverage() if self._chance(0.8) else None,
            "number_of_organelles": 1 if self._chance(0.05) else None,
        }

    def _coverage(self) -> str:
        depth = self._rng.randrange(20, 900)
        return self._rng.choice((*[f"{depth}.0x"] * 8, f"{depth}", "4.83306e+02"))

    def _organelle(self) -> Record:
        full = self._facts.full
        return {
            "assembly_name": text("name") if full else None,
            "infraspecific_name": text("strain") if full else None,
            "bioproject": [text("project")] if full else None,
            "description": self._rng.choice(("Mitochondrion", "Chloroplast")),
            "total_seq_length": str(self._rng.randrange(14_000, 170_000)),
            "submitter": self._facts.submitter,
        }

    def _additional(self) -> Record:
        return {
            "genbank_accession": "EX999001.1",
            "refseq_accession": "NC_999001.1",
            "chr_name": "MT",
            "molecule_type": "Mitochondrion",
            "submitter": self._rng.choice(words.INSTITUTES),
            "bioproject_accession": text("project") if self._facts.full else None,
        }

    def _annotation(self, *, refseq: bool) -> Record:
        by_ncbi = refseq or chance(self._rng, 0.3)
        named = f"{text('accession')}-RS_2025_03"
        return {
            "name": named if by_ncbi else f"Annotation submitted by {self._facts.submitter}",
            "provider": "NCBI RefSeq" if by_ncbi else self._facts.submitter,
            "release_date": text("annotated"),
            "report_url": f"{_URL}/genome/annotation_euk/sandbox" if self._chance(0.05) else None,
            "stats": {"gene_counts": self._gene_counts()},
            "busco": self._busco() if self._chance(0.03) else None,
            "method": "Best-placed invented proteins; Sandmark-2+" if by_ncbi else None,
            "pipeline": "Sandbox Annotation Pipeline" if by_ncbi else None,
            "software_version": "6.10" if by_ncbi else None,
            "status": "Full annotation" if self._chance(0.1) else None,
            "release_version": "110" if self._chance(0.05) else None,
        }

    def _gene_counts(self) -> Record:
        coding = self._rng.randrange(900, 22_000)
        other = 7 if self._chance(0.15) else 0
        non_coding = self._rng.randrange(20, 900) if self._chance(0.4) else 0
        pseudo = self._rng.randrange(1, 300) if self._chance(0.25) else 0
        return {
            "total": coding + other + non_coding + pseudo,
            "protein_coding": coding,
            "non_coding": non_coding,
            "pseudogene": pseudo,
            "other": other,
        }

    @staticmethod
    def _busco() -> Record:
        return {
            "busco_lineage": "sandbox_odb10",
            "busco_ver": "5.7.1",
            "complete": 0.989973485,
            "single_copy": 0.914680303,
            "duplicated": 0.075293182,
            "fragmented": 0.002081,
            "missing": 0.007945515,
            "total_count": "13780",
        }

    @staticmethod
    def _wgs() -> Record:
        return {
            "wgs_project_accession": text("wgs"),
            "master_wgs_url": f"{_URL}/nuccore/{text('wgs')}000000",
            "wgs_contigs_url": f"{_URL}/Traces/wgs/{text('wgs')}",
        }

    def _type_material(self) -> Record | None:
        label = self._facts.type_label
        if not label:
            return None
        virus = label == "TYPE_ICTV"
        shown = "ICTV species exemplar" if virus else "assembly from type material"
        return {"type_label": label, "type_display_text": shown}

    def _checkm(self) -> Record:
        rng = self._rng
        return {
            "checkm_marker_set": self._taxon.name,
            "checkm_species_tax_id": self._taxon.tax_id,
            "checkm_marker_set_rank": "species",
            "checkm_version": "v1.2.3",
            "completeness": rng.randrange(8000, 10_001) / 100,
            "contamination": rng.randrange(1, 800) / 100 if self._chance(0.93) else None,
            "completeness_percentile": rng.choice((33.333332, 18.4049, 100.0)),
        }

    def _ani(self) -> Record:
        name = self._taxon.name
        return {
            "taxonomy_check_status": self._rng.choice(("OK", "OK", "Inconclusive", "Failed")),
            "match_status": self._rng.choice(("species_match", "below_threshold_match")),
            "submitted_organism": name,
            "submitted_species": name,
            "category": self._rng.choice(("category_na", "type", "suspected_type")),
            "submitted_ani_match": self._match() if self._chance(0.93) else None,
            "best_ani_match": self._match(),
            "comment": "na",
        }

    def _match(self) -> Record:
        rng = self._rng
        return {
            "assembly": f"GCA_{rng.randrange(10**8):09d}.1",
            "organism_name": self._taxon.name,
            "category": rng.choice(("type", "claderef", "neotype")),
            "ani": rng.randrange(8000, 10_000) / 100,
            "assembly_coverage": rng.randrange(7000, 10_001) / 100,
            "type_assembly_coverage": rng.randrange(7000, 10_001) / 100,
        }
