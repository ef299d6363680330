"""Where the pages of runs lie in the lake, and how long."""

from __future__ import annotations

import re
from collections.abc import Collection

from harvester.publish import Manifest
from harvester.store.lake import Lake

__all__ = ["FOLDER", "outdated", "page_of", "pages"]

FOLDER = "_reports"
_PAGE = re.compile(rf"{FOLDER}/(\d{{8}}T\d{{6}}Z-[a-z0-9]{{4}})\.html")


def page_of(run_id: str) -> str:
    """The file that a run's page is."""
    return f"{FOLDER}/{run_id}.html"


def pages(lake: Lake) -> list[str]:
    """The runs that left a page, oldest first."""
    found = (_PAGE.fullmatch(path) for path in lake.list(FOLDER))
    return sorted(match[1] for match in found if match)


def outdated(lake: Lake, manifest: Manifest, kept: Collection[str] | None) -> list[str]:
    """The pages of runs whose past is given up; those of failed runs go with their neighbours."""
    if kept is None:
        return []
    oldest = min(kept, default="")
    return [
        page_of(run)
        for run in pages(lake)
        if run not in kept and (manifest.has(run) or run < oldest)
    ]
