"""What somebody has downloaded before: packages and reports on the disk."""

from __future__ import annotations

from pathlib import Path

from tests.wire.packages import ndjson, package, squeezed
from tests.wire.reference import reports

__all__ = ["save_packages"]


def save_packages(folder: Path, url: str) -> None:
    """Today's package, one of a year ago, genes, their products, sequences of an assembly."""
    genomes = reports(url, "/genome/taxon/9443/dataset_report")
    for name in ("ncbi_dataset.zip", "last_year.zip"):
        package(folder / name, {"assembly_data_report.jsonl": ndjson(genomes)})
    genes = reports(url, "/gene/id/672,7157/dataset_report")
    squeezed(folder / "genes.jsonl.gz", ndjson(genes))
    products = reports(url, "/gene/id/672,7157/product_report")
    package(folder / "genes.zip", {"product_report.jsonl": ndjson(products)})
    sequences = reports(url, "/genome/accession/GCF_000001405.40/sequence_reports")
    (folder / "GCF_000001405.40").mkdir()
    (folder / "GCF_000001405.40" / "sequence_report.jsonl").write_bytes(ndjson(sequences))
