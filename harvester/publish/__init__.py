"""From a run's staged parts to the lake's tables, and from the lake to the DuckDB file."""

from harvester.publish.ahead import Ahead
from harvester.publish.answers import Asked, Staged
from harvester.publish.changes import CHANGES, Changes, PublishedRun, published_runs
from harvester.publish.check import is_current
from harvester.publish.claim import claim
from harvester.publish.counts import row_counts
from harvester.publish.database import build_database
from harvester.publish.desk import Desk
from harvester.publish.evolve import upgrade
from harvester.publish.fold import carry_out
from harvester.publish.folding import Fold, Plan, plan_folds
from harvester.publish.histogram import Days, delivered
from harvester.publish.layout import META_TABLES
from harvester.publish.leftovers import leftovers
from harvester.publish.manifest import (
    MANIFEST,
    CommittedRun,
    LakeFile,
    Manifest,
    Retired,
    TableState,
    read_manifest,
    write_manifest,
)
from harvester.publish.members import Loss, orphans, write_members
from harvester.publish.merge import TableChange, merge_table
from harvester.publish.meta import keep_quarantine, read_newest_first, read_runs, write_meta
from harvester.publish.outline import CONCERNS, SHOWN, VALUES, Outline, Some, outline
from harvester.publish.pointing import Pointing, pointing
from harvester.publish.retention import kept_runs
from harvester.publish.seen import saw_all
from harvester.publish.sql import type_name
from harvester.publish.survey import ChainCount, Survey, survey
from harvester.publish.tallies import change_counts

__all__ = [
    "CHANGES",
    "CONCERNS",
    "MANIFEST",
    "META_TABLES",
    "SHOWN",
    "VALUES",
    "Ahead",
    "Asked",
    "ChainCount",
    "Changes",
    "CommittedRun",
    "Days",
    "Desk",
    "Fold",
    "LakeFile",
    "Loss",
    "Manifest",
    "Outline",
    "Plan",
    "Pointing",
    "PublishedRun",
    "Retired",
    "Some",
    "Staged",
    "Survey",
    "TableChange",
    "TableState",
    "build_database",
    "carry_out",
    "change_counts",
    "claim",
    "delivered",
    "is_current",
    "keep_quarantine",
    "kept_runs",
    "leftovers",
    "merge_table",
    "orphans",
    "outline",
    "plan_folds",
    "pointing",
    "published_runs",
    "read_manifest",
    "read_newest_first",
    "read_runs",
    "row_counts",
    "saw_all",
    "survey",
    "type_name",
    "upgrade",
    "write_manifest",
    "write_members",
    "write_meta",
]
