"""The careful hand loop: `requests`, NDJSON, the token of the header, one file, `read_json`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from benchmarks.peers.errand import KEY, PAGE, Errand

__all__ = ["main"]

_TOKEN = "X-Ncbi-Next-Page-Token"  # noqa: S105 - the name of a header


def main(errand: Errand) -> None:
    """Appends each page to a file, then lets DuckDB read the file."""
    saved = Path(errand.database).with_suffix(".ndjson")
    with _session() as session, saved.open("wb") as file:
        for question in _questions(errand):
            for page in _pages(session, question):
                file.write(page)
    with duckdb.connect(errand.database) as connection:
        rows = connection.read_json(str(saved), format="newline_delimited")
        rows.create(errand.resource)


def _session() -> requests.Session:
    session = requests.Session()
    session.headers.update({"Accept": "application/x-ndjson", "api-key": KEY})
    retry = Retry(total=5, backoff_factor=1, status_forcelist=[429, 500, 502, 503, 504])
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session


def _questions(errand: Errand) -> Iterator[dict[str, Any]]:
    if errand.resource == "gene":
        for chunk in errand.chunks():
            yield {"method": "POST", "url": f"{errand.url}/gene", "json": {"gene_ids": chunk}}
    for value in errand.values if errand.resource != "gene" else ():
        path = f"taxon/{value}/dataset_report"
        if errand.resource == "annotation":
            path = f"accession/{value}/annotation_report"
        yield {"method": "GET", "url": f"{errand.url}/genome/{path}", "params": {}}


def _pages(session: requests.Session, question: dict[str, Any]) -> Iterator[bytes]:
    paging = question["json" if "json" in question else "params"]
    paging["page_size"] = PAGE
    while True:
        answer = session.request(**question, timeout=120)
        answer.raise_for_status()
        yield answer.content
        token = answer.headers.get(_TOKEN)
        if not token:
            return
        paging["page_token"] = token


if __name__ == "__main__":
    main(Errand.given())
