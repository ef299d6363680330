"""What a run's page shows, section by section; the template only sets it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harvester.publish import CONCERNS
from harvester.runpage.behind import course, remarks, sizes
from harvester.runpage.told import RunTold
from harvester.runpage.words import (
    Cell,
    Figure,
    Grid,
    Section,
    bytes_of,
    filled,
    number,
    rest,
    seconds_of,
)

__all__ = ["glance", "sections"]

_CHANGES = ("removed", "returned", "changed", "added")
_COUNTED = {
    "records": "records",
    "duplicates": "duplicates",
    "requests": "requests",
    "retries": "asked again",
    "throttled": "told to slow down (429)",
    "quarantined": "in quarantine",
    "unmodelled_fields": "unknown fields",
    "missing": "unknown to NCBI",
    "failed": "queries failed",
}


def glance(told: RunTold) -> list[tuple[str, Figure]]:
    """The figures of the summary, each with its name."""
    figures = told.figures
    return [
        *((label, number(figures[name], name)) for name, label in _COUNTED.items()),
        ("received", bytes_of(figures["bytes_received"], "bytes_received")),
        ("working time", seconds_of(figures["seconds"], "seconds")),
    ]


def sections(told: RunTold) -> Iterator[Section]:
    """All that have something to say."""
    for section in (
        _concerns(told),
        _asked(told),
        _came(told),
        _changed(told),
        remarks(told),
        course(told),
        sizes(told),
    ):
        if section.grids or section.notes:
            yield section


def _concerns(told: RunTold) -> Section:
    """What is missing and what failed: the operator looks here first."""
    queries = [row for row in told.outline.queries.rows if row["state"] != "complete"]
    failed: list[list[Cell]] = [[_query(row), row["state"], row["reason"] or ""] for row in queries]
    items = told.outline.items
    some: list[list[Cell]] = [
        [row["outcome"], f"{row['resource']} {row['selector']}", row["value"], row["reason"] or ""]
        for row in items.rows
    ]
    grids = [
        Grid(
            "Queries that did not come to a good end",
            ("Query", "State", "Reason"),
            failed,
            wide=True,
        ),
        Grid(
            "Identifiers and taxa that brought nothing, or something else",
            ("Outcome", "Asked as", "Value", "Reason"),
            some,
            rest(items),
        ),
    ]
    return Section("gaps", "What is missing", filled(grids))


def _asked(told: RunTold) -> Section:
    rows: list[list[Cell]] = [
        [
            _query(row),
            _filters(row),
            number(row["expected"]),
            number(row["received"]),
            number(row["distinct_keys"]),
            number(row["pages"]),
            row["state"],
        ]
        for row in told.outline.queries.rows
    ]
    heads = ("Query", "Filters", "Expected", "Received", "Distinct", "Pages", "State")
    grid = Grid("Queries, as the job asks them", heads, rows, rest(told.outline.queries))
    counts = [f"{told.outline.outcomes[name]:,} {name}" for name in ("ok", *CONCERNS)
              if told.outline.outcomes.get(name)]  # fmt: skip
    notes = [f"Identifiers and taxa that the job names: {', '.join(counts)}."] if counts else []
    return Section("asked", "What was asked", filled([grid]), notes=notes)


def _query(row: Mapping[str, Any]) -> str:
    values = ", ".join(row["selectors"])
    more = row["named"] - len(row["selectors"])
    taxon = f" in {row['taxon']}" if row["taxon"] else ""
    legacy = " (legacy path)" if row["endpoint"] == "legacy" else ""
    rest = f" and {more:,} more" if more else ""
    return f"{row['resource']} {row['selector']} {values}{rest}{taxon}{legacy}"


def _filters(row: Mapping[str, Any]) -> str:
    told = json.loads(row["filters"] or "{}")
    words = [f"{name}: {_value(value)}" for name, value in told.items()]
    if row.get("since"):
        words.append(f"only what is new since {row['since']}")
    return "; ".join(words) or "none"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _came(told: RunTold) -> Section:
    kinds = ("rows", "added", "changed", "removed", "returned")
    rows: list[list[Cell]] = [
        [table, *(number(figures[kind], f"tables.{table}.{kind}") for kind in kinds)]
        for table, figures in told.figures["tables"].items()
    ]
    heads = ("Table", "Rows now", "Added", "Changed", "Removed", "Of the added, back again")
    if not told.afresh:
        heads = (heads[0], "Rows then", *heads[2:])
    return Section("came", "What came", filled([Grid("Tables", heads, rows)]))


def _changed(told: RunTold) -> Section:
    """Some of the rows that are not as they were; those first that are rare."""
    counts = told.outline.changes
    shown = [
        [row["table_name"], row["change"], row["key"], row["name"], ", ".join(row["columns"] or ())]
        for row in told.outline.examples
    ]
    all_of_them = sum(sum(kinds.values()) for kinds in counts.values())
    rest = all_of_them - len(shown)
    note = (
        f"and {rest:,} more: harvester changes --run {told.figures['run_id']} --all" if rest else ""
    )
    heads = ("Table", "Change", "Key", "Name", "Columns that differ")
    grid = Grid("Some of the rows that are not as they were", heads, shown, note)
    return Section("news", "What changed", filled([grid]))
