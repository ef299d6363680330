"""The paths that the sandbox answers."""

from __future__ import annotations

from urllib.parse import unquote

from msgspec import Struct

from harvester.sandbox import params as p
from harvester.sandbox.params import Param

__all__ = ["BASE", "ROUTES", "Route", "find_route"]

BASE = "/datasets/v2"


class Route(Struct, frozen=True):
    """A path, the family of answers behind it, and how its selector travels."""

    path: str
    family: str
    selector: str
    params: dict[str, Param]
    method: str = "GET"
    ndjson: bool = True

    def match(self, method: str, parts: list[str]) -> tuple[str, ...] | None:
        """The values in a path, or `None` if the path is another one."""
        pattern = self.path.strip("/").split("/")
        if method != self.method or len(parts) != len(pattern):
            return None
        pairs = list(zip(pattern, parts, strict=True))
        if any(wanted not in {"{}", part} for wanted, part in pairs):
            return None
        return tuple(unquote(part) for wanted, part in pairs if wanted == "{}")


def _gene(suffix: str) -> tuple[Route, ...]:
    plain = p.GENE if suffix else p.GENE_LEGACY
    taxon = p.GENE_SYMBOL if suffix else p.GENE_LEGACY_TAXON
    symbol = p.GENE_SYMBOL if suffix else p.GENE_LEGACY
    return (
        Route(f"/gene/id/{{}}{suffix}", "gene", "ids", plain),
        Route(f"/gene/accession/{{}}{suffix}", "gene", "accessions", plain),
        Route(f"/gene/symbol/{{}}/taxon/{{}}{suffix}", "gene", "symbols", symbol),
        Route(f"/gene/taxon/{{}}{suffix}", "gene", "taxa", taxon),
        Route(f"/gene{suffix}", "gene", "", p.GENE_BODY, "POST"),
    )


_PRODUCT = (
    Route("/gene/id/{}/product_report", "product", "ids", p.PRODUCT_ID),
    Route("/gene/accession/{}/product_report", "product", "accessions", p.PRODUCT_ACCESSION),
    Route("/gene/symbol/{}/taxon/{}/product_report", "product", "symbols", p.PRODUCT_TAXON),
    Route("/gene/taxon/{}/product_report", "product", "taxa", p.PRODUCT_TAXON),
    Route("/gene/product_report", "product", "", p.PRODUCT_BODY, "POST"),
)
_ASSEMBLY = "/genome/accession/{}"
ROUTES = (
    Route("/genome/taxon/{}/dataset_report", "genome", "taxa", p.GENOME_TAXON),
    Route(f"{_ASSEMBLY}/dataset_report", "genome", "accessions", p.GENOME),
    Route("/genome/dataset_report", "genome", "", p.GENOME_BODY, "POST"),
    *_gene("/dataset_report"),
    *_gene(""),
    *_PRODUCT,
    Route("/gene/taxon/{}/counts", "gene_counts", "taxa", p.NONE, ndjson=False),
    Route("/taxonomy/taxon/{}/dataset_report", "taxonomy", "taxa", p.TAXONOMY),
    Route("/taxonomy/dataset_report", "taxonomy", "", p.TAXONOMY_BODY, "POST"),
    Route("/taxonomy/taxon/{}", "taxonomy_node", "taxa", p.TAXONOMY, ndjson=False),
    Route("/taxonomy", "taxonomy_node", "", p.TAXONOMY_BODY, "POST", ndjson=False),
    Route("/taxonomy/taxon_suggest/{}", "suggestions", "taxa", p.SUGGEST, ndjson=False),
    Route(f"{_ASSEMBLY}/annotation_report", "annotation", "accessions", p.ANNOTATION),
    Route("/genome/annotation_report", "annotation", "", p.ANNOTATION_BODY, "POST"),
    Route(
        f"{_ASSEMBLY}/annotation_summary", "annotation_summary", "accessions", p.NONE, ndjson=False
    ),
    Route(f"{_ASSEMBLY}/sequence_reports", "sequence", "accessions", p.SEQUENCE),
    Route("/genome/sequence_reports", "sequence", "", p.SEQUENCE_BODY, "POST"),
    Route("/virus/taxon/{}/dataset_report", "virus", "taxa", p.VIRUS),
    Route("/virus/accession/{}/dataset_report", "virus", "accessions", p.VIRUS),
    Route("/virus", "virus", "", p.VIRUS_BODY, "POST"),
    Route("/virus/taxon/{}/genome", "virus_summary", "taxa", p.VIRUS_SUMMARY, ndjson=False),
    Route("/virus/genome", "virus_summary", "", p.VIRUS_SUMMARY_BODY, "POST", ndjson=False),
    Route("/version", "version", "", p.NONE, ndjson=False),
)


def find_route(method: str, raw_path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a path that is still percent-encoded, with the values in it."""
    if not raw_path.startswith(f"{BASE}/"):
        return None
    parts = raw_path.removeprefix(f"{BASE}/").split("/")
    for route in ROUTES:
        values = route.match(method, parts)
        if values is not None:
            return route, values
    return None
