"""Which records a query asks for, and by which path: its selector, `endpoint` and `taxon`."""

from __future__ import annotations

from harvester.catalogue import Endpoint, Resource
from harvester.spec.faults import Faults, shown
from harvester.spec.fields import choice, text
from harvester.spec.identifiers import complaint
from harvester.spec.keys import misspelt
from harvester.spec.nodes import Entry, Table
from harvester.spec.rules import (
    SELECTORS,
    TAXON,
    VARIANTS,
    has_companion,
    query_keys,
    selector_keys,
)

__all__ = ["read_selection", "read_taxon"]


def read_selection(
    entries: Table, resource: Resource, faults: Faults
) -> tuple[Entry | None, Endpoint | None]:
    """The selector's entry and its endpoint."""
    selector = _selector(entries, resource, faults)
    variant = _variant(entries, faults)
    if selector is None or variant is None:
        return selector, None
    return selector, _endpoint(entries, resource, selector.key, variant, faults)


def _selector(entries: Table, resource: Resource, faults: Faults) -> Entry | None:
    keys = selector_keys(resource)
    found = [entry for entry in entries.entries if entry.key in keys]
    if len(found) > 1:
        message = f"two selectors in one query: {found[0].key!r} and {found[1].key!r}"
        faults.add(found[1].place, message, "make it two queries")
        return None
    if not found and not _meant(entries, resource):
        message = f"this query of {resource.name} does not say which records"
        faults.add(entries.place, message, f"add {' or '.join(keys[::2])}")
    return found[0] if found else None


def _meant(entries: Table, resource: Resource) -> bool:
    """Whether some other key was meant as the selector, which is a fault of its own."""
    foreign = any(entry.key in SELECTORS for entry in entries.entries)
    keys = selector_keys(resource)
    close = misspelt(entries, keys, (*query_keys(resource), TAXON))
    return foreign or close or _misplaced_taxon(entries, resource)


def _variant(entries: Table, faults: Faults) -> str | None:
    entry = entries.get("endpoint")
    return choice("'endpoint'", entry.value, VARIANTS, faults) if entry else VARIANTS[0]


def _endpoint(
    entries: Table, resource: Resource, key: str, variant: str, faults: Faults
) -> Endpoint | None:
    selector = key.removesuffix("_file")
    endpoint = resource.endpoint(selector, variant)
    entry = entries.get("endpoint")
    if endpoint is None and entry is not None:
        message = f"{resource.name} by {selector} has no {variant} path"
        faults.add(entry.value.place, message, "leave 'endpoint' out")
    return endpoint


def read_taxon(
    entries: Table, resource: Resource, endpoint: Endpoint | None, faults: Faults
) -> str | None:
    """The taxon that symbols belong to."""
    entry = entries.get(TAXON)
    if entry is None:
        if endpoint is not None and endpoint.companion:
            message = f"{endpoint.selector!r} need a 'taxon' that they belong to"
            faults.add(entries.place, message, "such as taxon: human")
        return None
    if _misplaced_taxon(entries, resource):
        faults.add(entry.place, f"{resource.name} has no 'taxon'", "did you mean 'taxa', a list?")
        return None
    if endpoint is not None and not endpoint.companion:
        message = f"'taxon' does not go with {endpoint.selector!r}"
        faults.add(entry.place, message, "only with 'symbols'")
        return None
    return _checked(entry, faults)


def _misplaced_taxon(entries: Table, resource: Resource) -> bool:
    """Whether `taxon` stands in a query of a resource that has no use for it."""
    return entries.get(TAXON) is not None and not has_companion(resource)


def _checked(entry: Entry, faults: Faults) -> str | None:
    value = text("'taxon'", entry.value, faults)
    problem = complaint(value, "taxon") if value else ""
    if problem:
        faults.add(entry.value.place, f"{shown(value or '')} as 'taxon' {problem}")
    return value
