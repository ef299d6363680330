"""From a run's staged parts to the lake's tables, and from the lake to the DuckDB file."""

from harvester.publish.counts import row_counts
from harvester.publish.database import build_database
from harvester.publish.items import ChainCount, chain_counts, distinct_keys, matched
from harvester.publish.layout import META_TABLES
from harvester.publish.manifest import (
    MANIFEST,
    CommittedRun,
    LakeFile,
    Manifest,
    TableState,
    leftovers,
    read_manifest,
    write_manifest,
)
from harvester.publish.merge import TableChange, merge_table
from harvester.publish.meta import keep_quarantine, read_runs, write_meta
from harvester.publish.sql import type_name

__all__ = [
    "MANIFEST",
    "META_TABLES",
    "ChainCount",
    "CommittedRun",
    "LakeFile",
    "Manifest",
    "TableChange",
    "TableState",
    "build_database",
    "chain_counts",
    "distinct_keys",
    "keep_quarantine",
    "leftovers",
    "matched",
    "merge_table",
    "read_manifest",
    "read_runs",
    "row_counts",
    "type_name",
    "write_manifest",
    "write_meta",
]
