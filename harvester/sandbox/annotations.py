"""Annotation reports: the features of an annotated assembly, in the order of their places."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from msgspec import Struct

from harvester.sandbox.annotation_shape import annotation
from harvester.sandbox.asks import Ask, Selection
from harvester.sandbox.gene import Gene
from harvester.sandbox.genes import Genes
from harvester.sandbox.genomes import Genome, Genomes
from harvester.sandbox.noise import mix, whole
from harvester.sandbox.sequences import Piece, Ruler, Sequences, assembly_of
from harvester.sandbox.templates import Record, Template, dumps

__all__ = ["Annotations"]

_NAMES = (
    "gene_id", "symbol", "description", "locus_tag", "orientation", "chromosome", "sequence",
    "begin", "middle", "end", "serial", "transcript", "protein", "short", "synonym", "alias",
    "assembly", "assembly_name",
)  # fmt: skip
#: Rows of the well-known assemblies.
_ROWS = {
    "GCF_000005845.2": 4600, "GCF_000001405.40": 6000, "GCF_000001635.27": 3000,
    "GCF_000002985.6": 900, "GCF_000146045.2": 900, "GCF_000001215.4": 900,
}  # fmt: skip


class _Feature(Struct):
    """One row: the gene it belongs to, and its place."""

    row: int
    gene: Gene
    piece: Piece
    begin: int
    end: int


class Annotations:
    """The annotation reports of a universe."""

    def __init__(
        self,
        seed: int,
        scale: float,
        genomes: Genomes,
        genes: Genes,
        sequences: Sequences,
        counts: dict[str, int],
    ) -> None:
        self._seed = seed
        self._scale = scale
        self._genomes = genomes
        self._genes = genes
        self._sequences = sequences
        self._counts = counts
        self._rulers: dict[str, Ruler] = {}
        self._templates: dict[tuple[int, int, bool], Template] = {}

    def count(self, genome: Genome) -> int:
        """How many features an assembly has; none if it is not annotated."""
        if genome.accession in self._counts:
            return self._counts[genome.accession]
        if not self._genomes.traits(genome).is_annotated(refseq=genome.refseq):
            return 0
        rows = _ROWS.get(genome.accession, 60 + genome.noise % 90)
        return max(1, int(rows * self._scale))

    def _feature(self, genome: Genome, row: int) -> _Feature:
        """A feature; its gene is one of the species' genes, so that symbols can be found."""
        keys = self._genes.of_taxon(genome.taxon)
        start = genome.taxon.place << 40
        gene = self._genes.gene(keys[row % len(keys)] if keys else start + row)
        return _Feature(row, gene, *self._ruler(genome).place(row))

    def _ruler(self, genome: Genome) -> Ruler:
        ruler = self._rulers.get(genome.accession)
        if ruler is None:
            ruler = Ruler(self._sequences, genome, self.count(genome))
            self._rulers[genome.accession] = ruler
        return ruler

    def select(self, ask: Ask) -> Selection:
        """The features of one assembly."""
        genome = assembly_of(self._genomes, ask)
        rows: Sequence[int] = range(self.count(genome))
        if locations := ask.many("locations"):
            rows = self._ruler(genome).within(map(_range, locations), refseq=genome.refseq)
        if ids := ask.many("annotation_ids"):
            wanted = {row - 1 for text in ids if (row := whole(text))}
            rows = [row for row in rows if row in wanted]
        if any(ask.many(name) for name in ("symbols", "gene_types", "search_text")):
            features = (self._feature(genome, row) for row in rows)
            rows = [feature.row for feature in features if _accepted(ask, feature.gene)]
        return Selection(rows)

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, each wrapped together with what was asked and its row's number."""
        del selection
        genome = assembly_of(self._genomes, ask)
        query = dumps(list(ask.values))
        return [
            b'{"annotation":%b,"query":%b,"row_id":"%d"}'
            % (self._report(genome, self._feature(genome, key)), query, key + 1)
            for key in keys
        ]

    def _report(self, genome: Genome, feature: _Feature) -> bytes:
        gene = feature.gene
        place = (genome.taxon.tax_id, gene.template, genome.refseq)
        template = self._templates.get(place)
        if template is None:
            rng = Random(f"annotation/{self._seed}/{place}")
            shape: Record = annotation(genome.taxon, gene.traits, rng)
            template = self._templates[place] = Template(shape, _NAMES)
        return template.fill(self._values(genome, feature))

    def _values(self, genome: Genome, feature: _Feature) -> tuple[bytes, ...]:
        gene = feature.gene
        noise = mix(genome.serial, feature.row)
        kind = b"M" if gene.traits.coding else b"R"
        synonym, alias = gene.synonyms
        return (
            b"%d" % gene.gene_id,
            gene.symbol.encode(),
            gene.description.encode(),
            gene.locus_tag.encode(),
            b"minus" if noise & 1 else b"plus",
            feature.piece.name.encode(),
            _sequence(genome, feature.piece).encode(),
            b"%d" % feature.begin,
            b"%d" % ((feature.begin + feature.end) // 2),
            b"%d" % feature.end,
            b"%06d" % (noise % 1_000_000),
            b"X%b_%09d.1" % (kind, noise % 10**9),
            b"XP_%09d.1" % (noise % 10**9),
            b"%d" % (10_000 + noise % 89_989),
            synonym.encode(),
            alias.encode(),
            genome.accession.encode(),
            genome.name.encode(),
        )


def _sequence(genome: Genome, piece: Piece) -> str:
    return piece.refseq if genome.refseq else piece.genbank


def _accepted(ask: Ask, gene: Gene) -> bool:
    symbols, words = ask.many("symbols"), ask.many("search_text")
    types = {_plain(text) for text in ask.many("gene_types")}
    text = f"{gene.symbol}\n{gene.description}".casefold()
    return (
        (not symbols or gene.symbol in symbols)
        and (not types or _plain(gene.traits.type) in types)
        and (not words or all(word.casefold() in text for word in words))
    )


def _plain(text: str) -> str:
    return text.casefold().replace("_", "-")


def _range(text: str) -> tuple[str, int, int]:
    """Reads `NC_000001.11:100-2000`; without numbers the whole sequence is meant."""
    name, _, ends = text.partition(":")
    begin, _, end = ends.partition("-")
    return name, whole(begin) or 1, whole(end) or 1 << 62
