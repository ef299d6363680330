"""A lake and the database that stands on it: whole, current, and free for the next run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from harvester.doctor.finding import Finding
from harvester.errors import LakeError
from harvester.publish import MANIFEST, Manifest, is_current, read_manifest, read_newest_first
from harvester.runs import left_behind, waiting_runs
from harvester.store.lake import Lake
from harvester.store.lock import holder
from harvester.summary import size

__all__ = ["examine_lake"]

_TOLD = 3
_FROM_BACKUP = (
    "take them back from a backup of the lake; without one, move the lake away and harvest anew"
)


def examine_lake(lake: Lake, database: Path) -> Iterator[Finding]:
    """What there is to say of a lake; an error of one look does not keep the others from it."""
    try:
        manifest = read_manifest(lake)
        yield from _examine(lake, manifest, database)
    except LakeError as error:
        advice = "a backup of the lake has a good one; `harvester publish` needs nothing else"
        yield Finding("lake", "wrong", str(error), advice)


def _examine(lake: Lake, manifest: Manifest, database: Path) -> Iterator[Finding]:
    held = holder(lake)
    if held:
        yield Finding("lock", "fine", f"a run is under way: {held}")
    else:
        yield from _undone(lake)
    if not lake.exists(MANIFEST):
        told = f"nothing is published in {lake.root} yet: `harvester run` does that"
        yield Finding("lake", "fine", told)
        return
    yield _files(lake, manifest)
    yield from _last_run(lake, manifest)
    yield _database(lake, manifest, database, held)


def _files(lake: Lake, manifest: Manifest) -> Finding:
    """Each file that the manifest names, by its size."""
    tables = [file for table in manifest.tables.values() for file in table.files]
    files = [*tables, *(file for listed in manifest.meta.values() for file in listed)]
    bad = [file.path for file in files if _bytes(lake, file.path) != file.bytes]
    if not bad:
        whole = size(sum(file.bytes for file in files))
        told = (
            f"{len(files):,} files with {whole}, all there; published runs: {len(manifest.runs):,}"
        )
        return Finding("lake", "fine", f"{lake.root}: {told}")
    few = ", ".join(bad[:_TOLD]) + (" …" if len(bad) > _TOLD else "")
    told = f"{len(bad):,} of {len(files):,} files are gone or cut short: {few}"
    return Finding("lake", "wrong", f"{lake.root}: {told}", _FROM_BACKUP)


def _bytes(lake: Lake, path: str) -> int:
    return lake.size(path) if lake.exists(path) else -1


def _undone(lake: Lake) -> Iterator[Finding]:
    """What dead runs left: to go on with, or to be cleared away."""
    for run in waiting_runs(lake):
        pages = sum(state.pages for state in run.chains.values())
        told = f"{run.run_id} of the job {run.job} was interrupted, {pages:,} pages are durable"
        advice = f"`harvester run` of {run.job} goes on with it; --fresh starts over"
        yield Finding("runs", "look", told, advice)
    if left := left_behind(lake):
        weight = size(sum(max(0, _bytes(lake, path)) for path in left))
        told = f"{len(left):,} files with {weight} that no run needs"
        yield Finding("leftovers", "fine", told, "the next run removes them")


def _last_run(lake: Lake, manifest: Manifest) -> Iterator[Finding]:
    row = next(read_newest_first(lake, manifest, "runs"), None)
    if row is None:
        return
    told = f"the last one, {row['run_id']} of the job {row['job']}, was {row['status']}"
    if row["status"] == "complete":
        yield Finding("runs", "fine", told)
    else:
        advice = f"`harvester status` says more; a run of {row['job']} asks again"
        yield Finding("runs", "look", told, advice)


def _database(lake: Lake, manifest: Manifest, database: Path, held: str) -> Finding:
    build = f"harvester publish --lake {_word(lake.root)} --database {_word(database)}"
    if is_current(database, lake, manifest):
        told = f"{database} has all runs, {size(database.stat().st_size)}"
        return Finding("database", "fine", told)
    if held:
        return Finding("database", "skipped", f"{database} is not asked while a run is under way")
    what = "does not have all runs of the lake" if database.exists() else "is not there"
    return Finding("database", "look", f"{database} {what}", f"`{build}`")


def _word(path: Path) -> str:
    return shlex.quote(str(path))
