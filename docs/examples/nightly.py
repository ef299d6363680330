"""One nightly harvest as plain functions, which the examples beside this file call."""

from __future__ import annotations

import os
from typing import Any

import harvester

#: The job files, one run after the other.
JOBS = os.environ.get("NIGHTLY_JOBS", "jobs/ecoli.yaml").split(",")
#: Two in the morning, UTC.
CRON = "0 2 * * *"


def harvest(job: str) -> dict[str, Any]:
    """Harvests a job; the summary as plain JSON values, which every orchestrator can keep."""
    return harvester.run(job, check=True, progress=False).to_dict()


def may_pass(error: object) -> bool:
    """Whether the same may go well later; the next try goes on where this one stopped."""
    return isinstance(error, harvester.OutOfServiceError | harvester.LakeLocked)
