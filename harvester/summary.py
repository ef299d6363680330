"""The summary of a run: one value, one JSON document, one line for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from msgspec import Struct, field, to_builtins

from harvester.errors import HarvesterError, LakeError
from harvester.model import Query
from harvester.report import Verdict

__all__ = [
    "DatabaseBehind",
    "RunError",
    "Summary",
    "TableFigures",
    "describe",
    "failed_of",
    "missing_of",
    "size",
]

_THOUSAND = 1000
_TEN = 10


class TableFigures(Struct, frozen=True):
    """What a run did to one table."""

    rows: int
    added: int = 0
    changed: int = 0
    removed: int = 0


class Summary(Struct, frozen=True):
    """What `run --json` prints."""

    run_id: str
    job: str
    status: str
    resumed: bool
    started_at: str
    finished_at: str
    seconds: float
    requests: int
    retries: int
    throttled: int
    bytes_received: int
    records: int
    duplicates: int
    quarantined: int
    unmodelled_fields: int
    missing: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    tables: dict[str, TableFigures] = field(default_factory=dict)
    lake: str = ""
    database: str = ""
    #: What a plan with NCBI's counts would have said of requests, records, bytes, seconds and disk.
    planned: dict[str, float] | None = None
    #: Bytes that lake and database have grown by; nothing where nothing was published.
    disk: int | None = None
    #: The earliest day since which some query was only asked for what is new.
    since: str | None = None

    def document(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        plain: dict[str, Any] = to_builtins(self)
        return plain

    def to_dict(self) -> dict[str, Any]:
        """The same under the name that programs know: what `run --json` prints."""
        return self.document()

    def line(self) -> str:
        """What happened, in one line."""
        tables = ", ".join(_table(name, figures) for name, figures in self.tables.items())
        plan = self.planned
        planned = f"{plan['requests']:,.0f} planned, " if plan else ""
        asked = f"{self.requests:,} requests ({planned}{self.retries:,} asked again)"
        hoped = f" ({plan['seconds']:,.1f} planned)" if plan else ""
        words = [
            f"{self.job}: {self.status}" + (f", new since {self.since}" if self.since else ""),
            f"{self.records:,} records in {self.seconds:,.1f} s{hoped}",
            *([asked] if self.requests else []),
            *([tables] if tables else []),
            *([f"{self.quarantined:,} in quarantine"] if self.quarantined else []),
            *_counted(self.missing, "unknown to NCBI"),
            *_counted(self.failed, "failed"),
            *(["the same command goes on"] if self.status == "interrupted" else []),
        ]
        return "; ".join(words)


class RunError(HarvesterError):
    """A run that did not do what was asked of it; what is durable stays."""

    def __init__(self, reason: str, summary: Summary) -> None:
        super().__init__(reason)
        self.summary = summary

    def __reduce__(self) -> tuple[type[Self], tuple[str, Summary]]:
        """Orchestrators send errors from process to process."""
        return type(self), (str(self), self.summary)


class DatabaseBehind(RunError, LakeError):
    """What a run brought is in the lake; the database could not be built from it."""


def describe(query: Query) -> str:
    """A query in a few words, as a person would name it."""
    values = ", ".join(query.values[:3]) + (" …" if len(query.values) > 3 else "")  # noqa: PLR2004
    taxon = f" in {query.taxon}" if query.taxon else ""
    return f"{query.resource} {query.selector} {values}{taxon}"


def size(number: float) -> str:
    """Bytes as a person would say them."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < _THOUSAND:
            return (
                f"{number:,.0f} {unit}" if number >= _TEN or unit == "B" else f"{number:.1f} {unit}"
            )
        number /= _THOUSAND
    return f"{number:,.1f} TB"


def missing_of(verdict: Verdict) -> list[dict[str, str]]:
    """The summary's list of identifiers that NCBI does not know."""
    return [
        {
            "resource": item.query.resource,
            "selector": item.query.selector,
            "value": item.value,
            "reason": item.reason,
        }
        for item in verdict.having("unknown")
    ]


def failed_of(verdict: Verdict) -> list[dict[str, str]]:
    """The summary's list of queries that failed."""
    return [
        {
            "resource": report.query.resource,
            "query": describe(report.query),
            "reason": report.reason,
        }
        for report in verdict.failed
    ]


def _table(name: str, figures: TableFigures) -> str:
    parts: Mapping[str, int] = {
        "added": figures.added,
        "changed": figures.changed,
        "removed": figures.removed,
    }
    news = ", ".join(f"{count:,} {word}" for word, count in parts.items() if count)
    return f"{name} {figures.rows:,} rows ({news or 'unchanged'})"


def _counted(entries: list[dict[str, str]], word: str) -> list[str]:
    return [f"{len(entries):,} {word}"] if entries else []
