"""The taxonomy tree: lookup by number and name, and subtrees as ranges."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from harvester.sandbox.noise import whole
from harvester.sandbox.taxa import OUTLINE, RETIRED

__all__ = ["Taxon", "Tree"]

_VIRUSES = 10239


class Taxon(Struct):
    """One taxon: its place in the tree's order, and the block of serial numbers it owns."""

    place: int
    tax_id: int
    rank: str
    name: str
    common: tuple[str, ...]
    group: str
    genomes: int
    genes: int
    viruses: int
    length: int
    chromosomes: int
    lineage: tuple[int, ...]
    children: list[int] = field(default_factory=list)
    last: int = 0
    block: int = 0

    @property
    def common_name(self) -> str:
        """The first of the common names, where it has one."""
        return self.common[0] if self.common else ""

    @property
    def is_virus(self) -> bool:
        """Whether it stands below Viruses."""
        return _VIRUSES in self.lineage or self.tax_id == _VIRUSES

    @property
    def is_bacterial(self) -> bool:
        """Whether its genomes are those of prokaryotes."""
        return 2 in self.lineage or 2157 in self.lineage  # noqa: PLR2004 - taxon numbers

    @property
    def above_species(self) -> bool:
        """Whether it groups species."""
        return not self.length or self.rank in {"GENUS", "FAMILY"}


class Tree:
    """All taxa in the order of a walk from the root, so that a subtree is a range."""

    def __init__(self) -> None:
        self.taxa: list[Taxon] = list(_read())
        self._by_id = {taxon.tax_id: taxon for taxon in self.taxa}
        self._by_name: dict[str, Taxon] = {}
        for taxon in self.taxa:
            for name in (taxon.name, *taxon.common):
                self._by_name.setdefault(name.casefold(), taxon)
        for taxon in reversed(self.taxa):
            below = [self._by_id[child].last for child in taxon.children]
            taxon.last = max([taxon.place, *below])
        #: The taxa that hold records, by block.
        self.blocks = [taxon for taxon in self.taxa if taxon.length]
        for block, taxon in enumerate(self.blocks):
            taxon.block = block

    def find(self, asked: str) -> Taxon | None:
        """A taxon by number (also a retired one) or by any of its names."""
        text = asked.strip()
        number = whole(text)
        if number is not None:
            return self._by_id.get(RETIRED.get(number, number))
        return self._by_name.get(text.casefold())

    def number(self, tax_id: int) -> Taxon:
        """A taxon that is known to exist."""
        return self._by_id[tax_id]

    def below(self, taxon: Taxon, *, itself_only: bool = False) -> list[Taxon]:
        """The taxon and all taxa under it."""
        return [taxon] if itself_only else self.taxa[taxon.place : taxon.last + 1]

    def suggest(self, words: str) -> list[Taxon]:
        """Taxa with a name that begins with these words."""
        start = words.casefold()
        return [
            taxon
            for taxon in self.taxa
            if any(name.casefold().startswith(start) for name in (taxon.name, *taxon.common))
        ]


def _read() -> Iterator[Taxon]:
    stack: list[Taxon] = []
    for place, line in enumerate(OUTLINE.strip().splitlines()):
        depth = len(line) - len(line.lstrip())
        del stack[depth:]
        taxon = _taxon(place, line.strip(), tuple(above.tax_id for above in stack))
        if stack:
            stack[-1].children.append(taxon.tax_id)
        stack.append(taxon)
        yield taxon


def _taxon(place: int, line: str, lineage: tuple[int, ...]) -> Taxon:
    number, rank, name, common, group, *sizes = (line + "|" * 10).split("|")[:10]
    genomes, genes, viruses, length, chromosomes = (int(size or 0) for size in sizes)
    names = tuple(filter(None, common.split(",")))
    return Taxon(
        place, int(number), rank, name, names, group, genomes, genes, viruses, length, chromosomes,
        lineage,
    )  # fmt: skip
