"""What stands behind a run's outcome: what NCBI said, how it went over time, what it weighs."""

from __future__ import annotations

from harvester.runpage.pictures import pace_of, reasons_of
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

__all__ = ["course", "remarks", "sizes"]


def remarks(told: RunTold) -> Section:
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
             rest(outline.messages)),
        Grid("Fields and values that no schema knows",
             ("Table", "Kind", "Place", "Sample", "Times"), drift, rest(outline.drift)),
        Grid("In quarantine: what could not become a row", ("Table", "Reason", "Pieces"), pieces,
             rest(outline.quarantine)),
    ]  # fmt: skip
    return Section("remarks", "What NCBI said beside it", filled(grids))


def course(told: RunTold) -> Section:
    """Requests, records and latencies, where anybody measured them."""
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


def sizes(told: RunTold) -> Section:
    """What came, what it takes on the disk, and what a plan would have said."""
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
        (
            "disk, lake and database",
            bytes_of(plan["disk"], "planned.disk"),
            bytes_of(figures["disk"], "disk"),
        ),
    ]
    rows: list[list[Cell]] = [[what, ours, real, _ratio(ours, real)] for what, ours, real in pairs]
    return Grid("Planned and actual", ("What", "Planned", "Actual", "Times as much"), rows)


def _ratio(planned: Figure, actual: Figure) -> Figure:
    if not planned.value or actual.value is None:
        return number(None)
    ratio = actual.value / planned.value
    return Figure(round(ratio, 3), f"{ratio:.2f}")
