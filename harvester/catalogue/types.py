"""The vocabulary of the catalogue: what a resource, an endpoint and a filter are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

__all__ = [
    "PAGE_SIZE",
    "Endpoint",
    "Footprint",
    "Kind",
    "Lineage",
    "Newer",
    "Param",
    "Resource",
    "Split",
]

#: The most that NCBI gives in one page.
PAGE_SIZE = 1000

Kind = Literal["bool", "string", "int", "date", "enum"]


class Param(Struct, frozen=True):
    """One filter: its bare name, its type, and the name under which it travels.

    One that `widens` brings more records than are named.
    """

    name: str
    kind: Kind
    doc: str
    many: bool = False
    choices: tuple[str, ...] = ()
    wire: str = ""
    widens: bool = False

    @property
    def wire_name(self) -> str:
        """The query parameter; in a POST body each dot of it is one level of nesting."""
        return self.wire or self.name


class Newer(Struct, frozen=True):
    """How NCBI can be asked for what is new: by which filter, held against which column.

    `overlap` are days that are asked for again: records may be dated before they appear.
    """

    filter: str
    column: tuple[str, ...]
    overlap: int = 14


class Endpoint(Struct, frozen=True):
    """How one selector of a resource travels."""

    selector: str
    path: str
    filters: tuple[Param, ...]
    variant: Literal["default", "legacy"] = "default"
    value_kind: Literal["string", "int", "taxon"] = "string"
    batch: int = 1
    companion: str = ""
    post_path: str = ""
    post_field: str = ""
    post_companion: str = ""
    ndjson: bool = True
    paged: bool = True
    newer: Newer | None = None

    def is_brief(self, filters: Iterable[tuple[str, object]]) -> bool:
        """Whether all of an answer is a page or so: of a list it is, of others nobody knows."""
        wide = {param.name for param in self.filters if param.widens}
        widened = any(name in wide and value for name, value in filters)
        return not self.paged or (self.batch > 1 and not widened)


class Split(Struct, frozen=True):
    """An axis along which a large query falls into disjoint shards.

    `selector` says which queries, `needs` which filter they must have set. `column` is where the
    report tells its place on the axis, `groups` are the values of a filter that make a shard each.
    """

    axis: Literal["release_date", "location", "type", "subtree"]
    selector: str = "taxa"
    filters: tuple[str, ...] = ()
    column: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    needs: str = ""


class Lineage(Struct, frozen=True):
    """Where a report says which taxon it belongs to, and which taxa lie above that one."""

    own: tuple[str, ...]
    above: tuple[str, ...]
    #: The member that holds the number, where the taxa above are told as structs.
    member: str = ""


class Footprint(Struct, frozen=True):
    """The bytes of a record, as a rule: as it travels, compressed, and in lake and database."""

    sent: int
    lake: int
    database: int


class Resource(Struct, frozen=True):
    """One kind of NCBI report: where it is asked for, how it is wrapped, which table it fills.

    `asked_by` is the selector that takes the table's key: with it a row that went missing is asked
    for once more. `counted_as` is the name under which taxon reports count the resource's records.
    `report_schema` is NCBI's name for the report in its specification, and `match_schema` that of
    what the report is wrapped in. `called` is the column that tells people what a key stands for.
    """

    name: str
    title: str
    key: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    footprint: Footprint
    list_field: str | None = "reports"
    wrapper: str = ""
    wrapper_columns: tuple[str, ...] = ()
    has_query_echo: bool = False
    from_request: tuple[tuple[str, str], ...] = ()
    identified_by: tuple[str, ...] = ()
    asked_by: str = ""
    counted_as: str = ""
    called: tuple[str, ...] = ()
    report_schema: str = ""
    match_schema: str = ""
    lineage: Lineage | None = None
    split: tuple[Split, ...] = field(default=())

    def endpoint(self, selector: str, variant: str = "default") -> Endpoint | None:
        """The endpoint for a selector, or None where the resource has no such path."""
        for candidate in self.endpoints:
            if (candidate.selector, candidate.variant) == (selector, variant):
                return candidate
        return None
