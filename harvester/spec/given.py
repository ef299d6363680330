"""A job that a program holds, as dicts and lists: the nodes that a file of the same words makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from numbers import Integral, Real
from os import PathLike, fspath

from harvester.errors import Fault, SpecError
from harvester.spec.faults import Faults, Place, shown
from harvester.spec.nodes import Broken, Entry, Listing, Node, Scalar, ScalarKind, Table

__all__ = ["given"]

#: No honest job is so deep; a list that holds itself is.
_DEEPEST = 24


def given(value: object, faults: Faults, where: str = "", depth: int = 0) -> Node:
    """The node of a value; `where` it stands is what messages say in the place of a line."""
    place = Place(where)
    if depth > _DEEPEST:
        raise SpecError((Fault("not a job: too deep", where.partition(".")[0]),))
    if isinstance(value, Mapping):
        return _table(value, faults, place, depth)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        nodes = (given(one, faults, f"{where}[{n}]", depth + 1) for n, one in enumerate(value))
        return Listing(place, tuple(nodes))
    return _scalar(value, place) or _foreign(value, faults, place)


def _table(values: Mapping[object, object], faults: Faults, place: Place, depth: int) -> Table:
    entries: dict[str, Entry] = {}
    for key, value in values.items():
        if not isinstance(key, str):
            faults.add(place, f"a key must be a name, not {shown(str(key))}")
            continue
        where = f"{place.file}.{key}" if place.file else key
        node = given(value, faults, where, depth + 1)
        entries[key] = Entry(key, Place(where), node)
    return Table(place, tuple(entries.values()))


def _scalar(value: object, place: Place) -> Scalar | None:
    """A single value as YAML would have it; of a number that came from elsewhere as well."""
    written: tuple[ScalarKind, str] | None = None
    if value is None:
        written = "null", "null"
    elif isinstance(value, bool):
        written = "bool", str(value).lower()
    elif isinstance(value, str | PathLike):
        written = "text", str(fspath(value))
    elif isinstance(value, Integral):
        written = "int", str(int(value))
    elif isinstance(value, Real):
        written = "float", repr(float(value))
    elif isinstance(value, date):
        written = "date", value.isoformat()
    return Scalar(place, *written) if written else None


def _foreign(value: object, faults: Faults, place: Place) -> Broken:
    kind = type(value).__name__
    hint = "list(…) makes a list of it" if hasattr(value, "__iter__") else ""
    faults.add(place, f"a job holds no {kind}", hint)
    return Broken(place)
