"""The filters of a query, checked against what NCBI documents for its path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from harvester.catalogue import NOT_YOURS, RESOURCES, Endpoint, Param, Resource
from harvester.model import Filters, FilterValue
from harvester.spec.faults import Faults, shown
from harvester.spec.fields import choice, items, line, number, table, truth
from harvester.spec.names import did_you_mean, listed
from harvester.spec.nodes import Entry, Node
from harvester.spec.rules import DATE, Bounds

__all__ = ["read_filters"]

_ANY_WHOLE = Bounds(-(2**31), 2**31 - 1, whole=True)


def read_filters(
    entry: Entry | None, resource: Resource, endpoint: Endpoint | None, faults: Faults
) -> Filters:
    """Filters by bare name, in the order of their names; without an endpoint, those of any."""
    listing = table("'filters'", entry.value, faults) if entry else None
    if listing is None:
        return ()
    params = _params((endpoint,) if endpoint else resource.endpoints)
    found: list[tuple[str, FilterValue]] = []
    for one in listing.entries:
        if one.key not in params:
            _unknown(one, resource, endpoint, params, faults)
            continue
        value = _value(params[one.key], one, faults)
        if value is not None:
            found.append((one.key, value))
    return tuple(sorted(found))


def _params(endpoints: Iterable[Endpoint]) -> dict[str, Param]:
    return {param.name: param for endpoint in endpoints for param in endpoint.filters}


def _unknown(
    entry: Entry,
    resource: Resource,
    endpoint: Endpoint | None,
    params: dict[str, Param],
    faults: Faults,
) -> None:
    name = entry.key
    if name in NOT_YOURS:
        faults.add(entry.place, f"{name!r} is not for a job to set: {NOT_YOURS[name]}")
        return
    bare = name.partition(".")[2]
    if bare in params:
        faults.add(entry.place, f"unknown filter {shown(name)}", f"write its bare name, {bare!r}")
        return
    where = _where(name, resource, endpoint)
    if where:
        asked = _path(resource, endpoint) if endpoint else resource.name
        message = f"{name!r} is no filter of {asked}"
        faults.add(entry.place, message, f"it is one of {where}")
        return
    faults.add(entry.place, f"unknown filter {shown(name)}", did_you_mean(name, params))


def _where(name: str, resource: Resource, endpoint: Endpoint | None) -> str:
    """What knows a filter: the same selector's other path, other selectors, other resources."""
    knowing = [e for e in resource.endpoints if name in _params((e,))]
    near = [e for e in knowing if endpoint and e.selector == endpoint.selector]
    others = [one.name for one in RESOURCES.values() if name in _params(one.endpoints)]
    return listed([_path(resource, e) for e in near or knowing] or others)


def _path(resource: Resource, endpoint: Endpoint) -> str:
    legacy = " with endpoint: legacy" if endpoint.variant == "legacy" else ""
    return f"{resource.name} by {endpoint.selector}{legacy}"


def _value(param: Param, entry: Entry, faults: Faults) -> FilterValue | None:
    if not param.many:
        return _single(param, entry.value, faults)
    values = [_single(param, node, faults) for node in items(entry, faults) or ()]
    if not values or None in values:
        return None
    return tuple(dict.fromkeys(str(value) for value in values))


def _single(param: Param, node: Node, faults: Faults) -> str | bool | int | None:
    label = f"an item of {param.name!r}" if param.many else repr(param.name)
    if param.kind == "bool":
        return truth(label, node, faults)
    if param.kind == "int":
        value = number(label, node, _ANY_WHOLE, faults)
        return None if value is None else int(value)
    if param.kind == "enum":
        return choice(label, node, param.choices, faults)
    if param.kind == "date":
        return _date(label, node, faults)
    return line(label, node, faults)


def _date(label: str, node: Node, faults: Faults) -> str | None:
    value = line(label, node, faults)
    if value is None or _is_date(value):
        return value
    faults.add(node.place, f"{shown(value)} is no date for {label}", "write YYYY-MM-DD")
    return None


def _is_date(value: str) -> bool:
    if not re.fullmatch(DATE, value, re.ASCII):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
