"""Collects what is wrong in a job file, each fault with its place, so that all are told at once."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from harvester.errors import Fault

__all__ = ["Faults", "Place", "shown"]

_SHOWN = 60


class Place(Struct, frozen=True):
    """Where something stands; line and column count from 1, and 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0


class Faults:
    """The faults of one job file and of the lists beside it."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, place: Place, message: str, hint: str = "") -> None:
        """Notes one fault."""
        self._found.append(Fault(message, place.file, place.line, place.column, hint))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Notes faults that others found."""
        self._found.extend(faults)

    def in_order(self, first: str) -> tuple[Fault, ...]:
        """All that was found, in reading order, the file `first` before the lists beside it."""
        return tuple(sorted(self._found, key=lambda f: (f.file != first, f.file, f.line, f.column)))


def shown(value: str) -> str:
    """A user's text as a message shows it: quoted, without control characters, not too long."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
