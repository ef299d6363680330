"""How a resource is asked for: its selectors with NCBI's paths, and what the catalogue adds."""

from __future__ import annotations

from collections.abc import Iterator

from harvester.catalogue import Endpoint, Resource
from tools.reference.text import listed, table

__all__ = ["asking"]

_VALUES = {"string": "text", "int": "a number", "taxon": "a taxon, by number or name"}
_AXES = {
    "release_date": "release dates",
    "location": "the sequences of the assembly",
    "type": "gene types",
    "subtree": "the taxa below",
}


def asking(resource: Resource) -> str:
    """Selectors, paths, key, and how a run goes about it."""
    heads = ("ask by", "a value is", "default path", "legacy path", "values in one request")
    rows = (_row(resource, e) for e in resource.endpoints if e.variant == "default")
    facts = "".join(f"- {fact}\n" for fact in _facts(resource))
    return f"{table(heads, rows)}\n{facts}"


def _row(resource: Resource, endpoint: Endpoint) -> tuple[str, ...]:
    selector = f"`{endpoint.selector}`"
    if endpoint.companion:
        selector += f" with `{endpoint.companion}`"
    legacy = resource.endpoint(endpoint.selector, "legacy")
    return (
        selector,
        _VALUES[endpoint.value_kind],
        f"`{endpoint.path}`",
        f"`{legacy.path}`" if legacy else "none",
        f"up to {endpoint.batch:,}" if endpoint.batch > 1 else "1",
    )


def _facts(resource: Resource) -> Iterator[str]:
    yield f"**Key:** {listed(resource.key)}; each key is one row."
    for endpoint in resource.endpoints:
        if endpoint.newer:
            yield (
                f"**Only what is new:** `refresh: new` with `{endpoint.selector}`, "
                f"told by the filter `{endpoint.newer.filter}`."
            )
    if resource.split:
        axes = ", then by ".join(_AXES[split.axis] for split in resource.split)
        asked = listed(dict.fromkeys(split.selector for split in resource.split))
        yield f"**Large queries** by {asked} are cut by {axes}, and walked at once."
    if resource.asked_by:
        yield f"**Before a row goes,** it is asked for once more with `{resource.asked_by}`."
    else:
        yield "**Before a row goes:** NCBI has no path for a single row, so it is not asked again."
    size = resource.footprint
    yield (
        f"**Size,** as a rule: {size.sent:,} bytes a row to receive, {size.lake:,} in the lake, "
        f"{size.database:,} in the database."
    )
