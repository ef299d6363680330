"""Each run leaves a page in the lake that tells a person how it went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from harvester.errors import SpecError
from harvester.publish import outline, read_manifest
from harvester.runpage.shelf import FOLDER, outdated, page_of, pages
from harvester.runpage.told import RunTold, of_failed, of_lake, of_run, weigh
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = [
    "FOLDER",
    "RunTold",
    "leave_page",
    "of_failed",
    "of_run",
    "outdated",
    "page_of",
    "page_of_the_past",
    "pages",
    "prepare_page",
    "weigh",
]

_log = get_logger(__name__)


def prepare_page(found: Callable[[], object]) -> None:
    """Does what takes a moment beforehand; what goes wrong is told when the page is left."""
    with suppress(Exception):
        found()
        from harvester.runpage.page import template  # noqa: PLC0415 - jinja2 takes a moment

        template()


def leave_page(lake: Lake, run_id: str, tell: Callable[[], RunTold]) -> None:
    """Writes the page of a run that is over; no run is worth less because there is none."""
    try:
        lake.write(page_of(run_id), _rendered(tell()))
    except Exception as error:  # noqa: BLE001 - whatever it is, the run is in the lake all the same
        _log.warning("the run leaves no report", reason=f"{type(error).__name__}: {error}")


def page_of_the_past(lake: Lake, run_id: str) -> bytes:
    """The page of a committed run, made from what the lake holds of it."""
    manifest = read_manifest(lake)
    found = outline(lake, manifest, run_id)
    if found.run is None:
        raise SpecError(f"the lake holds no figures of the run {run_id}, so there is no report")
    return _rendered(of_lake(found, weigh(manifest, run_id, "")))


def _rendered(told: RunTold) -> bytes:
    from harvester.runpage.page import render  # noqa: PLC0415 - jinja2 takes a moment

    return render(told).encode()
