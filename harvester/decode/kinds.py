"""Which kind of report records look like, by the names they hold: one kind passes for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from harvester.catalogue import RESOURCES, Resource
from harvester.decode.former import todays
from harvester.decode.names import snake
from harvester.decode.strict import BadRecord, parse_record
from harvester.schema import camel, load_schema

__all__ = ["likelier_kind"]

Object = dict[str, Any]


def likelier_kind(resource: str, lines: Iterable[bytes]) -> str:
    """The kind that the records are more like than the one given; nothing where there is none."""
    known: Counter[str] = Counter()
    for line in lines:
        try:
            record = parse_record(line)
        except BadRecord:
            continue
        known.update({one.name: _known(record, one) for one in RESOURCES.values()})
    best = max(known, key=lambda name: known[name], default=resource)
    return best if known[best] > known[resource] else ""


def _known(record: Object, resource: Resource) -> int:
    """How many of a record's names are columns of the resource's table."""
    return len(_names(record, resource) & _columns(resource.name))


def _names(record: Object, resource: Resource) -> set[str]:
    for wrapper in {resource.wrapper, camel(resource.wrapper)} - {""}:
        if isinstance(record.get(wrapper), dict):
            record = record[wrapper]
    return {snake(name) for name in todays(resource.name, record)}


@cache
def _columns(table: str) -> frozenset[str]:
    return frozenset(field.name for field in load_schema(table).fields)
