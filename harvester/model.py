"""The frozen values that travel between the stages: spec, plan, fetch, decode, store, publish."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

__all__ = [
    "Chain",
    "Drift",
    "Every",
    "FilterValue",
    "Filters",
    "Hooks",
    "Job",
    "Limits",
    "Message",
    "Opened",
    "Page",
    "Query",
    "Rejected",
    "Stamp",
    "Taxon",
]

FilterValue = str | bool | int | tuple[str, ...] | tuple[int, ...]
Filters = tuple[tuple[str, FilterValue], ...]


class Limits(Struct, frozen=True):
    """What a job allows itself; `None` means what NCBI allows."""

    requests_per_second: float | None = None
    concurrency: int = 16
    max_removed_percent: float = 2.0
    page_megabytes: int = 256


class Every(Struct, frozen=True):
    """How often something is due: after so many seconds or, where that is said, so many runs."""

    seconds: float = 7 * 86400.0
    runs: int = 0


class Query(Struct, frozen=True):
    """One entry of a job: a resource, one kind of selector, filters.

    `ignore_changes` are columns, or members of them, whose difference is no change. With the
    `refresh` "new" only what is new is asked for, and all of it as often as `full_every` says.
    """

    id: str
    resource: str
    selector: str
    values: tuple[str, ...]
    taxon: str | None = None
    filters: Filters = ()
    endpoint: str = "default"
    ignore_changes: tuple[str, ...] = ()
    refresh: str = "full"
    full_every: Every = Every()


class Hooks(Struct, frozen=True):
    """Commands that are told how a run ended: each a program with its arguments, or nothing.

    `on_change` runs where a table changed, before one of the other two. None may take longer than
    `timeout` seconds.
    """

    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    on_change: tuple[str, ...] = ()
    timeout: float = 60.0


class Job(Struct, frozen=True):
    """A checked job file."""

    name: str
    queries: tuple[Query, ...]
    description: str = ""
    schedule: str | None = None
    lake: str = "data/lake"
    database: str = "data/harvest.duckdb"
    register: str = "tables"
    limits: Limits = field(default_factory=Limits)
    #: Seconds that an outage of NCBI is waited out.
    patience: float = 120.0
    hooks: Hooks = field(default_factory=Hooks)
    source: str = ""


class Chain(Struct, frozen=True):
    """One walk along page tokens: plain data, so any engine may carry it elsewhere.

    `sent` and `sent_taxon` are what travels where it is not what the job says: a taxon's number in
    place of its name. `shard` are filters beyond the job's own, which cut it out of a larger chain.
    """

    id: str
    query_id: str
    resource: str
    selector: str
    values: tuple[str, ...]
    taxon: str | None = None
    filters: Filters = ()
    endpoint: str = "default"
    sent: tuple[str, ...] = ()
    sent_taxon: str | None = None
    shard: Filters = ()


class Message(Struct, frozen=True):
    """A warning or an error that NCBI put into an answer."""

    level: str
    code: str
    text: str
    identifiers: tuple[str, ...] = ()
    replaced_by: str = ""


class Opened(Struct, frozen=True):
    """An answer's body, inflated and freed of its envelope: one JSON text a line."""

    data: bytes
    total: int | None = None
    next_token: str = ""
    messages: tuple[Message, ...] = ()


class Page(Struct, frozen=True):
    """One accepted answer of a chain."""

    chain: Chain
    epoch: int
    number: int
    opened: Opened
    fetched_at: datetime
    next_token: str = ""


class Stamp(Struct, frozen=True):
    """What the harvester adds to the rows of one page."""

    run_id: str
    fetched_at: datetime
    chain: str
    request: tuple[tuple[str, str], ...] = ()


class Rejected(Struct, frozen=True):
    """Bytes that could not become a row, and why."""

    data: bytes
    reason: str
    line: int


class Drift(Struct, frozen=True):
    """Something that the schema does not know: a field, an enum value, a type."""

    pointer: str
    kind: str
    sample: str
    count: int


class Taxon(Struct, frozen=True):
    """A taxon as NCBI Taxonomy knows it: its number, its lineage, its records by kind."""

    tax_id: int
    name: str = ""
    lineage: tuple[int, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    children: tuple[int, ...] = ()
