"""What a run's page tells: the summary, what the lake says of the run, how it went over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from harvester import __version__, meta
from harvester.ledger import Ledger, Traffic
from harvester.model import Chain
from harvester.publish import CONCERNS, SHOWN, VALUES, Manifest, Outline, Some
from harvester.report import Verdict
from harvester.summary import Summary

__all__ = ["RunTold", "Weights", "of_failed", "of_lake", "of_run", "outline_of", "weigh"]


class Weights(Struct, frozen=True):
    """Bytes: of the whole lake, of each table in it, of what the run brought, of the database."""

    lake: int = 0
    brought: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    database: int | None = None


class RunTold(Struct, frozen=True):
    """Everything on the page.

    `figures` are those of the summary, with the numbers of what is missing and failed; of
    `attempts` some may have left no traffic, `tries` counts all. `afresh` is false where the page
    is made from the lake alone, later.
    """

    figures: Mapping[str, Any]
    outline: Outline
    weights: Weights
    attempts: Sequence[Traffic] = ()
    tries: int = 1
    line: str = ""
    base_url: str = ""
    version: str = __version__
    afresh: bool = True


def of_run(
    summary: Summary, ledger: Ledger, base_url: str, outline: Outline, weights: Weights
) -> RunTold:
    """A run that has just come to its end."""
    document = summary.document()
    returned = {table: kinds.get("returned", 0) for table, kinds in outline.changes.items()}
    tables = {
        name: {**figures, "returned": returned.get(name, 0)}
        for name, figures in document["tables"].items()
    }
    counts = {name: len(document[name]) for name in ("missing", "failed")}
    attempts = [ledger.traffic[number] for number in sorted(ledger.traffic)]
    return RunTold(
        {**document, **counts, "tables": tables},
        outline,
        weights,
        attempts,
        ledger.attempts,
        summary.line(),
        base_url,
    )


def of_lake(outline: Outline, weights: Weights) -> RunTold:
    """A run of the past: its figures are in the lake, how it went over time is not."""
    row = outline.run or {}
    asked = dict.fromkeys(query["resource"] for query in outline.queries.rows)
    tables = {
        name: _changed(outline.changes.get(name, {})) for name in {**asked, **outline.changes}
    }
    moments = {
        name: f"{row[name].isoformat(timespec='milliseconds')}Z"
        for name in ("started_at", "finished_at")
    }
    return RunTold(
        {
            **row,
            **moments,
            "tables": tables,
            "planned": None,
            "disk": None,
            "lake": "",
            "database": "",
        },
        outline,
        weights,
        base_url=row["base_url"] or "",
        version=row["version"],
        afresh=False,
    )


def _changed(kinds: Mapping[str, int]) -> dict[str, int | None]:
    """As the summary has it: a row that came back is one more row."""
    returned = kinds.get("returned", 0)
    return {
        "rows": None,
        "added": kinds.get("added", 0) + returned,
        "changed": kinds.get("changed", 0),
        "removed": kinds.get("removed", 0),
        "returned": returned,
    }


def of_failed(run_id: str, verdict: Verdict, ledger: Ledger, chains: Sequence[Chain]) -> Outline:
    """The same as the lake would say, of a run that brought nothing into it."""
    messages = meta.message_rows(run_id, ledger, chains)
    return outline_of(run_id, verdict, messages, meta.drift_rows(run_id, ledger, chains))


def outline_of(
    run_id: str, verdict: Verdict, messages: Iterable[meta.Row], drift: Sequence[meta.Row]
) -> Outline:
    """An outline of rows in memory."""
    queries = sorted(verdict.queries, key=lambda query: query.state == "complete")
    first = Verdict(tuple(queries[:SHOWN]))
    concerns = chain.from_iterable(verdict.having(outcome) for outcome in CONCERNS)
    asked = [
        row | {"selectors": row["selectors"][:VALUES], "named": len(row["selectors"])}
        for row in meta.query_rows(run_id, first)
    ]
    outcomes = Counter(outcome for items in verdict.items for outcome in items.outcomes)
    items = list(meta.item_rows(run_id, islice(concerns, SHOWN)))
    return Outline(
        queries=Some(asked, len(queries)),
        outcomes=dict(sorted(outcomes.items())),
        items=Some(items, sum(outcomes[name] for name in CONCERNS)),
        messages=_grouped(messages),
        drift=Some(drift[:SHOWN], len(drift)),
    )


def _grouped(messages: Iterable[meta.Row]) -> Some:
    """Messages that say the same, once."""
    names = ("resource", "level", "code", "message")
    groups: dict[tuple[Any, ...], meta.Row] = {}
    for row in messages:
        known = tuple(row[name] for name in names)
        one = {name: row[name] for name in names} | {"times": 0, "identifier": None}
        group = groups.setdefault(known, one)
        group["times"] += 1
        group["identifier"] = group["identifier"] or next(iter(row["identifiers"]), None)
    return Some(list(islice(groups.values(), SHOWN)), len(groups))


def weigh(manifest: Manifest, run_id: str, database: str) -> Weights:
    """What lake and database weigh now."""
    tables = {name: _bytes(state.files) for name, state in manifest.tables.items()}
    notes = {name: _bytes(files) for name, files in manifest.meta.items()}
    everything = (
        *(file for state in manifest.tables.values() for file in state.files),
        *(file for files in manifest.meta.values() for file in files),
    )
    place = Path(database)
    return Weights(
        sum(tables.values()) + sum(notes.values()),
        _bytes(file for file in everything if file.run_id == run_id),
        tables,
        place.stat().st_size if database and place.exists() else None,
    )


def _bytes(files: Iterable[Any]) -> int:
    return sum(file.bytes for file in files)
