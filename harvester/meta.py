"""The rows that a run adds to the meta tables, told from its ledger, verdict and summary. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from harvester import __version__
from harvester.ledger import Ledger
from harvester.model import Chain, Drift
from harvester.report import Item, QueryReport, Verdict
from harvester.summary import Summary

__all__ = [
    "Row",
    "drift_rows",
    "item_rows",
    "message_rows",
    "query_rows",
    "run_row",
    "stray_rows",
    "unmodelled",
]

Row = dict[str, Any]


def run_row(summary: Summary, base_url: str, digest: str) -> Row:
    """The summary's figures as one row."""
    figures = (
        "run_id", "job", "status", "resumed", "seconds", "requests", "retries", "throttled",
        "bytes_received", "records", "duplicates", "quarantined", "unmodelled_fields",
    )  # fmt: skip
    return {name: getattr(summary, name) for name in figures} | {
        "started_at": _moment(summary.started_at),
        "finished_at": _moment(summary.finished_at),
        "missing": len(summary.missing),
        "failed": len(summary.failed),
        "base_url": base_url or None,
        "version": __version__,
        "job_digest": digest,
    }


def query_rows(run_id: str, verdict: Verdict) -> list[Row]:
    """One row a query."""
    return [_query(run_id, report) for report in verdict.queries]


def _query(run_id: str, report: QueryReport) -> Row:
    query = report.query
    return {
        "run_id": run_id,
        "query_id": query.id,
        "resource": query.resource,
        "endpoint": query.endpoint,
        "selector": query.selector,
        "selectors": list(query.values),
        "taxon": query.taxon,
        "filters": json.dumps(dict(query.filters), sort_keys=True),
        "refresh": "new" if report.since else "full",
        "since": date.fromisoformat(report.since) if report.since else None,
        "expected": report.expected,
        "received": report.received,
        "distinct_keys": report.distinct,
        "duplicates": max(0, report.received - report.quarantined - report.distinct),
        "quarantined": report.quarantined,
        "strays": report.strays,
        "chains": report.chains,
        "pages": report.pages,
        "state": report.state,
        "reason": report.reason or None,
    }


def item_rows(run_id: str, items: Iterable[Item]) -> Iterator[Row]:
    """One row for every identifier or taxon that the job names."""
    for item in items:
        yield {
            "run_id": run_id,
            "query_id": item.query.id,
            "resource": item.query.resource,
            "selector": item.query.selector,
            "value": item.value,
            "outcome": item.outcome,
            "records": item.records,
            "reason": item.reason or None,
            "tax_id": item.taxon.tax_id if item.taxon else None,
            "lineage": list(item.taxon.lineage) if item.taxon else None,
        }


def message_rows(run_id: str, ledger: Ledger, chains: Iterable[Chain]) -> list[Row]:
    """One row for each warning or error in NCBI's answers."""
    return [
        {
            "run_id": run_id,
            "resource": chain.resource,
            "query_id": chain.query_id,
            "level": message.level,
            "code": message.code or None,
            "message": message.text,
            "identifiers": list(message.identifiers),
            "replaced_by": message.replaced_by or None,
        }
        for chain in ledger.with_kept(chains)
        for message in ledger.state(chain.id).messages
    ]


def stray_rows(run_id: str, verdict: Verdict) -> list[Row]:
    """One row for each query that brought records of another taxon than it asked for."""
    return [
        {
            "run_id": run_id,
            "resource": report.query.resource,
            "query_id": report.query.id,
            "level": "warning",
            "code": "OTHER_TAXON",
            "message": f"{report.strays} records do not name the taxon asked for in their lineage",
            "identifiers": list(report.query.values),
            "replaced_by": None,
        }
        for report in verdict.queries
        if report.strays
    ]


def drift_rows(run_id: str, ledger: Ledger, chains: Sequence[Chain]) -> list[Row]:
    """One row for each thing that a schema does not know, however often it was met."""
    rows: dict[tuple[str, str, str, str], Row] = {}
    for chain in ledger.with_kept(chains):
        for drift in ledger.state(chain.id).drift:
            row = rows.setdefault(_sort_of(chain, drift), _drift(run_id, chain, drift))
            row["count"] += drift.count
    return list(rows.values())


def unmodelled(rows: Iterable[Row]) -> int:
    """How many fields no schema knows."""
    return len({(row["table_name"], row["pointer"]) for row in rows if row["kind"] == "field"})


def _sort_of(chain: Chain, drift: Drift) -> tuple[str, str, str, str]:
    # Two unknown values of one enumeration are two findings; two samples of a field are one.
    return chain.resource, drift.kind, drift.pointer, drift.sample if drift.kind == "enum" else ""


def _drift(run_id: str, chain: Chain, drift: Drift) -> Row:
    return {
        "run_id": run_id,
        "table_name": chain.resource,
        "pointer": drift.pointer,
        "kind": drift.kind,
        "sample": drift.sample,
        "first_seen": chain.id,
        "count": 0,
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
