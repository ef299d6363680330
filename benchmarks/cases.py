"""What is harvested to compare: four queries, each as a job and as a peer's errand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import run
from benchmarks.peers.errand import Errand

__all__ = ["CASES", "SPREAD", "Case", "write_job"]

#: Taxa of the sandbox's tree that hold genomes and lie in no other of them.
SPREAD = (
    "511145", "28901", "573", "287", "1423", "1280", "1773", "2190", "63221", "9598", "9593",
    "9544", "10090", "10116", "7955", "7227", "6239", "559292", "3702", "4530", "2697049",
    "1335626", "11320", "12637", "10298",
    "10243", "10244", "10245", "10255", "10258", "10261", "10273", "10279", "10310", "10320",
    "10326", "10334", "10335", "10345", "10359", "10372", "10376", "10386", "10390", "10497",
    "10515", "12643", "28285", "28873", "37296",
)  # fmt: skip
_ASSEMBLY = "GCF_000001405.40"
_HUMAN = "9606"
_JOB = """\
name: bench
lake: {lake}
database: {database}
register: {register}
harvest:
  - resource: {resource}
    {chosen}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One query: its records in each of its subjects at full size."""

    name: str
    title: str
    resource: str
    selector: str
    subjects: tuple[str, ...]
    records: int
    bytes_each: int = 0

    def each(self, scale: float) -> int:
        """Records of each subject."""
        return max(10, round(self.records * scale))

    def total(self, scale: float) -> int:
        """Records in all."""
        return self.each(scale) * len(self.subjects)

    def mebibytes(self, scale: float) -> float:
        """The NDJSON of all records, about."""
        return self.total(scale) * self.bytes_each / 2**20

    def pages(self, scale: float) -> int:
        """Full pages that one walk of each subject takes."""
        return -(-self.each(scale) // 1000) * len(self.subjects)

    def heading(self, scale: float) -> str:
        """The case in words."""
        return self.title.format(len(self.subjects), f"{self.each(scale):,}")

    def sizes(self, scale: float) -> list[tuple[str, str, int]]:
        """What the sandbox must hold."""
        return [(self.resource, subject, self.each(scale)) for subject in self.subjects]

    def values(self, scale: float, folder: Path) -> tuple[str, ...]:
        """What is asked for: the subjects, or the identifiers of the genes that they hold."""
        if self.selector != "ids":
            return self.subjects
        arguments = [self.subjects[0], str(self.each(scale))]
        return tuple(json.loads(run(["-m", "benchmarks.gene_ids", *arguments], folder).output))

    def errand(self, url: str, values: tuple[str, ...], database: Path) -> Errand:
        """The case for a peer."""
        return Errand(url, self.resource, values, str(database))

    def job(self, values: tuple[str, ...], place: Path, register: str = "tables") -> Path:
        """The case for the harvester: a job file, with lake and database at a place of its own."""
        chosen = f"{self.selector}: {json.dumps(values)}"
        if self.selector == "ids":
            listed = Path(f"{place}-ids.txt")
            listed.write_text("\n".join(values), encoding="utf-8")
            chosen = f"ids_file: {json.dumps(str(listed))}"
        return write_job(self.resource, chosen, place, register)


def write_job(resource: str, chosen: str, place: Path, register: str = "tables") -> Path:
    """A job of one query; gives its file."""
    file = Path(f"{place}.yaml")
    places = {"lake": json.dumps(f"{place}-lake"), "database": json.dumps(f"{place}.duckdb")}
    text = _JOB.format(register=register, resource=resource, chosen=chosen, **places)
    file.write_text(text, encoding="utf-8")
    return file


CASES = (
    Case("taxon", "one taxon of {1} genomes", "genome", "taxa", ("562",), 40_000, 4_700),
    Case("taxa", "{0} taxa of {1} genomes", "genome", "taxa", SPREAD, 800, 4_700),
    Case("genes", "{1} genes by identifier", "gene", "ids", (_HUMAN,), 40_000, 2_500),
    Case("annotation", "one annotation of {1} features", "annotation", "accessions",
         (_ASSEMBLY,), 60_000, 780),
)  # fmt: skip
