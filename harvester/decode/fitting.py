"""Objects against the fields of a table: what fits its column, and the surplus that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from harvester.decode.names import segment, snake
from harvester.decode.strict import members
from harvester.decode.values import FITTING
from harvester.schema import Field, camel

__all__ = ["Object", "Slot", "Surplus", "distinct", "fit_object", "slots_of"]

Object = dict[str, Any]


class Surplus(Struct):
    """What of one record no column holds, by JSON Pointer, and why not."""

    values: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, pointer: str, kind: str, value: Any) -> None:  # noqa: ANN401 - parsed JSON
        """Keeps a value: an unknown `field`, or one whose `type` does not fit."""
        place = self._numbered(pointer) if pointer in self.values else pointer
        self.values[place] = value
        self.kinds[place] = kind

    def add_earlier(self, pointer: str, value: Any) -> None:  # noqa: ANN401 - parsed JSON
        """Keeps a value that a later one of the same name replaces."""
        self.add(self._numbered(pointer), "type", value)

    def _numbered(self, pointer: str) -> str:
        """The pointer with the lowest number that is free behind it."""
        number = self._numbers.get(pointer, 0) + 1
        while f"{pointer}#{number}" in self.values:
            number += 1
        self._numbers[pointer] = number
        return f"{pointer}#{number}"


class Slot(Struct, frozen=True):
    """A field ready to take values."""

    name: str
    step: str
    many: bool
    fit: Callable[[Any], Any]
    members: Mapping[str, Slot]


def slots_of(fields: Sequence[Field]) -> dict[str, Slot]:
    """The slots of the fields, each under its snake_case and its camelCase name."""
    slots = {
        field.name: Slot(
            field.name,
            segment(field.name),
            field.many,
            FITTING[field.kind],
            slots_of(field.fields),
        )
        for field in fields
    }
    return {camel(name): slot for name, slot in slots.items()} | slots


def fit_object(value: Object, slots: Mapping[str, Slot], pointer: str, surplus: Surplus) -> Object:
    """The members that columns hold; pointers are put together only where one is needed."""
    held: Object = {}
    for name, item in distinct(value, slots, pointer, surplus).items():
        slot = slots.get(name)
        if slot is None:
            surplus.add(pointer + segment(name), "field", item)
            continue
        fitted = _fit_many(item, slot, pointer, surplus) if slot.many else slot.fit(item)
        if isinstance(fitted, dict):
            held[name] = fit_object(fitted, slot.members, pointer + slot.step, surplus)
        elif fitted is not None:
            held[name] = fitted
        else:
            surplus.add(pointer + slot.step, "type", item)
    return held


def _fit_many(value: Any, slot: Slot, above: str, surplus: Surplus) -> list[Any] | None:  # noqa: ANN401
    """The elements, with nothing in the place of those that do not fit."""
    if not isinstance(value, list):
        return None
    held: list[Any] = []
    for index, item in enumerate(value):
        fitted = None if item is None else slot.fit(item)
        if isinstance(fitted, dict):
            fitted = fit_object(fitted, slot.members, f"{above}{slot.step}/{index}", surplus)
        elif fitted is None and item is not None:
            surplus.add(f"{above}{slot.step}/{index}", "type", item)
        held.append(fitted)
    return held


def distinct(value: Object, slots: Mapping[str, Slot], pointer: str, surplus: Surplus) -> Object:
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
