"""The filters on virus genomes, read once a query and applied to each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvester.sandbox.asks import Ask
from harvester.sandbox.noise import day_text
from harvester.sandbox.tree import Tree

if TYPE_CHECKING:
    from harvester.sandbox.viruses import Virus

__all__ = ["VirusFilter"]


class VirusFilter:
    """Whether virus genomes pass the filters of one request."""

    def __init__(self, ask: Ask, tree: Tree) -> None:
        self._refseq = ask.flag("refseq_only")
        self._annotated = ask.flag("annotated_only")
        self._complete = ask.flag("complete_only")
        self._released = ask.one("released_since")[:10]
        self._updated = ask.one("updated_since")[:10]
        self._lineage = ask.one("pangolin_classification")
        self._place = ask.one("geo_location").casefold()
        self._state = ask.one("usa_state").upper()
        self._accessions = frozenset(ask.many("accessions"))
        self._hosts = _hosts(ask.one("host"), tree)
        self.idle = self._hosts is None and not any(
            (
                self._refseq, self._annotated, self._complete, self._released, self._updated,
                self._lineage, self._place, self._state, self._accessions,
            )
        )  # fmt: skip

    def accepts(self, genome: Virus) -> bool:
        """Whether a genome passes."""
        return self._good(genome) and self._collected(genome) and self._dated(genome)

    def _good(self, genome: Virus) -> bool:
        traits = genome.traits
        return not (
            (self._refseq and not genome.refseq)
            or (self._annotated and not (traits.annotated or genome.refseq))
            or (self._complete and not traits.complete)
            or (self._lineage and traits.lineage != self._lineage)
            or (self._accessions and genome.accession not in self._accessions)
        )

    def _collected(self, genome: Virus) -> bool:
        traits = genome.traits
        places = {traits.country.casefold(), traits.continent.casefold()}
        return not (
            (self._hosts is not None and traits.host not in self._hosts)
            or (self._place and self._place not in places)
            or (self._state and traits.state != self._state)
        )

    def _dated(self, genome: Virus) -> bool:
        if self._released and day_text(genome.released) < self._released:
            return False
        return not self._updated or day_text(genome.updated) >= self._updated


def _hosts(host: str, tree: Tree) -> frozenset[int] | None:
    """The numbers of a host and all taxa below it; `None` if no host was named."""
    if not host:
        return None
    taxon = tree.find(host)
    return frozenset(one.tax_id for one in tree.below(taxon)) if taxon else frozenset()
