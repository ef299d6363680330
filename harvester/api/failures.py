"""The errors that end a run and know its summary; all others are in harvester/errors.py.

HarvesterError
`-- RunError              a run did not do what was asked of it: `summary` says what became of it
    |-- DatabaseBehind    the lake has its rows, the database has not: a LakeError too, exit 1
    |-- PartialRun        some query failed, or strictly seen an identifier is unknown: exit 3
    `-- NothingHarvested  every query failed, or NCBI is away: exit 4
        `-- NCBIAway      NCBI is away: an OutOfServiceError too, and the next run goes on
"""

from __future__ import annotations

from collections.abc import Sequence

from harvester.errors import OutOfServiceError
from harvester.runner import Outcome
from harvester.summary import RunError, Summary
from harvester.texts import printable

__all__ = ["NCBIAway", "NothingHarvested", "PartialRun", "RunError", "judged"]

#: So many queries and identifiers are named; the summary has all.
_NAMED = 3


class PartialRun(RunError):
    """Some query failed for good; what did arrive is published."""


class NothingHarvested(RunError):
    """No query brought anything; nothing is published."""


class NCBIAway(NothingHarvested, OutOfServiceError):
    """NCBI is unreachable, out of service, or has blocked this address; the next run goes on."""


def judged(outcome: Outcome, *, check: bool, strict: bool) -> Summary:
    """The summary of a run that did what was asked of it, else the error that it is."""
    summary = outcome.summary
    if outcome.outage is not None:
        raise NCBIAway(printable(f"{summary.job}: {outcome.outage}"), summary)
    if summary.status == "failed":
        message = f"{summary.job}: nothing could be harvested: {_failed(summary)}"
        raise NothingHarvested(message, summary)
    if (check or strict) and summary.status == "partial":
        message = f"{summary.job}: not all of it came, the rest is published: {_failed(summary)}"
        raise PartialRun(message, summary)
    if strict and summary.missing:
        raise PartialRun(f"{summary.job}: unknown to NCBI: {_missing(summary)}", summary)
    return summary


def _failed(summary: Summary) -> str:
    return _named([f"{one['query']}: {one['reason']}" for one in summary.failed])


def _missing(summary: Summary) -> str:
    return _named([f"{one['resource']} {one['value']}" for one in summary.missing])


def _named(found: Sequence[str]) -> str:
    more = len(found) - _NAMED
    return printable("; ".join(found[:_NAMED]) + (f"; and {more:,} more" if more > 0 else ""))
