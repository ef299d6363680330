"""The slow path: one record to its row, its surplus and its messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import Resource
from harvester.decode.fitting import Object, Surplus, distinct, fit_object, slots_of
from harvester.decode.former import todays
from harvester.decode.messages import MESSAGE_NAMES, read_messages
from harvester.decode.names import segment
from harvester.decode.strict import json_object, json_text, members, parse_record
from harvester.model import Message
from harvester.schema import Field, camel

__all__ = ["Settled", "Settler"]


class Settled(Struct):
    """One record taken apart; without a row it says in `reason` why it cannot be one."""

    row: Object
    surplus: Surplus
    query: list[str | None] | None = None
    messages: tuple[Message, ...] = ()
    reason: str = ""
    extra: str | None = None

    @property
    def only_messages(self) -> bool:
        """Whether NCBI sent warnings or errors in place of a report, and nothing else."""
        return bool(self.messages) and not self.row and not self.surplus.values


class Settler:
    """Takes the records of one resource apart."""

    def __init__(self, resource: Resource, fields: Sequence[Field], key: Sequence[str]) -> None:
        self._resource = resource
        self._slots = slots_of(fields)
        self._key = key
        self._wrappers = {resource.wrapper, camel(resource.wrapper)} - {""}

    def settle(self, line: bytes) -> Settled:
        """The record that a line holds; BadRecord where it holds none."""
        report, around = self._unwrap(parse_record(line))
        surplus = Surplus()
        report = todays(self._resource.name, report)
        settled = Settled(fit_object(report, self._slots, "", surplus), surplus)
        for name, value in distinct(around, {}, "", surplus).items():
            self._take_outer(name, value, settled)
        return self._judge(settled)

    def _judge(self, settled: Settled) -> Settled:
        if not settled.row and settled.query:
            settled.messages = tuple(_about(message, settled.query) for message in settled.messages)
        keyless = self._key and not any(name in settled.row for name in self._key)
        if keyless and not settled.only_messages:
            settled.reason = f"no {' or '.join(self._key)}"
        if settled.surplus.values:
            settled.extra = json_text(settled.surplus.values)
        return settled

    def _unwrap(self, record: Object) -> tuple[Object, Object]:
        """The report, and what stands around it."""
        pairs = list(members(record))
        found = [i for i, (k, v) in enumerate(pairs) if k in self._wrappers and isinstance(v, dict)]
        if found:
            _, report = pairs.pop(found[-1])
            return report, json_object(pairs)
        beside = {"query", *MESSAGE_NAMES} - self._slots.keys()
        return (
            json_object([pair for pair in pairs if pair[0] not in beside]),
            json_object([pair for pair in pairs if pair[0] in beside]),
        )

    def _take_outer(self, name: str, value: Any, settled: Settled) -> None:  # noqa: ANN401
        if name == "query" and self._resource.has_query_echo:
            settled.query = _echo(value)
        if name == "query" and settled.query is not None:
            return
        if name in self._resource.wrapper_columns:
            self._take_column(name, value, settled)
        elif name in MESSAGE_NAMES and value:
            settled.messages += read_messages(name, value)
        else:
            pointer = "/@wrapper" * (name in self._slots) + segment(name)
            settled.surplus.add(pointer, "field", value)

    def _take_column(self, name: str, value: Any, settled: Settled) -> None:  # noqa: ANN401
        if name in settled.row:
            settled.surplus.add_earlier(segment(name), settled.row[name])
        settled.row |= fit_object({name: value}, self._slots, "", settled.surplus)


def _echo(value: Any) -> list[str | None] | None:  # noqa: ANN401 - parsed JSON
    """What was asked, as texts; None where it is neither text nor number."""
    items = value if isinstance(value, list) else [value]
    if not all(item is None or isinstance(item, str) or type(item) is int for item in items):
        return None
    return [None if item is None else str(item) for item in items]


def _about(message: Message, query: list[str | None]) -> Message:
    """A message in place of a report concerns what was asked, where it names nothing itself."""
    named = message.identifiers or tuple(text for text in query if text)
    return replace(message, identifiers=named)
