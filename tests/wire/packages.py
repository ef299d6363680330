"""Files as NCBI's tools leave them on disk, made of the sandbox's records."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harvester.ingest import Ingested, load_files
from harvester.model import Job
from harvester.schema import camel

__all__ = ["camelled", "ingest", "ndjson", "package", "squeezed"]


def ingest(folder: Path, resource: str, *files: Path | str) -> Ingested:
    """Loads files into the lake and the database of a folder."""
    job = Job("", (), lake=str(folder / "lake"), database=str(folder / "x.duckdb"))
    names = [str(file) for file in files]
    return load_files(resource, names, job, lambda *_: None, on_publish=lambda: None)


def camelled(value: Any) -> Any:
    """The same JSON under the names that data packages use."""
    if isinstance(value, dict):
        return {camel(name): camelled(inner) for name, inner in value.items()}
    return [camelled(inner) for inner in value] if isinstance(value, list) else value


def ndjson(records: Sequence[Any]) -> bytes:
    """One record a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def package(file: Path, members: Mapping[str, bytes]) -> Path:
    """A zip package as the `datasets` tool writes it, with what stands beside the reports."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("README.md", "read me")
        made.writestr("ncbi_dataset/data/dataset_catalog.json", '{"assemblies": []}')
        for name, data in members.items():
            made.writestr(f"ncbi_dataset/data/{name}", data)
    return file


def squeezed(file: Path, data: bytes) -> Path:
    """The data, gzipped, in a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(data, 1))
    return file
