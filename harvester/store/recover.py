"""After power loss: which files that the journal calls durable are not what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from harvester.store.journal import Record
from harvester.store.lake import Lake

__all__ = ["Lost", "lost_files", "named_files"]


class Lost(Struct, frozen=True):
    """A staged file that is gone or cut short; `pages` are the chains and epochs of its pages."""

    path: str
    table: str
    quarantine: bool
    pages: frozenset[tuple[str, int]]


def named_files(records: Iterable[Record]) -> set[str]:
    """The staged files that the journal names."""
    return {record[kind] for record in records for kind in ("part", "quarantine") if kind in record}


def lost_files(lake: Lake, records: Iterable[Record]) -> Iterator[Lost]:
    """The staged files that are not there, not readable, or not of the size and rows noted.

    Each file's size and footer are looked at, not each of its bytes.
    """
    for record in records:
        if record["is"] != "pages":
            continue
        pages = frozenset((page["chain"], page["epoch"]) for page in record["pages"])
        rejected = sum(page.get("quarantined", 0) for page in record["pages"])
        if "part" in record and not _sound(lake, record["part"], record["rows"], record["size"]):
            yield Lost(record["part"], record["table"], quarantine=False, pages=pages)
        if "quarantine" in record and not _sound(lake, record["quarantine"], rejected):
            yield Lost(record["quarantine"], record["table"], quarantine=True, pages=pages)


def _sound(lake: Lake, path: str, rows: int, size: int | None = None) -> bool:
    try:
        with pq.ParquetFile(lake.path(path)) as parquet:
            found = parquet.metadata.num_rows
    except (OSError, pa.ArrowException):
        return False
    # No rows: it is what took the place of a file that was lost before.
    return found == 0 or (found == rows and size in {None, lake.size(path)})
