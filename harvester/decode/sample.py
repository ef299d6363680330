"""How the records of one page are spread over time: a sample of all that a chain has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from harvester.decode.names import snake

__all__ = ["days_in"]

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


def days_in(data: bytes, column: Sequence[str]) -> tuple[tuple[date, int], ...]:
    """The days that a column of the records names, and how often, in order of the days."""
    found = Counter(day for line in data.split(b"\n") for day in _day(line, column))
    return tuple(sorted(found.items()))


def _day(line: bytes, column: Sequence[str]) -> Iterator[date]:
    """One day at the most; none where the record does not tell it."""
    value = msgspec.Raw(line)
    try:
        for step in column:
            members = {snake(name): member for name, member in _OBJECT.decode(value).items()}
            value = members[step]
        yield date.fromisoformat(_TEXT.decode(value)[:10])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, ValueError, RecursionError):
        return
