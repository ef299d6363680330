"""One gene: what identifies it, and what it is called."""

from __future__ import annotations

from msgspec import Struct

from harvester.sandbox.gene_traits import RETIRED, GeneTraits, KnownGene
from harvester.sandbox.tree import Taxon

__all__ = ["DIGITS", "MERGED", "Gene"]

#: Digits of an accession; those after them tell which of a gene's transcripts is meant.
DIGITS = 9
#: So much higher are the numbers of genes that were merged into others.
MERGED = 1_000_000_000


class Gene(Struct):
    """What identifies one gene, and what filters look at."""

    key: int
    taxon: Taxon
    index: int
    gene_id: int
    template: int
    traits: GeneTraits
    known: KnownGene | None

    @property
    def symbol(self) -> str:
        """The official symbol, written as the species' community does."""
        if self.known:
            return self.known.symbol
        text = f"{self.traits.prefix}{self.index}"
        if self.taxon.is_bacterial:
            return text.lower()
        return text if self.taxon.tax_id in {9606, 9598, 9544, 9593} else text.capitalize()

    @property
    def description(self) -> str:
        """The gene's name in words."""
        if self.known:
            return self.known.description
        return f"{self.traits.domain} {self.traits.function} {self.index}"

    @property
    def synonyms(self) -> tuple[str, str]:
        """Other symbols; the second is shared with a neighbour."""
        own = self.known.synonyms if self.known else ()
        return (own[0] if own else f"SYN-{self.index}", f"PAIR-{self.index // 2}")

    @property
    def names(self) -> set[str]:
        """All that the gene is called, in lower case."""
        known = self.known.synonyms if self.known else ()
        names = (self.symbol, self.locus_tag, *self.synonyms, *known)
        return {name.casefold() for name in names}

    @property
    def locus_tag(self) -> str:
        """Such as SBX_00012."""
        return f"SBX{self.taxon.block}_{self.index:05d}"

    @property
    def accession(self) -> str:
        """The accession of its first transcript or product."""
        return f"N{'M' if self.traits.coding else 'R'}_{self.transcript(0)}"

    def transcript(self, number: int) -> str:
        """What follows NM_, XM_ or NP_ in the accession of a transcript, or of its protein."""
        if self.known and self.known.transcript and not number:
            return self.known.transcript
        digits = f"{self.gene_id:0{DIGITS}d}"
        return f"{digits}{number:02d}.1" if number else f"{digits}.1"

    @property
    def retired(self) -> str:
        """The number of a gene that was merged into this one, if there was one."""
        for old, new in RETIRED.items():
            if new == self.gene_id:
                return old
        return str(self.gene_id + MERGED) if self.index % 50 == 7 and not self.known else ""  # noqa: PLR2004
