"""What the filters on genomes look at: the traits that all records of one template share."""

from __future__ import annotations

from random import Random

from msgspec import Struct

from harvester.sandbox.noise import chance
from harvester.sandbox.tree import Taxon
from harvester.sandbox.words import INSTITUTES

__all__ = ["KNOWN", "TEMPLATES", "Known", "Traits", "traits"]

#: Templates a taxon has; its well-known assemblies use further ones.
TEMPLATES = 256


class Known(Struct, frozen=True):
    """A well-known assembly: its serial number, its RefSeq and GenBank version, its name."""

    serial: int
    refseq: int
    genbank: int
    name: str


KNOWN = {
    511145: (Known(5845, 2, 2, "ASM584v2"),),
    28901: (Known(6945, 2, 2, "ASM694v2"),),
    573: (Known(240185, 1, 2, "ASM24018v2"),),
    287: (Known(6765, 1, 1, "ASM676v1"),),
    1423: (Known(9045, 1, 1, "ASM904v1"),),
    1280: (Known(13425, 1, 1, "ASM1342v1"),),
    1773: (Known(195955, 2, 2, "ASM19595v2"),),
    2190: (Known(91665, 1, 1, "ASM9166v1"),),
    9598: (Known(28858775, 2, 2, "NHGRI_mPanTro3-v2.0_pri"),),
    9593: (Known(29281585, 2, 2, "NHGRI_mGorGor1-v2.0_pri"),),
    9544: (Known(3339765, 1, 3, "Mmul_10"),),
    10116: (Known(15227675, 2, 2, "mRatBN7.2"),),
    9606: (Known(1405, 40, 29, "GRCh38.p14"), Known(9914755, 1, 4, "T2T-CHM13v2.0")),
    10090: (Known(1635, 27, 9, "GRCm39"),),
    7955: (Known(2035, 6, 4, "GRCz11"),),
    7227: (Known(1215, 4, 4, "Release 6 plus ISO1 MT"),),
    6239: (Known(2985, 6, 3, "WBcel235"),),
    559292: (Known(146045, 2, 2, "R64"),),
    3702: (Known(1735, 4, 2, "TAIR10.1"),),
    2697049: (Known(9858895, 2, 3, "ASM985889v3"),),
}


class Traits(Struct, frozen=True):
    """The facts of a template that a filter can ask for."""

    level: str
    annotated: bool
    reference: bool = False
    atypical: bool = False
    metagenome: bool = False
    multi_isolate: bool = False
    type_label: str = ""
    submitter: str = INSTITUTES[0]
    full: bool = False

    def is_annotated(self, *, refseq: bool) -> bool:
        """RefSeq assemblies of an annotated pair always carry their annotation."""
        return self.annotated or refseq


def traits(seed: int, taxon: Taxon, template: int) -> Traits:
    """The traits of one of a taxon's templates; number 0 has every optional part."""
    rng = Random(f"traits/{seed}/{taxon.tax_id}/{template}")
    if template >= TEMPLATES:
        level = "Complete Genome" if taxon.chromosomes == 1 else "Chromosome"
        return Traits(level, annotated=True, reference=template == TEMPLATES, full=True)
    full = template == 0
    levels = ("Complete Genome", "Chromosome", "Scaffold", "Contig")
    return Traits(
        level="Chromosome" if full else rng.choices(levels, _shares(taxon))[0],
        annotated=chance(rng, 0.6, always=full),
        atypical=chance(rng, 0.04, always=full),
        metagenome=full or (taxon.is_bacterial and chance(rng, 0.08)),
        multi_isolate=full or (taxon.is_bacterial and chance(rng, 0.2)),
        type_label=_type_label(taxon, rng, full=full),
        submitter=rng.choice(INSTITUTES),
        full=full,
    )


def _shares(taxon: Taxon) -> tuple[int, int, int, int]:
    if taxon.is_virus:
        return (90, 0, 2, 8)
    return (22, 3, 25, 50) if taxon.is_bacterial else (4, 41, 35, 20)


def _type_label(taxon: Taxon, rng: Random, *, full: bool) -> str:
    if taxon.is_virus:
        return "TYPE_ICTV" if chance(rng, 0.1, always=full) else ""
    labels = (
        "TYPE_MATERIAL", "TYPE_MATERIAL_CLADE", "TYPE_MATERIAL_NEOTYPE", "TYPE_MATERIAL_REFTYPE",
        "PATHOVAR_TYPE", "TYPE_MATERIAL_SYN",
    )  # fmt: skip
    return rng.choice(labels) if chance(rng, 0.07, always=full) else ""
