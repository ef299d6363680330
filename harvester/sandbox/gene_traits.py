"""Genes that everybody knows, and the traits that all records of one gene template share."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from harvester.sandbox.tree import Taxon
from harvester.sandbox.words import DOMAINS, FUNCTIONS

__all__ = ["KNOWN", "RETIRED", "TEMPLATES", "GeneTraits", "KnownGene", "gene_traits"]

TEMPLATES = 128


@dataclass(frozen=True, slots=True)
class KnownGene:
    """A well-known gene: number, symbol, name, chromosome, transcript, other symbols."""

    gene_id: int
    symbol: str
    description: str
    chromosome: str
    transcript: str = ""
    synonyms: tuple[str, ...] = ()


KNOWN = {
    9606: (
        KnownGene(7157, "TP53", "tumor protein p53", "17", "000546.6", ("P53", "LFS1")),
        KnownGene(
            672, "BRCA1", "BRCA1 DNA repair associated", "17", "007294.4", ("BRCC1", "RNF53")
        ),
        KnownGene(
            79664, "ICE2", "interactor of little elongation complex ELL subunit 2", "15",
            "024611.6", ("BRCC1",),
        ),
        KnownGene(
            3105, "HLA-A", "major histocompatibility complex, class I, A", "6", "002116.8",
            ("HLAA",),
        ),
        KnownGene(675, "BRCA2", "BRCA2 DNA repair associated", "13", "000059.4", ("FANCD1",)),
        KnownGene(1956, "EGFR", "epidermal growth factor receptor", "7", "005228.5", ("ERBB1",)),
        KnownGene(348, "APOE", "apolipoprotein E", "19", "000041.4", ("AD2",)),
        KnownGene(4609, "MYC", "MYC proto-oncogene, bHLH transcription factor", "8", "002467.6"),
    ),
    10090: (
        KnownGene(22059, "Trp53", "transformation related protein 53", "11", "011640.3", ("p53",)),
        KnownGene(12189, "Brca1", "breast cancer 1, early onset", "11", "009764.3"),
        KnownGene(12190, "Brca2", "breast cancer 2, early onset", "5", "009765.3"),
        KnownGene(13649, "Egfr", "epidermal growth factor receptor", "11", "207655.2"),
    ),
    7955: (KnownGene(30590, "tp53", "tumor protein p53", "5", "131327.2"),),
    511145: (
        KnownGene(945803, "lacZ", "beta-galactosidase", "", "", ("b0344",)),
        KnownGene(947170, "recA", "DNA recombination/repair protein RecA", "", "", ("b2699",)),
    ),
    2697049: (KnownGene(43740568, "S", "surface glycoprotein", "", ""),),
}  # fmt: skip
#: Numbers of genes that were merged into others.
RETIRED = {"100126865": 672, "653050": 7157, "100505993": 3105}

_TYPES = (
    "PROTEIN_CODING", "ncRNA", "PSEUDO", "tRNA", "rRNA", "snRNA", "snoRNA", "scRNA", "miscRNA",
    "BIOLOGICAL_REGION", "TRANSPOSON", "OTHER",
)  # fmt: skip
_SHARES = (70, 10, 8, 4, 2, 1, 1, 1, 1, 1, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class GeneTraits:
    """The facts of a template."""

    type: str
    domain: str
    function: str
    prefix: str
    full: bool = False

    @property
    def coding(self) -> bool:
        """Whether the gene makes a protein."""
        return self.type == "PROTEIN_CODING"


def gene_traits(seed: int, taxon: Taxon, template: int) -> GeneTraits:
    """The traits of one of a taxon's gene templates; number 0 has every optional part."""
    rng = Random(f"gene-traits/{seed}/{taxon.tax_id}/{template}")
    full = template in {0, TEMPLATES}
    kind = "PROTEIN_CODING" if full else rng.choices(_TYPES, _SHARES)[0]
    domain = rng.choice(DOMAINS)
    letters = "".join(word[0] for word in domain.replace("-", " ").split()[:2])
    prefix = (letters.upper() + rng.choice("ABCDKLNPRSTX")).ljust(3, "G")
    return GeneTraits(kind, domain, rng.choice(FUNCTIONS), prefix, full)
