"""Genome reports: which there are, which answer a query, and their texts."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from random import Random

from msgspec import Struct

from harvester.sandbox.asks import Ask, Selection, message
from harvester.sandbox.genome_filters import GenomeFilter
from harvester.sandbox.genome_shape import GenomeShape
from harvester.sandbox.genome_traits import KNOWN, TEMPLATES, Known, Traits, traits
from harvester.sandbox.noise import BLOCK, day_text, gather, mix, recent_day, scatter
from harvester.sandbox.templates import Record, Template
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["Genome", "Genomes"]

_ACCESSION = re.compile(r"GC([AF])_(\d{9})(?:\.(\d+))?")
_NAMES = (
    "accession", "current", "paired", "name", "day", "submitted", "annotated", "project", "parent",
    "sample", "run", "strain", "wgs", "total", "ungapped", "gc", "contig_n50", "scaffold_n50",
)  # fmt: skip
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: A key holds the taxon's place, the index within the taxon, and how many versions back.
_PLACE, _INDEX = 40, 6


class Genome(Struct):
    """What identifies one assembly, and what filters look at."""

    taxon: Taxon
    index: int
    back: int
    noise: int
    refseq: bool
    paired: bool
    serial: int
    version: int
    template: int
    day: int
    known: Known | None

    @property
    def accession(self) -> str:
        """Such as GCF_000001405.40."""
        return f"GC{'F' if self.refseq else 'A'}_{self.serial:09d}.{self.version - self.back}"

    @property
    def current(self) -> str:
        """The accession of the newest version."""
        return f"GC{'F' if self.refseq else 'A'}_{self.serial:09d}.{self.version}"

    @property
    def twin(self) -> str:
        """The accession of the same assembly in the other database."""
        version = self.version
        if self.known:
            version = self.known.genbank if self.refseq else self.known.refseq
        return f"GC{'A' if self.refseq else 'F'}_{self.serial:09d}.{version}"

    @property
    def name(self) -> str:
        """The assembly's name."""
        if self.known:
            return self.known.name
        return f"ASM{self.serial}v{self.version - self.back}"

    @property
    def strain(self) -> str:
        """The name of the strain or isolate."""
        return f"SBX-{self.noise >> 40 & 0xFFF:03X}{self.index}"


