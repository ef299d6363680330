"""Our schemas held against NCBI's own description of its reports: what is new, gone, retyped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from harvester.catalogue import RESOURCES, Resource
from harvester.schema.fields import Field
from harvester.schema.load import load_schema

__all__ = ["Described", "Description", "Difference", "compare", "misfit"]

#: What goes to `_query` and to `meta.messages`.
_ELSEWHERE = {"query", "warning", "warnings", "error", "errors", "messages"}

#: Columns that only the older description of the API has.
_OLDER = {
    "genome": {
        "submitter",
        "organism.sci_name",
        "assembly_stats.total_length",
        "assembly_stats.number_of_chromosomes",
    },
    "gene": {"organism"},
}

#: Whole numbers in quotes although the description calls them text.
_NUMBERS_IN_FACT = {"gene.gene_groups.id", "gene.omim_ids", "annotation.omim_ids"}

#: The kinds of column that hold what the description calls so.
_FITTING: Mapping[str, frozenset[str]] = {
    "bool": frozenset({"bool"}),
    "int": frozenset({"int"}),
    "float": frozenset({"float"}),
    "quoted_int": frozenset({"quoted_int"}),
    "string": frozenset({"string", "date", "timestamp"}),
    "text": frozenset({"string", "quoted_int", "date", "timestamp"}),
    "timestamp": frozenset({"timestamp"}),
    "struct": frozenset({"struct"}),
}


class Described(Struct, frozen=True):
    """A field by NCBI's description; `struct` names the schema that has its members.

    The kind `text` is a string of which it is not said whether it is a number in quotes.
    """

    kind: str
    many: bool = False
    choices: tuple[str, ...] = ()
    struct: str = ""

    def __str__(self) -> str:
        kind = "one of several values" if self.choices else self.kind
        return f"a list of {kind}" if self.many else kind


class Description(Protocol):
    """Where NCBI says what its reports hold."""

    def members(self, struct: str) -> Mapping[str, Described] | None:
        """The fields of a schema by name; None where there is no such schema."""


class Difference(Struct, frozen=True):
    """One thing that NCBI describes otherwise than we do."""

    table: str
    path: str
    what: Literal["new", "gone", "retyped"]
    detail: str


def compare(description: Description, tables: Sequence[str] = tuple(RESOURCES)) -> list[Difference]:
    """All differences, table by table in the catalogue's order."""
    return [one for table in tables for one in _Table(RESOURCES[table], description).differences()]


def misfit(field: Field, told: Described, numbers_in_fact: bool = False) -> str:  # noqa: FBT001, FBT002
    """Why a column does not hold what is described; nothing where it does."""
    fits = field.kind in _FITTING.get(told.kind, frozenset())
    in_fact = numbers_in_fact and (field.kind, told.kind) == ("quoted_int", "string")
    if field.many == told.many and (fits or in_fact):
        return ""
    here = f"a list of {field.kind}" if field.many else field.kind
    return f"{here} here, {told} there"


class _Table(Struct, frozen=True):
    """One table at work."""

    resource: Resource
    description: Description

    def differences(self) -> Iterator[Difference]:
        resource = self.resource
        report = self.description.members(resource.report_schema)
        if report is None:
            yield self._one("", "gone", f"nothing is called {resource.report_schema}")
            return
        match = self.description.members(resource.match_schema) or {}
        around = {name: one for name, one in match.items() if name not in self._not_ours()}
        told = {name: one for name, one in {**report, **around}.items() if name not in _ELSEWHERE}
        yield from self._members(
            load_schema(resource.name).fields, told, "", (resource.report_schema,)
        )

    def _members(
        self,
        fields: Sequence[Field],
        told: Mapping[str, Described],
        above: str,
        around: tuple[str, ...],
    ) -> Iterator[Difference]:
        ours = {field.name: field for field in fields}
        for name, one in told.items():
            if name in ours:
                yield from self._field(ours[name], one, above + name, around)
            elif one.struct not in around:  # a schema that holds itself ends here at some depth
                yield self._one(above + name, "new", str(one))
        for name in ours:
            if name not in told and not self._excused(above + name):
                yield self._one(above + name, "gone", "NCBI describes it no more")

    def _field(
        self, field: Field, told: Described, path: str, around: tuple[str, ...]
    ) -> Iterator[Difference]:
        in_fact = f"{self.resource.name}.{path}" in _NUMBERS_IN_FACT
        if why := misfit(field, told, in_fact):
            yield self._one(path, "retyped", why)
        elif told.struct:
            members = self.description.members(told.struct) or {}
            yield from self._members(field.fields, members, f"{path}.", (*around, told.struct))
        else:
            for value in sorted({*told.choices} - {*field.choices}):
                yield self._one(path, "new", f"the value {value}")
            for value in sorted({*field.choices} - {*told.choices}):
                yield self._one(path, "gone", f"the value {value}")

    def _not_ours(self) -> set[str]:
        """What a wrapper holds that is no column: reports, and what stands beside other kinds."""
        ours = self.resource
        alike = [one for one in RESOURCES.values() if one.match_schema == ours.match_schema]
        beside = {name for one in alike for name in one.wrapper_columns}
        return {one.wrapper for one in alike} | beside - {*ours.wrapper_columns}

    def _excused(self, path: str) -> bool:
        """Whether a column has other grounds than today's description."""
        asked = {column for column, _ in self.resource.from_request}
        return path in _OLDER.get(self.resource.name, ()) or path in asked

    def _one(self, path: str, what: Literal["new", "gone", "retyped"], detail: str) -> Difference:
        return Difference(self.resource.name, path, what, detail)
