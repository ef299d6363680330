"""`ignore_changes` of a query: the columns, or members of them, whose difference is no news."""

from __future__ import annotations

from harvester.catalogue import Resource
from harvester.catalogue.columns import column_paths
from harvester.spec.faults import Faults, shown
from harvester.spec.fields import items, line
from harvester.spec.names import did_you_mean
from harvester.spec.nodes import Entry

__all__ = ["may_be_ignored", "read_ignored"]


def may_be_ignored(resource: Resource) -> tuple[str, ...]:
    """All paths of a table but its key, which cannot differ."""
    return tuple(path for path in column_paths(resource.name) if path not in resource.key)


def read_ignored(entry: Entry | None, resource: Resource, faults: Faults) -> tuple[str, ...]:
    """The paths, each once, in the order of their names; what is none is noted."""
    found: set[str] = set()
    for node in (items(entry, faults) or ()) if entry else ():
        path = line("an item of 'ignore_changes'", node, faults)
        if path is None:
            continue
        if path not in may_be_ignored(resource):
            faults.add(node.place, *_complaint(path, resource))
        found.add(path)
    return tuple(sorted(found))


def _complaint(path: str, resource: Resource) -> tuple[str, str]:
    """What is wrong with a path, and a hint."""
    if path in resource.key:
        message = f"{shown(path)} is the key of {resource.name}"
        return message, "rows with another key are other rows"
    if path.startswith("_extra"):
        hint = "NCBI's fields that have a column, as `harvester tables` lists them"
        return "what lies in '_extra' cannot be ignored, only columns", hint
    hint = did_you_mean(path, may_be_ignored(resource))
    message = f"{shown(path)} is no column of {resource.name}"
    return message, hint or f"`harvester tables {resource.name}` lists them"
