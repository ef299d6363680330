"""Which run a row of the lake is of, where that is no part of the row.

A run's own file is named after it; one that was folded from several has a column that tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harvester.publish.manifest import LakeFile
from harvester.publish.sql import columns, name, parquet
from harvester.schema import Field
from harvester.store.lake import Lake

__all__ = ["ENDED_BY", "TOLD_BY", "by_run"]

ENDED_BY = Field("_ended_by", "string", "Run that ended the version.")
TOLD_BY = Field("_told_by", "string", "Run that learned whether the question delivers the row.")


def by_run(lake: Lake, files: Iterable[LakeFile], wanted: Sequence[str], run: Field) -> str:
    """The query for some columns of files, and for the run of each row under this field's name."""
    own: list[str] = []
    folded: list[str] = []
    for file in files:
        (own if file.run_id else folded).append(file.path)
    queries = []
    if own:
        told = f"parse_filename(filename, true) AS {name(run.name)}"
        queries.append(f"SELECT {columns(wanted)}, {told} FROM {parquet(lake, own, 'filename')}")
    if folded:
        queries.append(f"SELECT {columns((*wanted, run.name))} FROM {parquet(lake, folded)}")
    return " UNION ALL ".join(queries)
