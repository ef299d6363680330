"""Virus reports: which there are, which answer a query, and their texts."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from random import Random

from msgspec import Struct

from harvester.sandbox.asks import Ask, Refusal, Selection
from harvester.sandbox.noise import day_text, gather, mix, recent_day, scatter
from harvester.sandbox.templates import Template
from harvester.sandbox.tree import Taxon, Tree
from harvester.sandbox.virus_filters import VirusFilter
from harvester.sandbox.virus_shape import TEMPLATES, VirusShape, VirusTraits, virus_traits

__all__ = ["Virus", "Viruses"]

_NAMES = (
    "accession", "isolate", "collected", "released", "updated", "length", "hash", "sample",
    "project", "run",
)  # fmt: skip
_ACCESSION = re.compile(r"([A-Z])([A-Z])(\d{8})(?:\.1)?")
_PLACE = 40
#: RefSeq genomes come first in their taxon: their accessions.
_REFSEQ = {
    2697049: ("NC_045512.2",),
    1335626: ("NC_019843.3", "NC_038294.1"),
    694009: ("NC_004718.3",),
    11320: tuple(f"NC_026{431 + segment}.1" for segment in range(8)),
    12637: ("NC_001477.1",),
    10298: ("NC_001806.2",),
}


class Virus(Struct):
    """What identifies one genome, and what filters look at."""

    taxon: Taxon
    index: int
    noise: int
    template: int
    traits: VirusTraits
    accession: str
    released: int
    updated: int

    @property
    def refseq(self) -> bool:
        """Whether it is a RefSeq genome."""
        return self.accession.startswith("NC_")


class Viruses:
    """The virus reports of a universe."""

    def __init__(self, seed: int, tree: Tree, counts: dict[int, int]) -> None:
        self._seed = seed
        self._tree = tree
        self._counts = counts
        self._traits: dict[tuple[int, int], VirusTraits] = {}
        self._templates: dict[tuple[int, int, bool], Template] = {}

    def count(self, taxon: Taxon) -> int:
        """Genomes filed right under a taxon."""
        return self._counts.get(taxon.tax_id, 0)

    def virus(self, key: int) -> Virus:
        """The genome behind a key."""
        taxon, index = self._tree.taxa[key >> _PLACE], key & (1 << _PLACE) - 1
        noise = mix(self._seed, taxon.tax_id, index, 5)
        template = noise % TEMPLATES
        place = (taxon.tax_id, template)
        if place not in self._traits:
            self._traits[place] = virus_traits(self._seed, taxon, template)
        named = _REFSEQ.get(taxon.tax_id, ())
        accession = named[index] if index < len(named) else _accession(taxon, index)
        released = recent_day(noise >> 16)
        updated = released + (noise >> 50) % 400 * (noise >> 59 & 1)
        return Virus(
            taxon, index, noise, template, self._traits[place], accession, released, updated
        )

    def find(self, accession: str) -> int | None:
        """The key of an accession, with or without its version."""
        text = accession.strip()
        for tax_id, names in _REFSEQ.items():
            for index, name in enumerate(names):
                if text in {name, name.partition(".")[0]}:
                    return self._if_there(self._tree.number(tax_id), index)
        match = _ACCESSION.fullmatch(text)
        block = (ord(match[1]) - 79) * 26 + ord(match[2]) - 65 if match else -1
        if match is None or not 0 <= block < len(self._tree.blocks) or int(match[3]) >= 10**7:
            return None
        taxon, index = self._tree.blocks[block], gather(int(match[3]))
        named = index < len(_REFSEQ.get(taxon.tax_id, ()))
        return None if named else self._if_there(taxon, index)

    def _if_there(self, taxon: Taxon, index: int) -> int | None:
        return (taxon.place << _PLACE) + index if index < self.count(taxon) else None

    def select(self, ask: Ask) -> Selection:
        """The genomes of a taxon with the taxa below it, or those with given accessions."""
        wanted = VirusFilter(ask, self._tree)
        if ask.selector == "accessions":
            found = {value: self.find(value) for value in ask.values}
            distinct = sorted({key for key in found.values() if key is not None})
            unknown = tuple(value for value, key in found.items() if key is None)
            kept = [key for key in distinct if wanted.accepts(self.virus(key))]
            return Selection(kept, unknown=unknown)
        keys: array[int] = array("q")
        for taxon in self._taxa(ask):
            keys.extend(self._filed(wanted, taxon))
        return Selection(keys)

    def _taxa(self, ask: Ask) -> list[Taxon]:
        places: dict[int, Taxon] = {}
        for value in ask.values:
            taxon = self._tree.find(value)
            if taxon is None:
                what = f"The taxonomy name '{value}' is not a recognized NCBI Taxonomy name."
                raise Refusal(400, what)
            places |= {one.place: one for one in self._tree.below(taxon)}
        return [places[place] for place in sorted(places)]

    def _filed(self, wanted: VirusFilter, taxon: Taxon) -> Iterator[int] | range:
        start = taxon.place << _PLACE
        keys = range(start, start + self.count(taxon))
        if wanted.idle:
            return keys
        return (key for key in keys if wanted.accepts(self.virus(key)))

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, bare; shorter where only accessions were asked for."""
        del selection
        genomes = map(self.virus, keys)
        if ask.one("returned_content") == "ACCESSIONS_ONLY":
            return [f'{{"accession":"{genome.accession}"}}'.encode() for genome in genomes]
        return [self._report(genome) for genome in genomes]

    def _report(self, genome: Virus) -> bytes:
        place = (genome.taxon.tax_id, genome.template, genome.refseq)
        template = self._templates.get(place)
        if template is None:
            rng = Random(f"virus/{self._seed}/{place[0]}/{place[1]}")
            shape = VirusShape(self._tree, genome.taxon, genome.traits, rng)
            record = shape.report(refseq=genome.refseq)
            template = Template(record, _NAMES, escaped=genome.template % 3 == 1)
            self._templates[place] = template
        return template.fill(_values(genome))


def _accession(taxon: Taxon, index: int) -> str:
    first, second = divmod(taxon.block, 26)
    return f"{chr(79 + first)}{chr(65 + second)}{scatter(index):08d}.1"


def _values(genome: Virus) -> tuple[bytes, ...]:
    noise = mix(genome.noise, 1)
    length = genome.taxon.length * (99 if genome.traits.complete else 10 + noise % 80) // 100
    collected = day_text(max(0, genome.released - (noise >> 10) % 300))
    return (
        genome.accession.encode(),
        f"SBX/{genome.traits.country[:3]}/{genome.index}".encode(),
        collected[: (4, 7, 10)[noise % 3]].encode(),
        day_text(genome.released).encode(),
        day_text(genome.updated).encode(),
        b"%d" % length,
        b"%08X" % (noise >> 32),
        b"SAMN%08d" % (noise % 10**8),
        b"PRJNA%d" % (100_000 + noise % 899_983),
        b"SRR%08d" % (noise % 10**8),
    )
