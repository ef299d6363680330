"""The shape of a virus report, and the traits that all records of one template share."""

from __future__ import annotations

from random import Random

from msgspec import Struct

from harvester.sandbox import words
from harvester.sandbox.noise import chance
from harvester.sandbox.templates import Json, Record, number, text
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["TEMPLATES", "VirusShape", "VirusTraits", "virus_traits"]

TEMPLATES = 128
_SARS2 = 2697049


class VirusTraits(Struct, frozen=True):
    """The facts of a template that a filter can ask for."""

    complete: bool
    annotated: bool
    host: int
    country: str
    city: str
    continent: str
    state: str
    lineage: str
    full: bool


def virus_traits(seed: int, taxon: Taxon, template: int) -> VirusTraits:
    """The traits of one of a taxon's virus templates; number 0 has every optional part."""
    rng = Random(f"virus-traits/{seed}/{taxon.tax_id}/{template}")
    full = template == 0
    country, city, continent = words.COUNTRIES[0] if full else rng.choice(words.COUNTRIES)
    return VirusTraits(
        complete=chance(rng, 0.6, always=full),
        annotated=chance(rng, 0.7, always=full),
        host=words.HOSTS[0][0] if full else rng.choice((*words.HOSTS, (0, "", "")))[0],
        country=country,
        city=city,
        continent=continent,
        state=rng.choice(words.STATES) if country == "USA" else "",
        lineage=rng.choice(words.PANGO) if taxon.tax_id == _SARS2 else "",
        full=full,
    )


class VirusShape:
    """Writes one template of a taxon's virus reports."""

    def __init__(self, tree: Tree, taxon: Taxon, facts: VirusTraits, rng: Random) -> None:
        self._tree = tree
        self._taxon = taxon
        self._facts = facts
        self._rng = rng

    def _chance(self, share: float) -> bool:
        return chance(self._rng, share, always=self._facts.full)

    def report(self, *, refseq: bool) -> Record:
        """The whole report, in the order of NCBI's description."""
        facts = self._facts
        annotated = facts.annotated or refseq
        genes = self._taxon.genes if annotated else 0
        return {
            "accession": text("accession"),
            "is_complete": facts.complete,
            "is_annotated": annotated,
            "isolate": self._isolate(),
            "source_database": "RefSeq" if refseq else "GenBank",
            "protein_count": genes,
            "host": self._host() if facts.host else None,
            "virus": self._virus(),
            "bioprojects": [text("project")] if self._chance(0.4) else None,
            "location": self._location(),
            "update_date": f"{text('updated')}T00:00:00Z",
            "release_date": f"{text('released')}T00:00:00Z",
            "nucleotide_completeness": "complete" if facts.complete else "partial",
            "completeness": "COMPLETE" if facts.complete else "PARTIAL",
            "length": number("length"),
            "gene_count": genes,
            "mature_peptide_count": 26 if annotated and self._chance(0.2) else None,
            "biosample": text("sample") if self._chance(0.5) else None,
            "mol_type": "genomic RNA" if self._chance(0.5) else None,
            "nucleotide": self._nucleotide(),
            "purpose_of_sampling": "PURPOSE_OF_SAMPLING_BASELINE_SURVEILLANCE"
            if self._chance(0.2)
            else None,
            "sra_accessions": [text("run")] if self._chance(0.3) else None,
            "submitter": self._submitter(),
            "lab_host": "Vero E6 cells" if self._chance(0.05) else None,
            "is_lab_host": self._chance(0.05),
            "is_vaccine_strain": self._chance(0.02),
            "segment": str(self._rng.randrange(1, 9)) if self._segmented() else None,
        }

    def _segmented(self) -> bool:
        return self._taxon.chromosomes > 1

    def _isolate(self) -> Record:
        return {
            "name": text("isolate"),
            "source": self._rng.choice(words.SOURCES) if self._chance(0.4) else None,
            "collection_date": text("collected") if self._chance(0.9) else None,
        }

    def _organism(self, taxon: Taxon) -> Record:
        lineage: list[Json] = [
            {"tax_id": above, "name": self._tree.number(above).name} for above in taxon.lineage[1:]
        ]
        full = self._facts.full
        names = ("breed", "cultivar", "ecotype", "isolate", "sex", "strain")
        return {
            "tax_id": taxon.tax_id,
            "sci_name": taxon.name if full else None,
            "organism_name": taxon.name,
            "common_name": taxon.common_name if full else None,
            "lineage": lineage,
            "strain": text("isolate") if full else None,
            "pangolin_classification": self._facts.lineage if taxon is self._taxon else None,
            "infraspecific_names": {name: f"sample {name}" for name in names} if full else None,
        }

    def _host(self) -> Record:
        return self._organism(self._tree.number(self._facts.host))

    def _virus(self) -> Record:
        return self._organism(self._taxon)

    def _location(self) -> Record:
        facts = self._facts
        named = self._chance(0.6)
        return {
            "geographic_location": f"{facts.country}: {facts.city}" if named else facts.country,
            "geographic_region": facts.continent,
            "usa_state": facts.state,
        }

    def _nucleotide(self) -> Record:
        full = self._facts.full
        whole: Record = {"begin": "1", "end": text("length"), "orientation": "plus"}
        more: Record = {"order": 1, "ribosomal_slippage": -1}
        return {
            "seq_id": text("accession") if full else None,
            "accession_version": text("accession") if full else None,
            "title": f"{self._taxon.name} isolate {text('isolate')}" if full else None,
            "sequence_hash": text("hash"),
            "range": [whole | more] if full else None,
        }

    def _submitter(self) -> Record:
        rng = self._rng
        names: list[Json] = list(rng.sample(words.PEOPLE, rng.randrange(2, 9)))
        return {
            "names": names,
            "affiliation": rng.choice(words.INSTITUTES),
            "country": self._facts.country if self._chance(0.9) else None,
        }
