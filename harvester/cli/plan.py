"""`harvester plan`: what a job would ask, before it asks."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from harvester.api.practice import served
from harvester.cli.options import base_url_option
from harvester.estimate import Estimate, Plan
from harvester.experience import Past
from harvester.forecast import forecast
from harvester.model import Job
from harvester.plan import chains_of
from harvester.settings import Settings, environment
from harvester.spec import load_jobs
from harvester.summary import describe, size
from harvester.telemetry import configure
from harvester.terms import pace_of

__all__ = ["plan"]

#: Seconds that a plan waits for an NCBI that does not answer; `--offline` waits for nobody.
_PATIENCE = 10.0


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("--offline", is_flag=True, help="Send no request at all.")
@base_url_option
@click.option("--sandbox", is_flag=True, help="Count in a sandbox inside this process.")
@click.option("--rps", type=click.FloatRange(min=0, min_open=True), help="Requests a second.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Requests in flight.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a job.")
def plan(
    jobs: tuple[str, ...],
    *,
    offline: bool,
    base_url: str | None,
    sandbox: bool,
    rps: float | None,
    concurrency: int | None,
    as_json: bool,
) -> None:
    """Show what jobs will take: requests, records, bytes, seconds, disk.

    Counts are taken from NCBI with at most one small request a query; what a record needs comes
    from past runs where there are any.

    \b
    harvester plan jobs/ecoli.yaml
    harvester plan --sandbox jobs/quickstart.yaml
    harvester plan jobs/*.yaml --offline
    """
    configure("console", None, quiet=True)
    loaded = load_jobs(jobs)
    with served(sandbox=sandbox and not offline) as sandbox_url:
        settings = Settings.load(
            environment(), base_url=sandbox_url or base_url, rps=rps, concurrency=concurrency
        )
        for job in loaded:
            _one(job, settings, offline=offline, as_json=as_json)


def _one(job: Job, settings: Settings, *, offline: bool, as_json: bool) -> None:
    pace = pace_of(job, settings, _PATIENCE)
    found = forecast(job, pace, offline=offline)
    days = _by_query(job, found.since)
    if as_json:
        click.echo(_document(job, found.plan, days))
        return
    click.echo(_text(job, found.plan, pace.rate, days))
    if found.past:
        click.echo(_last(found.past))


def _by_query(job: Job, since: Mapping[str, str]) -> dict[str, str]:
    """The earliest day of each query's chains."""
    days = {
        query.id: [since[chain.id] for chain in chains_of(query) if chain.id in since]
        for query in job.queries
    }
    return {query: min(found) for query, found in days.items() if found}


def _text(job: Job, plan: Plan, rate: float, since: Mapping[str, str]) -> str:
    rows: list[tuple[str, ...]] = [("query", "chains", "requests", "records", "bytes", "seconds")]
    rows += [_row(one, since.get(one.query.id)) for one in plan.queries]
    least = "" if plan.complete else "at least "
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    total = (
        f"{job.name}: {least}{plan.requests:,} requests at {rate:g} a second, "
        f"{plan.records:,} records, about {size(plan.bytes)} to receive, "
        f"{size(plan.disk)} on disk, {plan.seconds:,.0f} s"
    )
    return "\n".join([*lines, total])


def _last(past: Past) -> str:
    return (
        f"the last run that asked for this: {past.requests:,} requests, {past.records:,} records, "
        f"{size(past.bytes)} received, {past.seconds:,.0f} s"
    )


def _row(one: Estimate, since: str | None) -> tuple[str, ...]:
    about = "" if one.exact else "~"
    numbers = (one.requests, one.records)
    cells = ["?" if number is None else f"{about}{number:,}" for number in numbers]
    cells.append("?" if one.bytes is None else f"~{size(one.bytes)}")
    cells.append("?" if one.seconds is None else f"~{one.seconds:,.0f}")
    new = f", new since {since}" if since else ""
    return describe(one.query) + new, str(one.chains), *cells


def _document(job: Job, plan: Plan, since: Mapping[str, str]) -> str:
    told = plan.to_dict()
    for one, known in zip(told["queries"], plan.queries, strict=True):
        one["since"] = since.get(known.query.id)
    return json.dumps({"job": job.name, **told})
