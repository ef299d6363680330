"""The shape of a product report: transcripts, their proteins, and where their exons lie."""

from __future__ import annotations

from msgspec import Struct

from harvester.sandbox.gene import DIGITS, Gene
from harvester.sandbox.noise import mix
from harvester.sandbox.templates import Json, Record

__all__ = ["Exons", "Site", "Transcript", "exons_of"]

Exons = tuple[tuple[int, int], ...]
_HUMAN = 9606
_ROOM, _MOST = 200, 5
#: What follows the number of a gene in the accessions of peptides: no transcript is so far down.
_PEPTIDES = 90


def exons_of(gene: Gene, begin: int, end: int) -> Exons:
    """All exons of a gene, from the first base of it to the last; prokaryotes have one."""
    noise = mix(gene.gene_id, 3)
    spliced = not (gene.taxon.is_bacterial or gene.taxon.is_virus)
    count = min(2 + noise % _MOST if spliced else 1, max(1, (end - begin) // _ROOM))
    if count == 1:
        return ((begin, end),)
    step = (end - begin) // count
    sizes = [60 + (noise >> place) % 500 for place in range(count)]
    fitting = [min(size, step // 2) for size in sizes]
    starts = [begin + place * step for place in range(count - 1)]
    inner = tuple((start, start + size) for start, size in zip(starts, fitting, strict=False))
    return (*inner, (end - fitting[-1], end))


class Site(Struct, frozen=True):
    """A sequence on which a gene lies, and by how much it lies further left than on the first."""

    sequence: str
    title: str
    orientation: str
    shift: int = 0

    def location(self, exons: Exons) -> Record:
        """A transcript's place here; its exons are told in the order in which they are read."""
        here = [(begin - self.shift, end - self.shift) for begin, end in exons]
        read = here if self.orientation == "plus" else here[::-1]
        parts: list[Json] = [_range(*one) | {"order": n} for n, one in enumerate(read, 1)]
        return {
            "genomic_accession_version": self.sequence,
            "sequence_name": self.title,
            "genomic_range": _range(here[0][0], here[-1][1]) | {"orientation": self.orientation},
            "exons": parts,
        }


class Transcript(Struct, frozen=True):
    """One transcript of a gene: its number among them, and its type."""

    gene: Gene
    number: int
    type: str

    def report(self, sites: tuple[Site, ...], exons: Exons, *, several: bool) -> Record:
        """All that is told of it; models are placed on the first assembly only."""
        spliced = self._spliced(exons)
        length = sum(end - begin + 1 for begin, end in spliced)
        told = self._label if several else ""
        codons = max(1, length * (50 + self._noise % 30) // 300)
        return {
            "accession_version": self._accession("M" if self._coding else "R"),
            "name": f"transcript variant {told}" if told else None,
            "length": length,
            "cds": self._cds(length, codons) if self._coding else None,
            "genomic_locations": [site.location(spliced) for site in sites[: 1 + self._curated]],
            "ensembl_transcript": self._ensembl("T"),
            "protein": self._protein(codons - 1, told) if self._coding else None,
            "type": self.type,
            "select_category": self._category(),
        }

    @property
    def _coding(self) -> bool:
        return self.type.startswith("PROTEIN_CODING")

    @property
    def _curated(self) -> bool:
        return not self.type.endswith("_MODEL")

    @property
    def _noise(self) -> int:
        return mix(self.gene.gene_id, self.number, 5)

    @property
    def _label(self) -> str:
        return f"{'' if self._curated else 'X'}{self.number + 1}"

    def _accession(self, kind: str) -> str:
        return f"{'N' if self._curated else 'X'}{kind}_{self.gene.transcript(self.number)}"

    def _spliced(self, exons: Exons) -> Exons:
        """The first transcript has all exons, each other one leaves out one in the middle."""
        middle = len(exons) - 2
        if not self.number or middle < 1:
            return exons
        gap = 1 + self.number % middle
        return (*exons[:gap], *exons[gap + 1 :])

    def _cds(self, length: int, codons: int) -> Record:
        """The coding part; in a gene that has everything the ribosome slips in the midst of it."""
        begin = 1 + (length - 3 * codons) // 4
        middle, end = begin + 3 * (codons // 2), begin + 3 * codons - 1
        parts: list[Json] = [_range(begin, end)]
        if self.gene.traits.full and not self.number:
            parts = [_range(begin, middle), _range(middle, end - 1) | {"ribosomal_slippage": -1}]
        return {"accession_version": self._accession("M"), "range": parts}

    def _protein(self, length: int, told: str) -> Record:
        cleaved = self.gene.traits.full or self._noise % 40 == 0
        return {
            "accession_version": self._accession("P"),
            "name": self.gene.description,
            "length": length,
            "isoform_name": f"isoform {told}" if told else None,
            "ensembl_protein": self._ensembl("P"),
            "mature_peptides": self._peptides(length) if cleaved else None,
        }

    def _peptides(self, length: int) -> list[Json]:
        """What remains after a signal peptide and a propeptide are cut off."""
        cuts = {"signal peptide": length // 8, "mature chain": length - length // 8}
        return [
            {
                "accession_version": f"NP_{self.gene.gene_id:0{DIGITS}d}{place}.1",
                "name": f"{self.gene.description} {name}",
                "length": size,
            }
            for place, (name, size) in enumerate(cuts.items(), _PEPTIDES)
        ]

    def _ensembl(self, kind: str) -> str | None:
        """Ensembl's name for the same thing, where it has one; P for proteins, T else."""
        studied = self._curated and self.gene.taxon.common_name and self._noise % 3
        if not (studied or self.gene.traits.full) or (kind == "P" and not self._coding):
            return None
        return f"ENS{kind}{self._noise % 10**11:011d}.{1 + self._noise % 9}"

    def _category(self) -> str | None:
        human = self.gene.taxon.tax_id == _HUMAN
        if not (self._coding and self._curated and self.gene.taxon.common_name):
            return None
        if not self.number:
            return "MANE_SELECT" if human else "REFSEQ_SELECT"
        return "MANE_PLUS_CLINICAL" if human and self.number == 1 and self._noise % 4 == 0 else None


def _range(begin: int, end: int) -> Record:
    """Its ends are quoted, as 64-bit numbers are."""
    return {"begin": str(begin), "end": str(end)}
