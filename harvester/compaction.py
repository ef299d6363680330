"""A lake's files folded into few: planned, committed at once, and what is over removed in time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from harvester.publish import (
    Manifest,
    Plan,
    Pointing,
    Retired,
    build_database,
    carry_out,
    kept_runs,
    plan_folds,
    pointing,
    read_manifest,
    upgrade,
    write_manifest,
)
from harvester.runpage import outdated
from harvester.runs import new_id, tidy
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.telemetry import get_logger

__all__ = ["Compaction", "Keep", "fold_lake", "preview"]

_log = get_logger(__name__)


class Keep(Struct, frozen=True):
    """How much of the past stays: the last runs, the last days, whichever is more; None is all.

    Files that others have replaced stay for the time of `grace`.
    """

    runs: int | None = None
    days: int | None = None
    grace: timedelta = timedelta(days=1)


class Compaction(Struct, frozen=True):
    """What was done: the lake after it, and the files and reports of runs that are gone."""

    plan: Plan
    manifest: Manifest
    removed: tuple[Retired, ...]
    databases: tuple[Path, ...]
    reports: tuple[str, ...] = ()


def preview(lake: Lake, keep: Keep) -> Plan:
    """What a compaction would do now."""
    return _planned(lake, read_manifest(lake), keep)


def fold_lake(
    lake: Lake, databases: Sequence[Path], keep: Keep, tell: Callable[[Plan], None]
) -> Compaction:
    """Folds what is worth it, brings the databases up to date, removes what has had its grace.

    `tell` hears of the plan before anything is done about it.
    """
    with hold(lake, "compact"):
        published = [pointing(file) for file in databases]
        tidy(lake)
        before = _todays(lake)
        plan = _planned(lake, before, keep)
        tell(plan)
        after = _folded(lake, plan) if plan.folds else before
        built = _brought_up_to_date(lake, published, before, after, plan)
        after, removed = _released(lake, after, keep.grace)
        reports = _forgotten(lake, after, keep)
        tidy(lake)
        return Compaction(plan, after, removed, built, reports)


def _planned(lake: Lake, manifest: Manifest, keep: Keep) -> Plan:
    kept = _kept(manifest, keep)
    with tempfile.TemporaryDirectory(prefix="harvester-compact-") as folder:
        return plan_folds(lake, manifest, kept, f"{folder}/spill")


def _kept(manifest: Manifest, keep: Keep) -> frozenset[str] | None:
    """The runs whose past stays; None where all of it does."""
    since = None
    if keep.days is not None:
        since = (datetime.now(UTC) - timedelta(days=keep.days)).replace(tzinfo=None)
    return kept_runs(manifest, keep.runs, since)


def _forgotten(lake: Lake, manifest: Manifest, keep: Keep) -> tuple[str, ...]:
    """Removes the reports of runs that are not kept."""
    gone = tuple(outdated(lake, manifest, _kept(manifest, keep)))
    for page in gone:
        lake.delete(page)
    return gone


def _todays(lake: Lake) -> Manifest:
    """The lake with all files under today's layout, as publishing makes it too."""
    before = read_manifest(lake)
    todays = upgrade(lake, before)
    if todays != before:
        write_manifest(lake, todays)
    return todays


def _folded(lake: Lake, plan: Plan) -> Manifest:
    """One write of the manifest makes the new files the lake's; the others are retired by it."""
    folded = carry_out(lake, plan, new_id())
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    over = (Retired(file.path, file.bytes, now) for fold in plan.folds for file in fold.files)
    folded = replace(folded, retired=(*folded.retired, *over))
    write_manifest(lake, folded)
    return folded


def _brought_up_to_date(
    lake: Lake, published: Iterable[Pointing], before: Manifest, after: Manifest, plan: Plan
) -> tuple[Path, ...]:
    """Builds each database that does not stand on the lake's files; its old ones are still there.

    One with all rows of the lake as it was needs none of them again, unless some were given up.
    """
    same = None if any(fold.given_up for fold in plan.folds) else before
    folded = bool(plan.folds)
    due = [o for o in published if not o.stands_on(after) or (folded and o.register == "views")]
    for one in due:
        build_database(lake, after, one.file, register=one.register, anew=False, same=same)
    return tuple(one.file for one in due)


def _released(
    lake: Lake, manifest: Manifest, grace: timedelta
) -> tuple[Manifest, tuple[Retired, ...]]:
    """Removes the retired files whose time is over; the manifest forgets them first."""
    latest = datetime.now(UTC) - grace
    due = tuple(file for file in manifest.retired if datetime.fromisoformat(file.since) <= latest)
    if not due:
        return manifest, ()
    after = replace(manifest, retired=_without(manifest.retired, due))
    write_manifest(lake, after)
    for file in due:
        lake.delete(file.path)
    return after, due


def _without(files: Iterable[Retired], gone: Collection[Retired]) -> tuple[Retired, ...]:
    return tuple(file for file in files if file not in gone)
