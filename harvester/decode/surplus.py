"""The slow path: one record, value by value, to what columns hold and what they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harvester.catalogue import Resource
from harvester.decode.messages import MESSAGE_NAMES, read_messages
from harvester.decode.names import segment, snake
from harvester.decode.strict import json_object, json_text, members, parse_record
from harvester.decode.values import FITTING
from harvester.model import Message
from harvester.schema import Field, camel

__all__ = ["Settled", "Settler", "Surplus"]

Object = dict[str, Any]


@dataclass(slots=True)
class Surplus:
    """What of one record no column holds, by JSON Pointer, and why not."""

    values: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, pointer: str, kind: str, value: Any) -> None:  # noqa: ANN401 - parsed JSON
        """Keeps a value: an unknown `field`, or one whose `type` does not fit."""
        place, number = pointer, 0
        while place in self.values:
            number += 1
            place = f"{pointer}#{number}"
        self.values[place] = value
        self.kinds[place] = kind

    def add_earlier(self, pointer: str, value: Any) -> None:  # noqa: ANN401 - parsed JSON
        """Keeps a value that a later one of the same name replaces."""
        number = 1
        while f"{pointer}#{number}" in self.values:
            number += 1
        self.add(f"{pointer}#{number}", "type", value)


@dataclass(slots=True)
class Settled:
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


@dataclass(frozen=True, slots=True)
class _Slot:
    """A field ready to take values; the members of a struct stand under each spelling."""

    name: str
    step: str
    many: bool
    fit: Callable[[Any], Any]
    members: Mapping[str, _Slot]


class Settler:
    """Takes the records of one resource apart."""

    def __init__(self, resource: Resource, fields: Sequence[Field], key: Sequence[str]) -> None:
        self._resource = resource
        self._slots = _slots(fields)
        self._key = key
        self._wrappers = {resource.wrapper, camel(resource.wrapper)} - {""}

    def settle(self, line: bytes) -> Settled:
        """The record that a line holds; BadRecord where it holds none."""
        report, around = self._unwrap(parse_record(line))
        surplus = Surplus()
        settled = Settled(_object(report, self._slots, "", surplus), surplus)
        for name, value in _distinct(around, {}, "", surplus).items():
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
        settled.row |= _object({name: value}, self._slots, "", settled.surplus)


def _slots(fields: Sequence[Field]) -> dict[str, _Slot]:
    slots = {
        field.name: _Slot(
            field.name,
            segment(field.name),
            field.many,
            FITTING[field.kind],
            _slots(field.fields),
        )
        for field in fields
    }
    return {camel(name): slot for name, slot in slots.items()} | slots


def _object(value: Object, slots: Mapping[str, _Slot], pointer: str, surplus: Surplus) -> Object:
    """The members that columns hold; pointers are put together only where one is needed."""
    held: Object = {}
    for name, item in _distinct(value, slots, pointer, surplus).items():
        slot = slots.get(name)
        if slot is None:
            surplus.add(pointer + segment(name), "field", item)
            continue
        fitted = _fit_many(item, slot, pointer, surplus) if slot.many else slot.fit(item)
        if isinstance(fitted, dict):
            held[name] = _object(fitted, slot.members, pointer + slot.step, surplus)
        elif fitted is not None:
            held[name] = fitted
        else:
            surplus.add(pointer + slot.step, "type", item)
    return held


def _fit_many(value: Any, slot: _Slot, above: str, surplus: Surplus) -> list[Any] | None:  # noqa: ANN401
    """The elements, with nothing in the place of those that do not fit."""
    if not isinstance(value, list):
        return None
    held: list[Any] = []
    for index, item in enumerate(value):
        fitted = None if item is None else slot.fit(item)
        if isinstance(fitted, dict):
            fitted = _object(fitted, slot.members, f"{above}{slot.step}/{index}", surplus)
        elif fitted is None and item is not None:
            surplus.add(f"{above}{slot.step}/{index}", "type", item)
        held.append(fitted)
    return held


def _distinct(value: Object, slots: Mapping[str, _Slot], pointer: str, surplus: Surplus) -> Object:
    """The members that are not null under their snake_case names, of equal names the last."""
    found: Object = {}
    for name, item in members(value):
        if item is None:
            continue
        known = slots[name].name if name in slots else snake(name)
        if known in found:
            surplus.add_earlier(pointer + segment(known), found[known])
        found[known] = item
    return found


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
