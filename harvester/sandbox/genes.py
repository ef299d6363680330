"""The genes of a universe and their texts."""

from __future__ import annotations

from random import Random

from harvester.sandbox.gene import MERGED, Gene
from harvester.sandbox.gene_shape import GeneShape
from harvester.sandbox.gene_traits import (
    KNOWN,
    RETIRED,
    TEMPLATES,
    GeneTraits,
    gene_traits,
)
from harvester.sandbox.genomes import Genome, Genomes
from harvester.sandbox.noise import BLOCK, gather, mix, scatter, whole
from harvester.sandbox.sequences import Piece, Ruler, Sequences
from harvester.sandbox.templates import Template
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["Genes"]

_NAMES = (
    "gene_id", "symbol", "description", "orientation", "chromosome", "serial", "short", "synonym",
    "alias", "retired", "assembly", "assembly_name", "sequence", "begin", "middle", "end",
    "locus_tag",
)  # fmt: skip
_PLACE = 40
#: Generated genes have numbers of their own.
_FIRST = 200_000_000
#: Species with two reference assemblies: the second.
_SECOND = {9606: "GCF_009914755.1"}


class Genes:
    """All gene reports of a universe."""

    def __init__(
        self, seed: int, tree: Tree, genomes: Genomes, sequences: Sequences, counts: dict[int, int]
    ) -> None:
        self._seed = seed
        self.tree = tree
        self._genomes = genomes
        self._sequences = sequences
        self._counts = counts
        self._traits: dict[tuple[int, int], GeneTraits] = {}
        self._templates: dict[tuple[int, int, bool], Template] = {}
        self._rulers: dict[int, tuple[Genome, Ruler]] = {}
        self._second: dict[str, tuple[Genome, dict[str, Piece]] | None] = {}

    def count(self, taxon: Taxon) -> int:
        """Genes filed right under a taxon."""
        return self._counts.get(taxon.tax_id, 0)

    def gene(self, key: int) -> Gene:
        """The gene behind a key."""
        taxon, index = self.tree.taxa[key >> _PLACE], key & (1 << _PLACE) - 1
        several = KNOWN.get(taxon.tax_id, ())
        known = several[index] if index < len(several) else None
        template = TEMPLATES if known else mix(self._seed, taxon.tax_id, index, 3) % TEMPLATES
        gene_id = known.gene_id if known else _FIRST + taxon.block * BLOCK + scatter(index)
        return Gene(key, taxon, index, gene_id, template, self._facts(taxon, template), known)

    def _facts(self, taxon: Taxon, template: int) -> GeneTraits:
        place = (taxon.tax_id, template)
        if place not in self._traits:
            self._traits[place] = gene_traits(self._seed, taxon, template)
        return self._traits[place]

    def of_taxon(self, taxon: Taxon) -> range:
        """The keys of the genes filed right under a taxon."""
        start = taxon.place << _PLACE
        return range(start, start + self.count(taxon))

    def by_id(self, text: str) -> Gene | None:
        """A gene by its number; not by that of a gene merged into it."""
        number = whole(text)
        if number is None:
            return None
        block, serial = divmod(number - _FIRST, BLOCK)
        if 0 <= block < len(self.tree.blocks):
            taxon = self.tree.blocks[block]
            return self.if_there(taxon, gather(serial), number)
        for tax_id, several in KNOWN.items():
            for index, known in enumerate(several):
                if known.gene_id == number:
                    return self.if_there(self.tree.number(tax_id), index, number)
        return None

    def if_there(self, taxon: Taxon, index: int, number: int) -> Gene | None:
        """The gene at an index, if there are so many and it bears this number."""
        if index >= self.count(taxon):
            return None
        gene = self.gene((taxon.place << _PLACE) + index)
        return gene if gene.gene_id == number else None

    def successor(self, text: str) -> Gene | None:
        """The gene into which the gene of this number was merged."""
        current = RETIRED.get(text) or (whole(text) or 0) - MERGED
        gene = self.by_id(str(current))
        return gene if gene and gene.retired == text else None

    def report(self, gene: Gene, content: str = "") -> bytes:
        """The gene itself."""
        if content == "IDS_ONLY":
            return b'{"gene_id":"%d"}' % gene.gene_id
        if content == "COUNTS_ONLY":
            return b'{"gene_id":"%d","transcript_count":2,"protein_count":1}' % gene.gene_id
        place = (gene.taxon.tax_id, gene.template, bool(gene.retired))
        template = self._templates.get(place)
        if template is None:
            rng = Random(f"gene/{self._seed}/{gene.taxon.tax_id}/{gene.template}")
            shape = GeneShape(gene.taxon, gene.traits, rng).report(retired=bool(gene.retired))
            template = Template(shape, _NAMES, escaped=gene.template % 3 == 1)
            self._templates[place] = template
        return template.fill(self._values(gene))

    def place(self, gene: Gene) -> tuple[Genome, str, str, int, int]:
        """Assembly, chromosome, sequence, begin and end of a gene."""
        genome, ruler = self._ruler(gene.taxon)
        piece, begin, end = ruler.place(gene.index)
        name = gene.known.chromosome if gene.known and gene.known.chromosome else piece.name
        piece = ruler.named.get(name, piece)
        return genome, name, piece.refseq if genome.refseq else piece.genbank, begin, end

    def elsewhere(self, gene: Gene) -> tuple[Genome, str] | None:
        """The second assembly of a species that has one, and the gene's sequence in it."""
        accession = _SECOND.get(gene.taxon.tax_id, "")
        if accession not in self._second:
            keys = self._genomes.find(accession)
            genome = self._genomes.genome(keys[0]) if keys else None
            ruler = Ruler(self._sequences, genome, 1) if genome else None
            self._second[accession] = (genome, ruler.named) if genome and ruler else None
        second = self._second[accession]
        piece = second[1].get(self.place(gene)[1]) if second else None
        return (second[0], piece.refseq) if second and piece else None

    def _ruler(self, taxon: Taxon) -> tuple[Genome, Ruler]:
        if taxon.tax_id not in self._rulers:
            genome = self._genomes.reference(taxon)
            self._rulers[taxon.tax_id] = (genome, Ruler(self._sequences, genome, self.count(taxon)))
        return self._rulers[taxon.tax_id]

    def _values(self, gene: Gene) -> tuple[bytes, ...]:
        genome, chromosome, sequence, begin, end = self.place(gene)
        noise = mix(self._seed, gene.gene_id)
        synonym, alias = gene.synonyms
        return (
            b"%d" % gene.gene_id,
            gene.symbol.encode(),
            gene.description.encode(),
            b"minus" if noise & 1 else b"plus",
            chromosome.encode(),
            b"%06d" % (noise % 1_000_000),
            b"%d" % (10_000 + noise % 89_989),
            synonym.encode(),
            alias.encode(),
            gene.retired.encode(),
            genome.accession.encode(),
            genome.name.encode(),
            sequence.encode(),
            b"%d" % begin,
            b"%d" % ((begin + end) // 2),
            b"%d" % end,
            gene.locus_tag.encode(),
        )
