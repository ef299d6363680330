"""Sequence reports: the chromosomes and scaffolds of an assembly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from harvester.sandbox.asks import Ask, Refusal, Selection
from harvester.sandbox.genomes import Genome, Genomes
from harvester.sandbox.noise import BLOCK, mix
from harvester.sandbox.templates import Record, dumps

__all__ = ["Piece", "Ruler", "Sequences", "assembly_of"]

_MOST = 400
#: Versions of the human chromosomes' RefSeq sequences, in the order of their numbers.
_HUMAN = (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11,
          10)  # fmt: skip


def assembly_of(genomes: Genomes, ask: Ask) -> Genome:
    """The assembly that a request names; an unknown one is not found."""
    keys = genomes.find(ask.values[0])
    if not keys:
        raise Refusal(404, "Your request is invalid.")
    return genomes.genome(keys[0])


class Piece(Struct, frozen=True):
    """One sequence of an assembly."""

    number: int
    name: str
    length: int
    role: str
    refseq: str
    genbank: str


class Sequences:
    """All sequence reports of a universe."""

    def __init__(self, seed: int, genomes: Genomes, counts: dict[str, int]) -> None:
        self._seed = seed
        self._genomes = genomes
        self._counts = counts

    def chromosomes(self, genome: Genome) -> int:
        """How many assembled molecules there are."""
        level = self._genomes.traits(genome).level
        return genome.taxon.chromosomes if level in {"Complete Genome", "Chromosome"} else 0

    def count(self, genome: Genome) -> int:
        """How many sequences an assembly has."""
        if genome.accession in self._counts:
            return self._counts[genome.accession]
        molecules = self.chromosomes(genome)
        if genome.known:
            return molecules + 20 * (molecules > 2)  # noqa: PLR2004 - more than a bacterium has
        complete = self._genomes.traits(genome).level == "Complete Genome"
        return molecules + (genome.noise % 3 if complete else 5 + genome.noise % _MOST)

    def piece(self, genome: Genome, number: int) -> Piece:
        """One sequence; the assembled molecules come first and hold most of the length."""
        molecules = self.chromosomes(genome)
        place = number + 1
        noise = mix(genome.serial, number)
        if number >= molecules:
            role = "unplaced-scaffold" if noise % 4 or not molecules else "unlocalized-scaffold"
            name = "Un" if role == "unplaced-scaffold" else self._name(genome, noise % molecules)
            length, digits = 500 + noise % 90_000, f"{genome.serial % 10_000:04d}{place:05d}"
            return Piece(number, name, length, role, f"NW_{digits}.1", f"EX{digits}.1")
        length = genome.taxon.length // molecules * (70 + noise % 60) // 100
        digits = f"{(genome.serial + number * 7919) % 1_000_000:06d}"
        version = genome.version - genome.back
        names = _known(genome, number) or (f"NC_{digits}.{version}", f"CM{digits}.{version}")
        return Piece(number, self._name(genome, number), length, "assembled-molecule", *names)

    @staticmethod
    def _name(genome: Genome, number: int) -> str:
        if genome.taxon.chromosomes == 1:
            return "chromosome"
        if genome.taxon.tax_id == 9606 and number > 21:  # noqa: PLR2004 - human X and Y
            return "XY"[number - 22]
        return str(number + 1)

    def select(self, ask: Ask) -> Selection:
        """The sequences of one assembly."""
        genome = assembly_of(self._genomes, ask)
        names, roles = set(ask.many("chromosomes")), set(ask.many("role_filters"))
        keys: Sequence[int] = range(self.count(genome))
        if names or roles:
            pieces = (self.piece(genome, number) for number in keys)
            keys = [
                piece.number
                for piece in pieces
                if (not names or piece.name in names) and (not roles or piece.role in roles)
            ]
        return Selection(keys)

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, bare."""
        del selection
        genome = assembly_of(self._genomes, ask)
        counted = ask.flag("count_assembly_unplaced")
        return [dumps(self._report(genome, key, counted=counted)) for key in keys]

    def _report(self, genome: Genome, number: int, *, counted: bool) -> Record:
        piece = self.piece(genome, number)
        noise = mix(genome.serial, number, 1)
        gc_percent = (70 + noise % 60) / 2
        molecules = self.chromosomes(genome)
        placed = piece.role == "assembled-molecule"
        return {
            "assembly_accession": genome.accession,
            "chr_name": piece.name,
            "ucsc_style_name": f"chr{piece.name}"
            if genome.known and molecules > 1 and placed
            else None,
            "sort_order": number if genome.known else None,
            "assigned_molecule_location_type": "Chromosome",
            "refseq_accession": piece.refseq if genome.refseq else None,
            "assembly_unit": "Primary Assembly",
            "length": piece.length,
            "genbank_accession": piece.genbank if not genome.refseq or genome.paired else None,
            "gc_count": str(int(piece.length * gc_percent / 100)) if placed else None,
            "gc_percent": gc_percent if placed else None,
            "unlocalized_count": noise % 5 if placed and genome.known else None,
            "assembly_unplaced_count": self.count(genome) - molecules if counted else None,
            "role": piece.role,
            "sequence_name": piece.genbank if noise % 20 else None,
        }


def _known(genome: Genome, number: int) -> tuple[str, str] | None:
    """The names of sequences that many people know by heart."""
    if genome.current in {"GCF_000001405.40", "GCA_000001405.29"} and not genome.back:
        return f"NC_{number + 1:06d}.{_HUMAN[number]}", f"CM{663 + number:06d}.2"
    if genome.serial == 5845:  # noqa: PLR2004 - E. coli K-12
        return "NC_000913.3", "U00096.3"
    return None


class Ruler:
    """Deals a number of features out over the sequences of an assembly, by their lengths."""

    def __init__(self, sequences: Sequences, genome: Genome, features: int) -> None:
        pieces = [sequences.piece(genome, n) for n in range(sequences.count(genome))]
        self.pieces = pieces
        self.named = {piece.name: piece for piece in reversed(pieces)}
        whole = sum(piece.length for piece in pieces)
        ends = accumulate(piece.length for piece in pieces)
        self._ends = [end * features // whole for end in ends]

    def within(self, ranges: Iterable[tuple[str, int, int]], *, refseq: bool) -> list[int]:
        """The features that touch one of these stretches of sequences, in order."""
        found: set[int] = set()
        for name, begin, end in ranges:
            for number, piece in enumerate(self.pieces):
                if name in {piece.name, piece.refseq if refseq else piece.genbank}:
                    found.update(self._touching(number, begin, end))
        return sorted(found)

    def _touching(self, number: int, begin: int, end: int) -> Iterator[int]:
        for feature in range(self._ends[number - 1] if number else 0, self._ends[number]):
            _, first, last = self.place(feature)
            if begin <= last and first <= end:
                yield feature

    def place(self, feature: int) -> tuple[Piece, int, int]:
        """The sequence, the start and the end of a feature; features are in order."""
        number = bisect_right(self._ends, feature)
        piece = self.pieces[number]
        first = self._ends[number - 1] if number else 0
        room = piece.length // max(1, self._ends[number] - first)
        begin = 1 + (feature - first) * room
        noise = mix(feature, BLOCK)
        return piece, begin, begin + max(1, room // 4 + noise % max(1, room // 2))
