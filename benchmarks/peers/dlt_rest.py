"""dlt's REST source into DuckDB: a declared resource for each query, the cursor in the body.

A word after the errand is the format of the files that it loads; by itself it writes INSERTs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

from benchmarks.peers.errand import KEY, PAGE, Errand

__all__ = ["main"]


def main(errand: Errand, form: str | None = None) -> None:
    """Runs one pipeline; resources are extracted in parallel, as dlt does if it is asked to."""
    database = Path(errand.database)
    resources = _resources(errand)
    source = rest_api_source(
        {
            "client": {"base_url": f"{errand.url}/", "headers": {"api-key": KEY}},
            "resource_defaults": {"write_disposition": "replace"},
            "resources": resources,
        },
        name="ncbi",
        parallelized=len(resources) > 1,
    )
    pipeline = dlt.pipeline(
        pipeline_name=database.stem,
        pipelines_dir=str(database.parent / "pipelines"),
        destination=dlt.destinations.duckdb(errand.database),
        dataset_name="ncbi",
    )
    pipeline.run(source, loader_file_format=form)


def _resources(errand: Errand) -> list[dict[str, Any]]:
    if errand.resource == "gene":
        endpoints = [_list(chunk) for chunk in errand.chunks()]
    elif errand.resource == "annotation":
        endpoints = [_walk(f"genome/accession/{one}/annotation_report") for one in errand.values]
    else:
        endpoints = [_walk(f"genome/taxon/{one}/dataset_report") for one in errand.values]
    return [
        {"name": f"query_{number}", "table_name": errand.resource, "endpoint": endpoint}
        for number, endpoint in enumerate(endpoints)
    ]


def _walk(path: str) -> dict[str, Any]:
    paginator = {
        "type": "cursor",
        "cursor_path": "next_page_token",
        "cursor_param": "page_token",
    }
    params = {"page_size": PAGE}
    return {"path": path, "params": params, "data_selector": "reports", "paginator": paginator}


def _list(chunk: list[int]) -> dict[str, Any]:
    paginator = {
        "type": "cursor",
        "cursor_path": "next_page_token",
        "cursor_body_path": "page_token",
    }
    return {
        "path": "gene",
        "method": "POST",
        "json": {"gene_ids": chunk, "page_size": PAGE},
        "data_selector": "reports",
        "paginator": paginator,
    }


if __name__ == "__main__":
    main(Errand.given(), *sys.argv[2:])
