"""One entry of `harvest`: a resource, one kind of selector, filters."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from msgspec.structs import replace

from harvester.catalogue import RESOURCES, Resource
from harvester.model import Query
from harvester.spec.faults import Faults
from harvester.spec.fields import choice, table
from harvester.spec.filters import read_filters
from harvester.spec.identifiers import read_identifiers
from harvester.spec.ignoring import read_ignored
from harvester.spec.keys import check_query_keys, misspelt
from harvester.spec.names import listed
from harvester.spec.nodes import Node, Table
from harvester.spec.refresh import read_refresh
from harvester.spec.rules import query_keys
from harvester.spec.selection import read_selection, read_taxon

__all__ = ["query_id", "read_query"]

_ID_DIGITS = 12


def read_query(node: Node, folder: Path, faults: Faults) -> Query | None:
    """The query, or None where something is wrong with it; files are looked for in `folder`."""
    before = len(faults)
    entries = table("an item of 'harvest'", node, faults)
    if entries is None:
        return None
    resource = _resource(entries, faults)
    check_query_keys(entries, resource, faults)
    if resource is None:
        return None
    selector, endpoint = read_selection(entries, resource, faults)
    values = read_identifiers(selector, endpoint, folder, faults) if selector else ()
    taxon = read_taxon(entries, resource, endpoint, faults)
    filters = read_filters(entries.get("filters"), resource, endpoint, faults)
    ignored = read_ignored(entries.get("ignore_changes"), resource, faults)
    refresh, every = read_refresh(entries, resource, endpoint, faults)
    if endpoint is None or len(faults) > before:
        return None
    query = Query("", resource.name, endpoint.selector, values, taxon, filters, endpoint.variant)
    return replace(
        query,
        id=query_id(query),
        ignore_changes=ignored,
        refresh=refresh,
        full_every=every,
    )


def query_id(query: Query) -> str:
    """A digest of what is asked: the same whatever the order of the keys and the comments."""
    asked = [
        query.resource,
        query.endpoint,
        query.selector,
        query.values,
        query.taxon,
        dict(query.filters),
    ]
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_ID_DIGITS]


def _resource(entries: Table, faults: Faults) -> Resource | None:
    entry = entries.get("resource")
    if entry is None and misspelt(entries, ("resource",), query_keys(None)):
        return None
    if entry is None:
        hint = f"one of {listed(RESOURCES)}"
        faults.add(entries.place, "this entry of 'harvest' names no 'resource'", hint)
        return None
    name = choice("'resource'", entry.value, RESOURCES, faults)
    return RESOURCES[name] if name else None
