"""NCBI's own generated client: pages of models, their JSON into a file, `read_json`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.peers.errand import KEY, PAGE, Errand

__all__ = ["main"]

_ncbi: Any = importlib.import_module("ncbi.datasets.openapi")


def main(errand: Errand) -> None:
    """Writes what the models hold, then lets DuckDB read it."""
    configuration = _ncbi.Configuration(host=errand.url)
    configuration.api_key["ApiKeyAuthHeader"] = KEY
    saved = Path(errand.database).with_suffix(".ndjson")
    with _ncbi.ApiClient(configuration) as api, saved.open("w", encoding="utf-8") as file:
        for ask in _questions(api, errand):
            for report in _reports(ask):
                file.write(report.to_json() + "\n")
    with duckdb.connect(errand.database) as connection:
        rows = connection.read_json(str(saved), format="newline_delimited")
        rows.create(errand.resource)


def _questions(api: Any, errand: Errand) -> Iterator[Callable[[str | None], Any]]:  # noqa: ANN401
    if errand.resource == "gene":
        for chunk in errand.chunks():
            yield partial(_genes, _ncbi.GeneApi(api), chunk)
    genomes = _ncbi.GenomeApi(api)
    for value in errand.values if errand.resource != "gene" else ():
        if errand.resource == "annotation":
            walk = partial(genomes.genome_annotation_report, value)
        else:
            walk = partial(genomes.genome_dataset_reports_by_taxon, [value])
        yield partial(_page, walk)


def _page(walk: Callable[..., Any], token: str | None) -> Any:  # noqa: ANN401
    return walk(page_size=PAGE, page_token=token)


def _genes(api: Any, chunk: list[int], token: str | None) -> Any:  # noqa: ANN401
    wanted = _ncbi.V2GeneDatasetReportsRequest(gene_ids=chunk, page_size=PAGE, page_token=token)
    return api.gene_dataset_report(wanted)


def _reports(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    token = None
    while True:
        page = ask(token)
        yield from page.reports or ()
        token = page.next_page_token
        if not token:
            return


if __name__ == "__main__":
    main(Errand.given())
