"""What a run's page shows, section by section; the template only sets it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.publish import CONCERNS, Some
from harvester.runpage.draw import Drawing
from harvester.runpage.pictures import pace_of, reasons_of
from harvester.runpage.told import RunTold
from harvester.runpage.words import Cell, Figure, Grid, bytes_of, number, seconds_of

__all__ = ["Section", "glance", "sections"]

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


@dataclass(frozen=True, slots=True)
class Section:
    """One heading and what stands below it."""

    name: str
    title: str
    grids: Sequence[Grid] = ()
    plots: Sequence[Drawing] = ()
    notes: Sequence[str] = ()


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
        _remarks(told),
        _course(told),
        _sizes(told),
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
            _rest(items),
        ),
    ]
    return Section("gaps", "What is missing", _filled(grids))


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
    grid = Grid("Queries, as the job asks them", heads, rows, _rest(told.outline.queries))
    counts = [f"{told.outline.outcomes[name]:,} {name}" for name in ("ok", *CONCERNS)
              if told.outline.outcomes.get(name)]  # fmt: skip
    notes = [f"Identifiers and taxa that the job names: {', '.join(counts)}."] if counts else []
    return Section("asked", "What was asked", _filled([grid]), notes=notes)


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
    return Section("came", "What came", _filled([Grid("Tables", heads, rows)]))


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
    return Section("news", "What changed", _filled([grid]))


def _remarks(told: RunTold) -> Section:
    """What NCBI said beside its records, and what of them nobody understood."""
    outline = told.outline
    messages: list[list[Cell]] = [
        [
            row["level"],
            row["code"] or "",
            row["message"],
            row["identifier"] or "",
            number(row["times"]),
        ]
        for row in outline.messages.rows
    ]
    drift: list[list[Cell]] = [
        [row["table_name"], row["kind"], row["pointer"], row["sample"], number(row["count"])]
        for row in outline.drift.rows
    ]
    pieces: list[list[Cell]] = [
        [row["table_name"], row["reason"], number(row["pieces"])] for row in outline.quarantine.rows
    ]
    grids = [
        Grid("NCBI's warnings and errors", ("Level", "Code", "Message", "About", "Times"), messages,
             _rest(outline.messages)),
        Grid("Fields and values that no schema knows",
             ("Table", "Kind", "Place", "Sample", "Times"), drift, _rest(outline.drift)),
        Grid("In quarantine: what could not become a row", ("Table", "Reason", "Pieces"), pieces,
             _rest(outline.quarantine)),
    ]  # fmt: skip
    return Section("remarks", "What NCBI said beside it", _filled(grids))


def _course(told: RunTold) -> Section:
    pace = pace_of(told.attempts)
    title = "How it went"
    if pace is None:
        why = "" if told.afresh else "How the run went over time is not kept in the lake."
        return Section("course", title, notes=[why] if why else [])
    reasons = reasons_of(told.attempts)
    plots = list(pace.plots())
    grids = []
    if pace.course.latencies:
        plots.append(pace.latencies())
        grids.append(pace.waits())
    return Section(
        "course", title, [*grids, *([reasons] if reasons else [])], plots, _attempts(told)
    )


def _attempts(told: RunTold) -> list[str]:
    """Whether the figures are those of the whole run."""
    if told.tries == 1:
        return []
    known = len(told.attempts)
    notes = [f"The run took {told.tries} attempts, which stand side by side, the pauses left out."]
    if known < told.tries:
        lost = told.tries - known
        notes.append(f"{lost} of them ended without a word, and what they sent is counted nowhere.")
    return notes


def _sizes(told: RunTold) -> Section:
    weights = told.weights
    tables: list[list[Cell]] = [
        [f"of it {name}", bytes_of(weight)] for name, weight in weights.tables.items()
    ]
    rows: list[list[Cell]] = [
        ["received, compressed", bytes_of(told.figures["bytes_received"])],
        ["written to the lake by this run", bytes_of(weights.brought)],
        ["the lake, all runs", bytes_of(weights.lake)],
        *tables,
        ["the database", bytes_of(weights.database)],
    ]
    grids = [Grid("Sizes when this page was made", ("What", "Bytes"), rows)]
    if told.figures["planned"]:
        grids.append(_plan(told))
    return Section("sizes", "Sizes, and the plan", grids)


def _plan(told: RunTold) -> Grid:
    """What a plan with NCBI's counts would have said, and what it came to."""
    plan, figures = told.figures["planned"], told.figures
    pairs = [
        ("requests", number(plan["requests"], "planned.requests"), number(figures["requests"])),
        ("records", number(plan["records"], "planned.records"), number(figures["records"])),
        ("received", bytes_of(plan["bytes"], "planned.bytes"), bytes_of(figures["bytes_received"])),
        ("time", seconds_of(plan["seconds"], "planned.seconds"), seconds_of(figures["seconds"])),
    ]
    rows: list[list[Cell]] = [[what, ours, real, _ratio(ours, real)] for what, ours, real in pairs]
    disk = bytes_of(plan["disk"], "planned.disk")
    rows.append(["disk, lake and database together", disk, bytes_of(None), number(None)])
    return Grid("Planned and actual", ("What", "Planned", "Actual", "Times as much"), rows)


def _ratio(planned: Figure, actual: Figure) -> Figure:
    if not planned.value or actual.value is None:
        return number(None)
    ratio = actual.value / planned.value
    return Figure(round(ratio, 3), f"{ratio:.2f}")


def _rest(some: Some) -> str:
    """What a table on the page leaves out; the database has it all."""
    return f"and {some.more:,} more, in the database's schema meta" if some.more else ""


def _filled(grids: Sequence[Grid]) -> list[Grid]:
    return [grid for grid in grids if grid.rows]
