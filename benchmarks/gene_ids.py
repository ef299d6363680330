"""Prints identifiers of genes that a sandbox holds: `python -m benchmarks.gene_ids TAXON COUNT`."""

from __future__ import annotations

import json
import sys

from harvester.sandbox import SandboxConfig, Size, World

__all__ = ["main"]


def main(taxon: str, count: int) -> None:
    """One list of text."""
    genes = World(SandboxConfig(sizes=(Size("gene", taxon, count),))).genes_of
    held = genes.tree.find(taxon)
    assert held is not None  # noqa: S101 - its size was set
    print(json.dumps([str(genes.gene(key).gene_id) for key in genes.of_taxon(held)]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
