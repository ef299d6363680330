"""What people call the rows whose keys are shown: by a genome's organism, by a gene's symbol."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from harvester.catalogue import RESOURCES, Resource
from harvester.publish.layout import table_layout
from harvester.publish.manifest import LakeFile, Manifest
from harvester.publish.sql import any_of, key_text, name, parquet, path, text
from harvester.publish.workbench import Connection
from harvester.schema import RUN_ID
from harvester.store.lake import Lake

__all__ = ["called"]

#: In no more files, and no more rows, is looked for what a run removed.
_FILES, _ROWS = 64, 2_000_000


def called(
    connection: Connection,
    lake: Lake,
    manifest: Manifest,
    run_id: str,
    table: str,
    keys: Collection[str],
) -> Mapping[str, str]:
    """The names of some rows, by key; those of a lake too large to be looked through are left out.

    Rows that the run brought are in its own files, those that it removed may be in any.
    """
    resource = RESOURCES.get(table)
    if resource is None or not resource.called:
        return {}
    todays = table_layout(resource).fingerprint
    files = [file for file in manifest.table(table).data if file.fingerprint == todays]
    own = [file for file in files if file.run_id in ("", run_id)]
    found = _names(connection, lake, resource, own, keys)
    rest = set(keys) - set(found)
    few = len(files) <= _FILES and sum(file.rows for file in files) <= _ROWS
    if rest and few and len(own) < len(files):
        found |= _names(connection, lake, resource, files, rest)
    return found


def _names(
    connection: Connection,
    lake: Lake,
    resource: Resource,
    files: Sequence[LakeFile],
    keys: Collection[str],
) -> dict[str, str]:
    if not files or not keys:
        return {}
    rows = parquet(lake, (file.path for file in files))
    key = key_text(resource.key)
    newest = f"arg_max(CAST({path(resource.called)} AS VARCHAR), {RUN_ID.name})"
    found = connection.execute(
        f"SELECT {key}, {newest} FROM {rows} "
        f"WHERE {_likely(resource.key, keys)} AND {key} IN {any_of(sorted(keys))} GROUP BY ALL"
    )
    return {key: called for key, called in found.fetchall() if called}


def _likely(key: Sequence[str], keys: Collection[str]) -> str:
    """Whether a row's key ends as one of these: to make a text of all of it takes far longer."""
    if len(key) == 1:
        return "true"
    ends = {json.loads(one)[-1] for one in keys}
    told = ", ".join(sorted(text("" if end is None else str(end)) for end in ends))
    return f"coalesce(CAST({name(key[-1])} AS VARCHAR), '') IN ({told})"
