"""Gene reports: which there are, which answer a query, and their texts."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from harvester.sandbox.asks import Ask, Refusal, Selection, message
from harvester.sandbox.gene_shape import GeneShape
from harvester.sandbox.gene_traits import (
    KNOWN,
    RETIRED,
    TEMPLATES,
    GeneTraits,
    KnownGene,
    gene_traits,
)
from harvester.sandbox.genomes import Genome, Genomes
from harvester.sandbox.noise import BLOCK, gather, mix, scatter
from harvester.sandbox.sequences import Ruler, Sequences
from harvester.sandbox.templates import Record, Template, dumps
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["Gene", "Genes"]

_NAMES = (
    "gene_id", "symbol", "description", "orientation", "chromosome", "serial", "short", "synonym",
    "alias", "retired", "assembly", "assembly_name", "sequence", "begin", "middle", "end",
    "locus_tag",
)  # fmt: skip
_ACCESSION = re.compile(r"(?:N|X)(?:M|R|P)_(\d+)(?:\.(\d+))?", re.IGNORECASE)
_TAIL = re.compile(r"\D*?(\d+)")
_PLACE = 40
#: Generated genes and the merged ones among them have numbers of their own.
_FIRST, _MERGED = 200_000_000, 1_000_000_000


@dataclass(slots=True)
class Gene:
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
    def locus_tag(self) -> str:
        """Such as SBX_00012."""
        return f"SBX{self.taxon.block}_{self.index:05d}"

    @property
    def accession(self) -> str:
        """The accession of its first transcript or product."""
        if self.known and self.known.transcript:
            return f"NM_{self.known.transcript}"
        return f"N{'M' if self.traits.coding else 'R'}_{self.gene_id:09d}.1"

    @property
    def retired(self) -> str:
        """The number of a gene that was merged into this one, if there was one."""
        for old, new in RETIRED.items():
            if new == self.gene_id:
                return old
        return str(self.gene_id + _MERGED) if self.index % 50 == 7 and not self.known else ""  # noqa: PLR2004


class Genes:
    """All gene reports of a universe."""

    def __init__(
        self, seed: int, tree: Tree, genomes: Genomes, sequences: Sequences, counts: dict[int, int]
    ) -> None:
        self._seed = seed
        self._tree = tree
        self._genomes = genomes
        self._sequences = sequences
        self._counts = counts
        self._traits: dict[tuple[int, int], GeneTraits] = {}
        self._templates: dict[tuple[int, int, bool], Template] = {}
        self._rulers: dict[int, tuple[Genome, Ruler]] = {}

    def count(self, taxon: Taxon) -> int:
        """Genes filed right under a taxon."""
        return self._counts.get(taxon.tax_id, 0)

    def gene(self, key: int) -> Gene:
        """The gene behind a key."""
        taxon, index = self._tree.taxa[key >> _PLACE], key & (1 << _PLACE) - 1
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
        if not text.isdigit():
            return None
        number = int(text)
        block, serial = divmod(number - _FIRST, BLOCK)
        if 0 <= block < len(self._tree.blocks):
            taxon = self._tree.blocks[block]
            return self._if_there(taxon, gather(serial), number)
        for tax_id, several in KNOWN.items():
            for index, known in enumerate(several):
                if known.gene_id == number:
                    return self._if_there(self._tree.number(tax_id), index, number)
        return None

    def _if_there(self, taxon: Taxon, index: int, number: int) -> Gene | None:
        if index >= self.count(taxon):
            return None
        gene = self.gene((taxon.place << _PLACE) + index)
        return gene if gene.gene_id == number else None

    def _successor(self, text: str) -> Gene | None:
        """The gene into which the gene of this number was merged."""
        current = RETIRED.get(text) or (int(text) - _MERGED if text.isdigit() else 0)
        gene = self.by_id(str(current))
        return gene if gene and gene.retired == text else None

    def select(self, ask: Ask) -> Selection:
        """The genes of a taxon, or those with given numbers, accessions or symbols."""
        if ask.selector == "taxa":
            found = self._of_taxon(ask)
        else:
            found = self._listed(ask)
        return self._filtered(ask, found)

    def _taxon(self, text: str) -> Taxon:
        taxon = self._tree.find(text)
        if taxon is None:
            what = f"The taxonomy name '{text}' is not a recognized NCBI Taxonomy name."
            raise Refusal(400, what)
        return taxon

    def _of_taxon(self, ask: Ask) -> Selection:
        value = ask.values[0]
        taxon = self._taxon(value)
        subtree = ask.flag("tax_search_subtree")
        if taxon.above_species and not subtree:
            warning = _warning("ABOVE_SPECIES_TAXON", value, "names more than one species")
            return Selection((), (warning,))
        keys: array[int] = array("q")
        for one in self._tree.below(taxon, itself_only=not subtree):
            keys.extend(self.of_taxon(one))
        return Selection(keys)

    def _listed(self, ask: Ask) -> Selection:
        look_up = {
            "ids": self._look_up_id,
            "accessions": self._look_up_accession,
            "symbols": self._look_up_symbol,
            "locus_tags": self._look_up_symbol,
        }[ask.selector]
        taxa = self._symbol_taxa(ask) if ask.selector == "symbols" else self._tree.blocks
        echo: dict[int, list[str]] = {}
        warnings: dict[int, list[Record]] = {}
        messages: list[Record] = []
        for value in dict.fromkeys(ask.values):
            genes, warning = look_up(value, taxa)
            for gene in genes:
                echo.setdefault(gene.key, []).append(value)
                if warning:
                    warnings.setdefault(gene.key, []).append(warning)
            if not genes and warning:
                messages.append({"warning": warning})
        return Selection(
            sorted(echo),
            tuple(messages),
            {key: tuple(values) for key, values in echo.items()},
            {key: tuple(several) for key, several in warnings.items()},
        )

    def _symbol_taxa(self, ask: Ask) -> list[Taxon]:
        taxon = self._taxon(ask.taxon)
        return self._tree.below(taxon, itself_only=not ask.flag("tax_search_subtree"))

    def _look_up_id(self, value: str, _: Sequence[Taxon]) -> tuple[list[Gene], Record | None]:
        gene = self.by_id(value)
        if gene:
            return [gene], None
        successor = self._successor(value)
        if successor is None:
            return [], _facts("UNRECOGNIZED_GENE_ID", value, "is not a known gene number")
        returned = str(successor.gene_id)
        facts = _facts("REPLACED_GENE_ID", value, f"was replaced by {returned}")
        return [successor], facts | {"replaced_id": {"requested": value, "returned": returned}}

    def _look_up_accession(
        self, value: str, _: Sequence[Taxon]
    ) -> tuple[list[Gene], Record | None]:
        match = _ACCESSION.fullmatch(value)
        gene = self._by_accession(match[1]) if match else None
        if gene is None or match is None:
            return [], _facts("UNRECOGNIZED_ACCESSION", value, "is not a known accession")
        if match[2] and match[2] != gene.accession.partition(".")[2]:
            told = f"has another version, {gene.accession}"
            return [gene], _facts("ACCESSION_VERSION_MISMATCH", value, told)
        return [gene], None

    def _by_accession(self, digits: str) -> Gene | None:
        for tax_id, several in KNOWN.items():
            for index, known in enumerate(several):
                if known.transcript.partition(".")[0] == digits:
                    return self._if_there(self._tree.number(tax_id), index, known.gene_id)
        gene = self.by_id(str(int(digits)))
        return None if gene and gene.known and gene.known.transcript else gene

    def _look_up_symbol(
        self, value: str, taxa: Iterable[Taxon]
    ) -> tuple[list[Gene], Record | None]:
        genes = [gene for taxon in taxa for gene in self._named(taxon, value.casefold())]
        if genes:
            return genes, None
        return [], _facts("UNRECOGNIZED_GENE_SYMBOL", value, "is not a known gene symbol")

    def _named(self, taxon: Taxon, name: str) -> list[Gene]:
        """The genes of a taxon that bear a symbol, a synonym or a locus tag."""
        keys = self.of_taxon(taxon)
        likely = set(range(len(KNOWN.get(taxon.tax_id, ()))))
        if tail := re.search(r"(\d+)$", name):
            number = int(tail[1])
            likely |= {number, 2 * number, 2 * number + 1}
        genes = (self.gene(keys[index]) for index in sorted(likely) if index < len(keys))
        return [gene for gene in genes if name in _names(gene)]

    def _filtered(self, ask: Ask, found: Selection) -> Selection:
        words = ask.one("query").casefold().split()
        types, tags = set(ask.many("types")), set(ask.many("locus_tags"))
        sequences = set(ask.many("accession_filter"))
        if not (words or types or tags or sequences):
            return found
        keys = [
            key
            for key in found.keys
            if (gene := self.gene(key))
            and (not types or gene.traits.type in types)
            and (not tags or gene.locus_tag in tags)
            and (not sequences or self._place(gene)[3] in sequences or gene.accession in sequences)
            and all(word in _text(gene) for word in words)
        ]
        return Selection(keys, found.messages, found.echo, found.warnings)

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, each wrapped together with what was asked."""
        return [self._wrapped(ask, selection, self.gene(key)) for key in keys]

    def _wrapped(self, ask: Ask, selection: Selection, gene: Gene) -> bytes:
        query = selection.echo.get(gene.key) or ask.values
        warnings = selection.warnings.get(gene.key)
        tail = b',"query":' + dumps(list(query))
        if warnings:
            tail += b',"warnings":' + dumps([dict(one) for one in warnings])
        return b'{"gene":' + self.report(gene, ask.one("returned_content")) + tail + b"}"

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

    def _place(self, gene: Gene) -> tuple[str, str, str, str, int, int]:
        """Assembly, its name, chromosome, sequence, begin and end of a gene."""
        taxon = gene.taxon
        if taxon.tax_id not in self._rulers:
            genome = self._genomes.reference(taxon)
            self._rulers[taxon.tax_id] = (genome, Ruler(self._sequences, genome, self.count(taxon)))
        genome, ruler = self._rulers[taxon.tax_id]
        piece, begin, end = ruler.place(gene.index)
        name = gene.known.chromosome if gene.known and gene.known.chromosome else piece.name
        pieces = {one.name: one for one in reversed(ruler.pieces)}
        piece = pieces.get(name, piece)
        sequence = piece.refseq if genome.refseq else piece.genbank
        return genome.accession, genome.name, name, sequence, begin, end

    def _values(self, gene: Gene) -> tuple[bytes, ...]:
        assembly, name, chromosome, sequence, begin, end = self._place(gene)
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
            assembly.encode(),
            name.encode(),
            sequence.encode(),
            b"%d" % begin,
            b"%d" % ((begin + end) // 2),
            b"%d" % end,
            gene.locus_tag.encode(),
        )


def _names(gene: Gene) -> set[str]:
    known = gene.known.synonyms if gene.known else ()
    names = (gene.symbol, gene.locus_tag, *gene.synonyms, *known)
    return {name.casefold() for name in names}


def _text(gene: Gene) -> str:
    return "\n".join((*_names(gene), gene.description.casefold()))


def _facts(code: str, value: str, told: str) -> Record:
    text = f"{value} {told}."
    return {
        "gene_warning_code": code,
        "reason": text,
        "message": text,
        "unrecognized_identifier": "" if code == "REPLACED_GENE_ID" else value,
    }


def _warning(code: str, value: str, told: str) -> Record:
    return message("warning", **_facts(code, value, told))