class Genomes:
    """All genome reports of a universe."""

    def __init__(self, seed: int, tree: Tree, counts: dict[int, int]) -> None:
        self._seed = seed
        self._tree = tree
        self._counts = counts
        self._traits: dict[tuple[int, int], Traits] = {}
        self._days: dict[int, array[int]] = {}
        self._templates: dict[tuple[int, int, bool, bool, str], Template] = {}

    def count(self, taxon: Taxon) -> int:
        """Current genomes filed right under a taxon."""
        return self._counts.get(taxon.tax_id, 0)

    def genome(self, key: int) -> Genome:
        """The genome behind a key."""
        index, back = key >> _INDEX & 0x3FFFFFFFF, key & 0x3F
        taxon = self._tree.taxa[key >> _PLACE]
        known = KNOWN.get(taxon.tax_id, ())
        pair = index >> 1
        noise = mix(self._seed, taxon.tax_id, pair)
        is_known = pair < len(known)
        paired = (is_known or noise % 100 < 29) and index | 1 < self.count(taxon)  # noqa: PLR2004
        if not paired:
            noise = mix(self._seed, taxon.tax_id, index, 7)
        refseq = paired and not index & 1
        named = known[pair] if is_known and paired else None
        serial = (taxon.block + 1) * BLOCK + scatter(index & ~1 if paired else index)
        version = 1 + (noise >> 8) % 100 // 85 + (noise >> 8) % 100 // 97
        if named:
            serial, version = named.serial, named.refseq if refseq else named.genbank
        return Genome(
            taxon, index, back, noise, refseq, paired, serial, version,
            TEMPLATES + pair if named else noise % TEMPLATES,
            self._day(taxon, noise, back),
            named,
        )  # fmt: skip

    def _day(self, taxon: Taxon, noise: int, back: int) -> int:
        """The day of release; one genome in twelve came with a great batch on one day."""
        batch = (noise >> 50) % 12 == 0
        day = recent_day(mix(self._seed, taxon.tax_id)) if batch else recent_day(noise >> 16)
        return max(0, day - 200 * back)

    def reference(self, taxon: Taxon) -> Genome:
        """The first genome of a taxon, on which its genes are placed."""
        return self.genome(self._key(taxon, 0))

    def find(self, accession: str) -> list[int]:
        """The keys of an accession: one version, or all of them where none is named."""
        match = _ACCESSION.fullmatch(accession.strip())
        if not match:
            return []
        current = self._locate(int(match[2]), refseq=match[1] == "F")
        if current is None:
            return []
        newest = self.genome(current).version
        if match[3] is None:
            return [current + back for back in range(min(newest, 0x3F))]
        back = newest - int(match[3])
        return [current + back] if 0 <= back < newest else []

    def _locate(self, serial: int, *, refseq: bool) -> int | None:
        known = self._locate_known(serial, refseq=refseq)
        block, place = divmod(serial, BLOCK)
        if known is not None or not 0 < block <= len(self._tree.blocks):
            return known
        taxon = self._tree.blocks[block - 1]
        slot = gather(place)
        # A pair shares the serial number of its first member, which is the RefSeq one.
        for index in (slot, slot if refseq else slot | 1):
            key = self._key(taxon, index)
            if index < self.count(taxon):
                genome = self.genome(key)
                if genome.serial == serial and genome.refseq == refseq:
                    return key
        return None

    def _locate_known(self, serial: int, *, refseq: bool) -> int | None:
        for tax_id, several in KNOWN.items():
            for pair, known in enumerate(several):
                if known.serial == serial:
                    index = 2 * pair + (not refseq)
                    taxon = self._tree.number(tax_id)
                    return self._key(taxon, index) if index < self.count(taxon) else None
        return None

    @staticmethod
    def _key(taxon: Taxon, index: int) -> int:
        return taxon.place << _PLACE | index << _INDEX

    def traits(self, genome: Genome) -> Traits:
        """What the filters look at."""
        place = (genome.taxon.tax_id, genome.template)
        if place not in self._traits:
            self._traits[place] = traits(self._seed, genome.taxon, genome.template)
        return self._traits[place]

    def select(self, ask: Ask) -> Selection:
        """The genomes of taxa with the taxa below them, or those with given accessions."""
        wanted = GenomeFilter(ask)
        if ask.selector == "accessions":
            found = {value: self.find(value) for value in ask.values}
            distinct = sorted(set(chain.from_iterable(found.values())))
            unknown = tuple(value for value, several in found.items() if not several)
            kept = [key for key in distinct if self._accepted(wanted, key)]
            return Selection(kept, unknown=unknown)
        taxa, strangers = self._taxa(ask)
        keys: array[int] = array("q")
        for taxon in taxa:
            keys.extend(self._filed(wanted, taxon))
        return Selection(keys, tuple(map(_unknown, strangers)), unknown=tuple(strangers))

    def _taxa(self, ask: Ask) -> tuple[list[Taxon], list[str]]:
        """The taxa that were asked for and those below them, and names that nobody knows."""
        places: dict[int, Taxon] = {}
        unknown: list[str] = []
        for value in ask.values:
            taxon = self._tree.find(value)
            if taxon is None:
                unknown.append(value)
                continue
            below = self._tree.below(taxon, itself_only=ask.flag("tax_exact_match"))
            places |= {one.place: one for one in below}
        return [places[place] for place in sorted(places)], unknown

    def _filed(self, wanted: GenomeFilter, taxon: Taxon) -> Iterator[int] | range:
        start = self._key(taxon, 0)
        first = range(start, start + (self.count(taxon) << _INDEX), 1 << _INDEX)
        if wanted.idle:
            return first
        if wanted.days is not None:
            begin, end = wanted.days
            released = zip(first, self._release_days(taxon, first), strict=True)
            return (key for key, day in released if begin <= day <= end)
        keys = chain.from_iterable(map(self._versions, first)) if wanted.all_versions else first
        return (key for key in keys if self._accepted(wanted, key))

    def _release_days(self, taxon: Taxon, keys: range) -> array[int]:
        """When each genome of a taxon was released; worked out once."""
        if taxon.place not in self._days:
            self._days[taxon.place] = array("l", (self.genome(key).day for key in keys))
        return self._days[taxon.place]

    def _versions(self, key: int) -> range:
        return range(key, key + min(self.genome(key).version, 0x3F))

    def _accepted(self, wanted: GenomeFilter, key: int) -> bool:
        genome = self.genome(key)
        return wanted.accepts(genome, self.traits(genome))

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, bare; shorter where only accessions were asked for."""
        del selection
        content = ask.one("returned_content")
        write: Callable[[Genome], bytes] = self._report
        if content in {"ASSM_ACC", "PAIRED_ACC"}:
            write = _accession_only if content == "ASSM_ACC" else _accession_and_twin
        return [write(self.genome(key)) for key in keys]

    def _report(self, genome: Genome) -> bytes:
        status = "current"
        if genome.back:
            status = "suppressed" if genome.template % 16 == 0 else "previous"
        place = (genome.taxon.tax_id, genome.template, genome.refseq, genome.paired, status)
        template = self._templates.get(place)
        if template is None:
            template = self._templates[place] = self._template(genome, status)
        return template.fill(_values(genome))

    def _template(self, genome: Genome, status: str) -> Template:
        rng = Random(f"genome/{self._seed}/{genome.taxon.tax_id}/{genome.template}")
        shape = GenomeShape(self._tree, genome.taxon, self.traits(genome), rng)
        record = shape.report(refseq=genome.refseq, paired=genome.paired, status=status)
        return Template(record, _NAMES, escaped=genome.template % 3 == 1)


def _unknown(value: str) -> Record:
    text = f"The taxonomy name '{value}' is not a recognized NCBI Taxonomy name."
    return message(
        "error",
        assembly_error_code="INVALID_TAXON",
        reason=text,
        message=text,
        invalid_identifiers=[value],
    )


def _accession_only(genome: Genome) -> bytes:
    return f'{{"accession":"{genome.accession}"}}'.encode()


def _accession_and_twin(genome: Genome) -> bytes:
    if not genome.paired:
        return _accession_only(genome)
    return f'{{"accession":"{genome.accession}","paired_accession":"{genome.twin}"}}'.encode()


def _values(genome: Genome) -> tuple[bytes, ...]:
    """The texts of a record's gaps, in the order of `_NAMES`."""
    noise = mix(genome.noise, genome.back)
    length = genome.taxon.length
    total = length - length // 10 + noise % (length // 5)
    ungapped = total - (noise >> 20) % (total // 50)
    serial = genome.serial
    wgs = bytes(_LETTERS[(noise >> shift) % 26] for shift in (8, 13, 18, 23, 28, 33))
    return (
        genome.accession.encode(),
        genome.current.encode(),
        genome.twin.encode(),
        genome.name.encode(),
        day_text(genome.day).encode(),
        day_text(max(0, genome.day - (noise >> 30) % 90)).encode(),
        day_text(genome.day + (noise >> 36) % 60).encode(),
        b"PRJNA%d" % (100_000 + serial % 899_983),
        b"PRJNA%d" % (10_000 + serial % 9_973),
        b"SAMN%08d" % (serial % 99_999_989),
        b"SRS%07d" % (serial % 9_999_991),
        genome.strain.encode(),
        wgs + b"%02d" % (genome.version - genome.back),
        b"%d" % total,
        b"%d" % ungapped,
        b"%d" % (ungapped * (300 + noise % 400) // 1000),
        b"%d" % (1 + total // (2 + (noise >> 12) % 400)),
        b"%d" % (1 + total // (1 + (noise >> 12) % 200)),
    )
