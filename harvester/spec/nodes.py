"""YAML to values that know where they stand; nothing in the text is constructed or executed."""

from __future__ import annotations

from typing import Literal, TypeAlias

import yaml
from msgspec import Struct

from harvester.errors import Fault, SpecError
from harvester.spec.compose import compose, place_of
from harvester.spec.faults import Faults, Place, shown

__all__ = ["Broken", "Entry", "Listing", "Node", "Scalar", "ScalarKind", "Table", "parse"]

ScalarKind = Literal["text", "int", "float", "bool", "null", "date"]

_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, ScalarKind] = {
    f"{_TAG}str": "text",
    f"{_TAG}int": "int",
    f"{_TAG}float": "float",
    f"{_TAG}bool": "bool",
    f"{_TAG}null": "null",
    f"{_TAG}timestamp": "date",
    f"{_TAG}merge": "text",
    f"{_TAG}value": "text",
}
#: Aliases may make a small text huge, or endless: no honest job is so deep or has so many values.
_DEEPEST = 24
_MOST_VALUES = 500_000


class Scalar(Struct, frozen=True):
    """A single value: what YAML takes it for, and the text as it was written."""

    place: Place
    kind: ScalarKind
    text: str


class Listing(Struct, frozen=True):
    """A list."""

    place: Place
    items: tuple[Node, ...]


class Entry(Struct, frozen=True):
    """A key of a mapping, with its place, and its value."""

    key: str
    place: Place
    value: Node


class Table(Struct, frozen=True):
    """A mapping, in the order of the file."""

    place: Place
    entries: tuple[Entry, ...]

    def get(self, key: str) -> Entry | None:
        """The entry of a key."""
        return next((entry for entry in self.entries if entry.key == key), None)


class Broken(Struct, frozen=True):
    """A value whose fault is noted already: whoever meets it says nothing more."""

    place: Place


Node: TypeAlias = Scalar | Listing | Table | Broken


def parse(text: str, file: str, faults: Faults) -> Node:
    """The document; what is no YAML at all is raised, what can be skipped goes to `faults`."""
    return _Reader(file, faults).read(compose(text, file), 0)


class _Reader:
    """Turns the nodes of PyYAML into ours, within bounds."""

    def __init__(self, file: str, faults: Faults) -> None:
        self._file = file
        self._faults = faults
        self._values = 0

    def read(self, node: yaml.Node, depth: int) -> Node:
        place = place_of(self._file, node.start_mark)
        self._values += 1
        if depth > _DEEPEST or self._values > _MOST_VALUES:
            hint = "long lists belong into a file, such as ids_file: genes.txt"
            fault = Fault("not a job: too deep or too large", *_spot(place), hint)
            raise SpecError((fault,))
        if isinstance(node, yaml.ScalarNode):
            kind = _SCALARS.get(node.tag)
            return Scalar(place, kind, node.value) if kind else self._foreign(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return Listing(place, tuple(self.read(item, depth + 1) for item in node.value))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._table(node, place, depth)
        return self._foreign(node, place)

    def _table(self, node: yaml.MappingNode, place: Place, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            key = self.read(key_node, depth + 1)
            value = self.read(value_node, depth + 1)
            if not isinstance(key, Scalar):
                self._no_key(key)
            elif key.text in entries:
                first = entries[key.text].place.line
                message = f"key {shown(key.text)} is given twice"
                self._faults.add(key.place, message, f"first on line {first}")
            else:
                entries[key.text] = Entry(key.text, key.place, value)
        return Table(place, tuple(entries.values()))

    def _no_key(self, key: Node) -> None:
        if not isinstance(key, Broken):
            self._faults.add(key.place, "a key must be a plain name")

    def _foreign(self, node: yaml.Node, place: Place) -> Broken:
        tag = node.tag.replace(_TAG, "!!")
        self._faults.add(place, f"the YAML tag {shown(tag)} has no meaning here")
        return Broken(place)


def _spot(place: Place) -> tuple[str, int, int]:
    return place.file, place.line, place.column
