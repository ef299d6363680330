"""Keys that a job does not have, with where they belong or what was probably meant."""

from __future__ import annotations

from collections.abc import Collection

from harvester.catalogue import NOT_YOURS, Resource
from harvester.spec.faults import Faults, shown
from harvester.spec.names import did_you_mean
from harvester.spec.nodes import Entry, Table
from harvester.spec.rules import (
    JOB_KEYS,
    LIMITS,
    QUERY_KEYS,
    SELECTORS,
    companions,
    selector_keys,
)

__all__ = ["check_job_keys", "check_limit_keys", "check_query_keys"]


def check_job_keys(entries: Table, faults: Faults) -> None:
    """Notes what is no key of a job."""
    for entry in entries.entries:
        if entry.key in JOB_KEYS:
            continue
        hint = "it stands under 'limits'" if entry.key in LIMITS else ""
        if entry.key in (*QUERY_KEYS, *SELECTORS, "taxon"):
            hint = "it belongs to an entry of 'harvest'"
        _unknown(entry, JOB_KEYS, faults, hint)


def check_limit_keys(entries: Table, faults: Faults) -> None:
    """Notes what is no key of `limits`."""
    for entry in entries.entries:
        if entry.key not in LIMITS:
            _unknown(entry, LIMITS, faults)


def check_query_keys(entries: Table, resource: Resource, faults: Faults) -> bool:
    """Notes what is no key for this resource; tells whether there was any."""
    selectors = selector_keys(resource)
    valid = (*QUERY_KEYS, *selectors, *companions(resource))
    strangers = [entry for entry in entries.entries if entry.key not in (*valid, "taxon")]
    for entry in strangers:
        if entry.key in SELECTORS:
            message = f"{resource.name} cannot be asked for by {entry.key!r}"
            faults.add(entry.place, message, f"only by {' or '.join(selectors[::2])}")
        else:
            hint = "a filter stands under 'filters'" if _is_filter(entry.key, resource) else ""
            _unknown(entry, valid, faults, hint)
    return bool(strangers)


def _is_filter(name: str, resource: Resource) -> bool:
    return any(
        name in (param.name, param.wire_name)
        for endpoint in resource.endpoints
        for param in endpoint.filters
    )


def _unknown(entry: Entry, valid: Collection[str], faults: Faults, hint: str = "") -> None:
    if entry.key in NOT_YOURS:
        message = f"{entry.key!r} is not for a job to set: {NOT_YOURS[entry.key]}"
        faults.add(entry.place, message)
        return
    hint = hint or did_you_mean(entry.key, valid)
    faults.add(entry.place, f"unknown key {shown(entry.key)}", hint)
