"""`harvester plan`: what a job would ask, before it asks."""

from __future__ import annotations

import asyncio
import json

import click

from harvester.cli.options import base_url_option
from harvester.cli.pace import pace_of
from harvester.counting import count_queries
from harvester.estimate import Estimate, estimate
from harvester.model import Job
from harvester.settings import Settings, environment
from harvester.spec import load_jobs
from harvester.summary import describe
from harvester.telemetry import configure

__all__ = ["plan"]

#: Seconds that a plan waits for an NCBI that does not answer; `--offline` waits for nobody.
_PATIENCE = 10.0


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--offline", is_flag=True, help="Send no request at all.")
@base_url_option
@click.option("--rps", type=click.FloatRange(min=0, min_open=True), help="Requests a second.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Requests in flight.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a job.")
def plan(
    jobs: tuple[str, ...],
    *,
    offline: bool,
    base_url: str | None,
    rps: float | None,
    concurrency: int | None,
    as_json: bool,
) -> None:
    """Show what jobs would ask: queries, requests, records, seconds at the rate limit.

    Counts are taken from NCBI with at most one small request a query.
    """
    configure("console", None, quiet=True)
    loaded = load_jobs(jobs)
    settings = Settings.load(environment(), base_url=base_url, rps=rps, concurrency=concurrency)
    for job in loaded:
        pace = pace_of(job, settings, _PATIENCE)
        counts = {} if offline else asyncio.run(count_queries(job.queries, pace))
        estimates = estimate(job.queries, counts, pace.rate, pace.concurrency)
        click.echo(_document(job, estimates) if as_json else _text(job, estimates, pace.rate))


def _totals(estimates: tuple[Estimate, ...]) -> tuple[int, int, float, bool]:
    """Requests, records, seconds, and whether all of it is known."""
    known = [one for one in estimates if one.requests is not None]
    return (
        sum(one.requests or 0 for one in known),
        sum(one.records or 0 for one in known),
        max((one.seconds or 0.0 for one in known), default=0.0),
        len(known) == len(estimates),
    )


def _text(job: Job, estimates: tuple[Estimate, ...], rate: float) -> str:
    rows = [("query", "chains", "requests", "records", "seconds")]
    rows += [_row(one) for one in estimates]
    requests, records, longest, complete = _totals(estimates)
    seconds = max(longest, requests / rate)
    least = "" if complete else "at least "
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    total = f"{job.name}: {least}{requests:,} requests, {records:,} records, {seconds:,.0f} s"
    return "\n".join([*lines, f"{total} at {rate:g} requests/s"])


def _row(one: Estimate) -> tuple[str, str, str, str, str]:
    about = "" if one.exact else "~"
    numbers = (one.requests, one.records, one.seconds)
    cells = ["?" if number is None else f"{about}{number:,.0f}" for number in numbers]
    return describe(one.query), str(one.chains), cells[0], cells[1], cells[2]


def _document(job: Job, estimates: tuple[Estimate, ...]) -> str:
    requests, records, longest, complete = _totals(estimates)
    queries = [
        {
            "resource": one.query.resource,
            "query": describe(one.query),
            "chains": one.chains,
            "requests": one.requests,
            "records": one.records,
            "seconds": one.seconds,
            "exact": one.exact,
        }
        for one in estimates
    ]
    totals = {"requests": requests, "records": records, "seconds": longest, "complete": complete}
    return json.dumps({"job": job.name, "queries": queries, **totals})
