"""Keys that a job does not have, with where they belong or what was probably meant."""

from __future__ import annotations

from collections.abc import Collection

from harvester.catalogue import NOT_YOURS, RESOURCES, Resource
from harvester.spec.faults import Faults, shown
from harvester.spec.names import did_you_mean, nearest
from harvester.spec.nodes import Entry, Table
from harvester.spec.rules import (
    HOOKS,
    JOB_KEYS,
    LIMITS,
    QUERY_KEYS,
    SELECTORS,
    TAXON,
    query_keys,
)
from harvester.spec.rules import selector_keys as selectors_of

__all__ = ["check_job_keys", "check_keys", "check_query_keys", "misspelt"]


def check_job_keys(entries: Table, faults: Faults) -> None:
    """Notes what is no key of a job."""
    for entry in entries.entries:
        if entry.key in JOB_KEYS:
            continue
        hint = "it stands under 'limits'" if entry.key in LIMITS else ""
        if entry.key in HOOKS:
            hint = "it stands under 'hooks'"
        if entry.key in (*QUERY_KEYS, *SELECTORS, TAXON):
            hint = "it belongs to an entry of 'harvest'"
        _unknown(entry, JOB_KEYS, faults, hint)


def check_keys(entries: Table, valid: Collection[str], faults: Faults) -> None:
    """Notes what is no key of a mapping within a job: of `limits`, of `hooks`."""
    for entry in entries.entries:
        if entry.key not in valid:
            _unknown(entry, valid, faults)


def check_query_keys(entries: Table, resource: Resource | None, faults: Faults) -> None:
    """Notes what is no key of a query; where the resource is unclear, of a query of any."""
    valid = query_keys(resource)
    for entry in entries.entries:
        if entry.key in (*valid, TAXON):
            continue
        if resource and entry.key in SELECTORS:
            message = f"{resource.name} cannot be asked for by {entry.key!r}"
            ways = " or ".join(selectors_of(resource)[::2])
            faults.add(entry.place, message, f"only by {ways}")
        else:
            hint = "a filter stands under 'filters'" if _is_filter(entry.key, resource) else ""
            _unknown(entry, valid, faults, hint)


def misspelt(entries: Table, wanted: Collection[str], valid: Collection[str]) -> bool:
    """Whether some unknown key was meant as one of the wanted: a fault that is told already."""
    unknown = (entry.key for entry in entries.entries if entry.key not in valid)
    return any(nearest(key, valid) in wanted for key in unknown)


def _is_filter(name: str, resource: Resource | None) -> bool:
    return any(
        name in (param.name, param.wire_name)
        for one in ((resource,) if resource else RESOURCES.values())
        for endpoint in one.endpoints
        for param in endpoint.filters
    )


def _unknown(entry: Entry, valid: Collection[str], faults: Faults, hint: str = "") -> None:
    if entry.key in NOT_YOURS:
        message = f"{entry.key!r} is not for a job to set: {NOT_YOURS[entry.key]}"
        faults.add(entry.place, message)
        return
    hint = hint or did_you_mean(entry.key, valid)
    faults.add(entry.place, f"unknown key {shown(entry.key)}", hint)
