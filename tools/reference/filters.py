"""The catalogue's selectors and filters, for people."""

from __future__ import annotations

from collections.abc import Iterable

from harvester.catalogue import Endpoint, Param, Resource
from tools.reference.text import listed, plain, table

__all__ = ["filter_sections", "filter_table", "resource_table"]


def resource_table(resources: Iterable[Resource]) -> str:
    """What can be asked for, one resource a line."""
    heads = ("resource", "what", "selectors", "`endpoint: legacy`")
    return table(
        heads,
        (
            (f"`{r.name}`", r.title, _selectors(r, "default"), _selectors(r, "legacy"))
            for r in resources
        ),
    )


def filter_sections(resources: Iterable[Resource]) -> str:
    """All filters, a section for each resource."""
    return "\n".join(f"### Filters of `{r.name}`\n\n{filter_table(r)}" for r in resources)


def filter_table(resource: Resource) -> str:
    """The filters of a resource, with those selectors that know them."""
    params = {param.name: param for e in resource.endpoints for param in e.filters}
    rows = (
        (f"`{name}`", _value(param), plain(param.doc) + _only(resource, name))
        for name, param in sorted(params.items())
    )
    return table(("filter", "value", "meaning"), rows)


def _selectors(resource: Resource, variant: str) -> str:
    found = [e for e in resource.endpoints if e.variant == variant]
    if variant == "legacy":
        return "for all of them" if found else "no"
    return ", ".join(
        f"`{e.selector}`" + (f" with `{e.companion}`" if e.companion else "") for e in found
    )


def _value(param: Param) -> str:
    if param.kind == "bool":
        return "`true`, `false`"
    if param.kind == "enum":
        return f"list of {listed(param.choices)}" if param.many else listed(param.choices)
    word = {"string": "text", "date": "date", "int": "whole number"}[param.kind]
    return f"list of {word}" if param.many else word


def _only(resource: Resource, name: str) -> str:
    """Where a filter does not belong to all the paths: to which."""
    if all(_has(endpoint, name) for endpoint in resource.endpoints):
        return ""
    told = (_paths(resource, name, variant) for variant in ("default", "legacy"))
    return f" Only with {' and '.join(part for part in told if part)}."


def _paths(resource: Resource, name: str, variant: str) -> str:
    every = [e.selector for e in resource.endpoints if e.variant == variant]
    some = [e.selector for e in resource.endpoints if e.variant == variant and _has(e, name)]
    if every and len(some) == len(every):
        return f"the {variant} paths"
    return f"{listed(some)} (legacy)" if some and variant == "legacy" else listed(some)


def _has(endpoint: Endpoint, name: str) -> bool:
    return any(param.name == name for param in endpoint.filters)
