"""Genes that everybody knows, and the traits that all records of one gene template share."""

from __future__ import annotations

from random import Random

from msgspec import Struct

from harvester.sandbox.tree import Taxon
from harvester.sandbox.words import DOMAINS, FUNCTIONS

__all__ = ["KNOWN", "RETIRED", "TEMPLATES", "GeneTraits", "KnownGene", "gene_traits"]

TEMPLATES = 128


class KnownGene(Struct, frozen=True):
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
        KnownGene(3845, "KRAS", "KRAS proto-oncogene, GTPase", "12"),
        KnownGene(79728, "PALB2", "partner and localizer of BRCA2", "16"),
        KnownGene(472, "ATM", "ATM serine/threonine kinase", "11"),
        KnownGene(11200, "CHEK2", "checkpoint kinase 2", "22"),
        KnownGene(580, "BARD1", "BRCA1 associated RING domain 1", "2"),
        KnownGene(83990, "BRIP1", "BRCA1 interacting DNA helicase 1", "17"),
        KnownGene(5889, "RAD51C", "RAD51 paralog C", "17"),
        KnownGene(5892, "RAD51D", "RAD51 paralog D", "17"),
        KnownGene(324, "APC", "APC regulator of Wnt signaling pathway", "5"),
        KnownGene(4595, "MUTYH", "mutY DNA glycosylase", "1"),
        KnownGene(4292, "MLH1", "mutL homolog 1", "3"),
        KnownGene(4436, "MSH2", "mutS homolog 2", "2"),
        KnownGene(2956, "MSH6", "mutS homolog 6", "2"),
        KnownGene(5395, "PMS2", "PMS1 homolog 2, mismatch repair component", "7"),
        KnownGene(4072, "EPCAM", "epithelial cell adhesion molecule", "2"),
        KnownGene(5728, "PTEN", "phosphatase and tensin homolog", "10"),
        KnownGene(6794, "STK11", "serine/threonine kinase 11", "19"),
        KnownGene(999, "CDH1", "cadherin 1", "16"),
    ),
    10090: (
        KnownGene(22059, "Trp53", "transformation related protein 53", "11", "011640.3", ("p53",)),
        KnownGene(12189, "Brca1", "breast cancer 1, early onset", "11", "009764.3"),
        KnownGene(12190, "Brca2", "breast cancer 2, early onset", "5", "009765.3"),
        KnownGene(13649, "Egfr", "epidermal growth factor receptor", "11", "207655.2"),
        KnownGene(16653, "Kras", "Kirsten rat sarcoma viral oncogene homolog", "6"),
        KnownGene(233826, "Palb2", "partner and localizer of BRCA2", "7"),
        KnownGene(11920, "Atm", "ataxia telangiectasia mutated", "9"),
        KnownGene(50883, "Chek2", "checkpoint kinase 2", "5"),
        KnownGene(11789, "Apc", "APC, WNT signaling pathway regulator", "18"),
        KnownGene(17350, "Mlh1", "mutL homolog 1", "9"),
        KnownGene(17685, "Msh2", "mutS homolog 2", "17"),
        KnownGene(17688, "Msh6", "mutS homolog 6", "17"),
        KnownGene(18861, "Pms2", "PMS1 homolog 2, mismatch repair system component", "5"),
        KnownGene(19211, "Pten", "phosphatase and tensin homolog", "19"),
        KnownGene(20869, "Stk11", "serine/threonine kinase 11", "10"),
        KnownGene(12550, "Cdh1", "cadherin 1", "8"),
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
#: Types of which NCBI lists no transcripts.
_SILENT = {"PSEUDO", "tRNA", "BIOLOGICAL_REGION", "TRANSPOSON", "OTHER"}
_SHARES = (70, 10, 8, 4, 2, 1, 1, 1, 1, 1, 0.5, 0.5)


class GeneTraits(Struct, frozen=True):
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

    @property
    def transcribed(self) -> bool:
        """Whether RefSeq has transcripts of it."""
        return self.type not in _SILENT


def gene_traits(seed: int, taxon: Taxon, template: int) -> GeneTraits:
    """The traits of one of a taxon's gene templates; number 0 has every optional part."""
    rng = Random(f"gene-traits/{seed}/{taxon.tax_id}/{template}")
    full = template in {0, TEMPLATES}
    kind = "PROTEIN_CODING" if full else rng.choices(_TYPES, _SHARES)[0]
    domain = rng.choice(DOMAINS)
    letters = "".join(word[0] for word in domain.replace("-", " ").split()[:2])
    prefix = (letters.upper() + rng.choice("ABCDKLNPRSTX")).ljust(3, "G")
    return GeneTraits(kind, domain, rng.choice(FUNCTIONS), prefix, full)
