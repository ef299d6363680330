"""The deterministic universe: all that the sandbox knows, a pure function of its configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harvester.errors import SpecError
from harvester.sandbox.annotations import Annotations
from harvester.sandbox.asks import Ask, Kind
from harvester.sandbox.config import SandboxConfig
from harvester.sandbox.gene_members import gene_members, product_members
from harvester.sandbox.gene_reports import GeneReports
from harvester.sandbox.gene_traits import KNOWN as KNOWN_GENES
from harvester.sandbox.genes import Genes
from harvester.sandbox.genome_traits import KNOWN as KNOWN_GENOMES
from harvester.sandbox.genomes import Genomes
from harvester.sandbox.sequences import Sequences
from harvester.sandbox.taxonomy import Taxonomy
from harvester.sandbox.tree import Taxon, Tree
from harvester.sandbox.viruses import Viruses

__all__ = ["World"]

_PAGE = 1000
Filter = str | bool | int | Sequence[str]


class World:
    """The universe of one configuration; tests ask it what a complete harvest must hold."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        config = config or SandboxConfig()
        self.config = config
        self.tree = Tree()
        seed = config.seed
        self.genomes_of = Genomes(seed, self.tree, self._sizes("genome"))
        self.sequences_of = Sequences(seed, self.genomes_of, self._named_sizes("sequence"))
        self.genes_of = Genes(
            seed, self.tree, self.genomes_of, self.sequences_of, self._sizes("gene")
        )
        self.annotations_of = Annotations(
            seed, config.scale, self.genomes_of, self.genes_of, self.sequences_of,
            self._named_sizes("annotation"),
        )  # fmt: skip
        self.viruses_of = Viruses(seed, self.tree, self._sizes("virus"))
        taxonomy = Taxonomy(self.tree, self._counts)
        self.kinds: dict[str, Kind] = {
            "genome": self.genomes_of,
            "gene": GeneReports(self.genes_of, gene_members),
            "product": GeneReports(self.genes_of, product_members),
            "taxonomy": taxonomy,
            "taxonomy_node": taxonomy,
            "annotation": self.annotations_of,
            "sequence": self.sequences_of,
            "virus": self.viruses_of,
            "virus_summary": self.viruses_of,
        }

    def _counts(self, taxon: Taxon) -> tuple[int, int]:
        below = self.tree.below(taxon)
        genomes = sum(map(self.genomes_of.count, below))
        return genomes, sum(map(self.genes_of.count, below))

    def _sizes(self, resource: str) -> dict[int, int]:
        """Records right under each taxon; a size set by hand is what a query for it counts."""
        sizes = {
            taxon.tax_id: self._scaled(_default(taxon, resource), _least(taxon, resource))
            for taxon in self.tree.taxa
        }
        wanted = [size for size in self.config.sizes if size.resource == resource]
        for taxon in reversed(self.tree.taxa):
            for size in wanted:
                if self._subject(size.subject) is taxon:
                    self._fit(sizes, taxon, size.count, resource)
        return sizes

    def _subject(self, text: str) -> Taxon:
        taxon = self.tree.find(text)
        if taxon is None or not taxon.length:
            names = ", ".join(f"{one.tax_id}" for one in self.tree.blocks)
            raise SpecError(
                f"the sandbox files no records under {text!r}; taxa that it has: {names}"
            )
        return taxon

    def _fit(self, sizes: dict[int, int], taxon: Taxon, count: int, resource: str) -> None:
        # A query for genes stays with the taxon itself, all others take in those below it.
        others = [] if resource == "gene" else self.tree.below(taxon)[1:]
        below = sum(sizes[one.tax_id] for one in others)
        if count < below:
            message = (
                f"{resource}:{taxon.tax_id}={count} is less than the {below} of the taxa below"
            )
            raise SpecError(message)
        sizes[taxon.tax_id] = count - below

    def _scaled(self, size: int, least: int) -> int:
        return max(round(size * self.config.scale), least if size else 0, size > 0)

    def _named_sizes(self, resource: str) -> dict[str, int]:
        return {s.subject: s.count for s in self.config.sizes if s.resource == resource}

    def records(
        self,
        family: str,
        selector: str,
        values: Sequence[str],
        taxon: str = "",
        filters: Mapping[str, Filter] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """All elements of `reports[]` that answer a query, in order, parsed."""
        plain = tuple((name, _texts(value)) for name, value in (filters or {}).items())
        ask = Ask(family, selector, tuple(values), taxon, plain)
        kind = self.kinds[family]
        selection = kind.select(ask)
        for start in range(0, len(selection.keys), _PAGE):
            for text in kind.render(ask, selection, selection.keys[start : start + _PAGE]):
                yield json.loads(text)

    def genomes(self, *taxa: str, **filters: Filter) -> Iterator[dict[str, Any]]:
        """The genome reports of taxa."""
        return self.records("genome", "taxa", taxa, filters=filters)

    def genes(self, taxon: str, **filters: Filter) -> Iterator[dict[str, Any]]:
        """The gene reports of a taxon, in their wrappers."""
        return self.records("gene", "taxa", (taxon,), filters=filters)

    def products(self, taxon: str, **filters: Filter) -> Iterator[dict[str, Any]]:
        """The product reports of a taxon's genes, in their wrappers."""
        return self.records("product", "taxa", (taxon,), filters=filters)

    def viruses(self, taxon: str, **filters: Filter) -> Iterator[dict[str, Any]]:
        """The virus reports of a taxon."""
        return self.records("virus", "taxa", (taxon,), filters=filters)

    def annotations(self, accession: str, **filters: Filter) -> Iterator[dict[str, Any]]:
        """The annotation reports of an assembly, in their wrappers."""
        return self.records("annotation", "accessions", (accession,), filters=filters)

    def sequences(self, accession: str, **filters: Filter) -> Iterator[dict[str, Any]]:
        """The sequence reports of an assembly."""
        return self.records("sequence", "accessions", (accession,), filters=filters)


def _default(taxon: Taxon, resource: str) -> int:
    return {"genome": taxon.genomes, "gene": taxon.genes, "virus": taxon.viruses}[resource]


def _least(taxon: Taxon, resource: str) -> int:
    """The well-known records are there at any scale."""
    if resource == "genome":
        return 2 * len(KNOWN_GENOMES.get(taxon.tax_id, ()))
    return len(KNOWN_GENES.get(taxon.tax_id, ())) if resource == "gene" else 8 * taxon.is_virus


def _texts(value: Filter) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (str(value).lower(),)
    return (str(value),) if isinstance(value, str | int) else tuple(value)
