"""Long lists of identifiers: genes by their numbers, of which NCBI tells no more than these."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.cases import write_job
from benchmarks.measure import run

__all__ = ["TAXON", "listed_genes"]

TAXON = "9606"


def listed_genes(folder: Path, records: int, register: str) -> Path:
    """A job that names so many of the taxon's genes in a file."""
    listed = folder / f"listed-{records}.txt"
    output = run(["-m", "benchmarks.gene_ids", TAXON, str(records)], folder).output
    listed.write_text("\n".join(json.loads(output)), encoding="utf-8")
    chosen = f"ids_file: {json.dumps(str(listed))}\n    filters: {{returned_content: IDS_ONLY}}"
    return write_job("gene", chosen, folder / "listed", register)
