"""One lake with a past, and the page over its database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.browse.serving import Site, served
from tests.publish.place import Place

#: What somebody may have put into a record.
HOSTILE = "<img src=x onerror=\"document.title='gone'\">"
GENOMES = 500
LEVELS = ("Complete Genome", "Contig", "Scaffold")


def genome(number: int, species: str = "Escherichia coli", **more: Any) -> dict[str, Any]:
    """A genome as NCBI might tell it; what cannot be divided by four has no quality."""
    return {
        "accession": f"GCF_{number:09d}.1",
        "organism": {"organism_name": species, "tax_id": 562 + number % 3},
        "assembly_info": {
            "assembly_level": LEVELS[number % 3],
            "release_date": date(2010 + number % 15, 1 + number % 12, 1),
        },
        "assembly_stats": {"contig_n50": number**2 + 5, "gc_percent": 45 + number % 100 / 10},
        "checkm_info": {"completeness": 99.5} if number % 4 == 0 else None,
        **more,
    }


def made(folder: Path) -> Place:
    """Three nights: a load, changes and a removal, and one row whose name is hostile."""
    place = Place(folder)
    place.run("genome", [genome(number) for number in range(GENOMES)])
    gone = [{"accession": genome(3)["accession"]}]
    place.run("genome", [genome(7, "Salmonella enterica"), genome(GENOMES)], removed=gone)
    place.run("gene", [{"gene_id": 1, "symbol": HOSTILE, "synonyms": ["a", "b"]}, {"gene_id": 2}])
    place.build()
    return place


def another_night(file: Path, into: Path, number: int) -> Path:
    """A copy of a database, which a night has left a genome and a run more."""
    shutil.copy(file, into)
    with duckdb.connect(str(into)) as connection:
        connection.execute("INSERT INTO genome BY NAME SELECT ? AS accession", [f"n{number}"])
        connection.execute("INSERT INTO versions._runs VALUES (?, now(), 9)", [f"n{number}"])
    return into


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Shared: nobody changes it."""
    return made(tmp_path_factory.mktemp("browsed"))


@pytest.fixture(scope="session")
def site(lake: Place) -> Iterator[Site]:
    with served(lake.file) as found:
        yield found
