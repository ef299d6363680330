"""`refresh` and `full_every` of a query: all of it each time, or mostly what is new."""

from __future__ import annotations

import re

from harvester.catalogue import RESOURCES, Endpoint, Resource
from harvester.model import Every
from harvester.spec.faults import Faults
from harvester.spec.fields import choice, wrong
from harvester.spec.nodes import Entry, Scalar, Table
from harvester.spec.rules import FULL_EVERY, REFRESHES, RUNS, SPAN, SPAN_UNITS

__all__ = ["can_be_topped_up", "read_refresh"]


def can_be_topped_up(resource: Resource) -> tuple[str, ...]:
    """The selectors of a resource by which NCBI can be asked for what is new."""
    return tuple(one.selector for one in resource.endpoints if one.newer)


def read_refresh(
    entries: Table, resource: Resource, endpoint: Endpoint | None, faults: Faults
) -> tuple[str, Every]:
    """How the query is refreshed, and how often all of it at the latest."""
    entry, every = entries.get("refresh"), entries.get("full_every")
    chosen = choice("'refresh'", entry.value, REFRESHES, faults) if entry else None
    if entry and chosen == "new" and endpoint and not endpoint.newer:
        message = f"NCBI cannot tell what is new of {resource.name} by {endpoint.selector}"
        faults.add(entry.value.place, message, f"only of {_able()}")
    if every and (entry is None or chosen == "full"):
        faults.add(
            every.place, "'full_every' goes with refresh: new", "without it all runs are full"
        )
        return "full", Every()
    return chosen or "full", _every(every, faults) if every else Every()


def _able() -> str:
    return " and ".join(
        f"{one.name} by {selector}"
        for one in RESOURCES.values()
        for selector in can_be_topped_up(one)
    )


def _every(entry: Entry, faults: Faults) -> Every:
    written = entry.value.text if isinstance(entry.value, Scalar) else ""
    if re.fullmatch(RUNS, written):
        return Every(runs=int(written.split()[0]))
    if re.fullmatch(SPAN, written):
        seconds = float(written[:-1]) * SPAN_UNITS[written[-1]]
        if FULL_EVERY.hold(seconds):
            return Every(seconds)
    hint = f"write {written}d" if written.isdecimal() else ""
    expected = "a time from 1h to 366d, such as 7d, or a number of runs, such as 10 runs"
    wrong(entry.value, "'full_every'", expected, faults, hint)
    return Every()
