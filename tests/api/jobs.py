"""Jobs as programs write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harvester.sandbox import Served

__all__ = ["JOB", "LONG", "TEXT", "options"]

JOB: dict[str, object] = {
    "name": "panel",
    "harvest": [
        {"resource": "genome", "accessions": ["GCF_000001405.40", "GCF_000005845.2"]},
        {"resource": "gene", "ids": [672, 7157]},
    ],
}
#: The same job as a file holds it.
TEXT = """\
name: panel
harvest:
  - resource: genome
    accessions: [GCF_000001405.40, GCF_000005845.2]
  - resource: gene
    ids: [672, 7157]
"""
#: Eight requests, one after the other where only one is in flight.
LONG: dict[str, object] = {
    "name": "long",
    "harvest": [
        {"resource": "genome", "taxa": [9606, 10090, 9598, 9593, 9544, 10116, 7955, 511145]}
    ],
}


def options(served: Served, folder: Path) -> dict[str, Any]:
    """Quietly, quickly, into a folder of their own."""
    return {
        "base_url": served.url,
        "rps": 1000,
        "lake": folder / "lake",
        "database": folder / "x.duckdb",
        "progress": False,
    }
