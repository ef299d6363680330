"""How the records of one page are spread over time: a sample of all that a chain has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import correlation

import msgspec

from harvester.decode.names import snake

__all__ = ["days_in"]

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
#: Fewer records than this lie in some order by chance.
_TELLING = 100
#: From this correlation of place and day on, the one follows the other.
_ORDERED = 0.5


def days_in(data: bytes, column: Sequence[str]) -> tuple[tuple[date, int], ...]:
    """The days that a column of the records names, and how often, in order of the days.

    None where the records come in the order of these days: then others lie on other days.
    """
    days = [day for line in data.split(b"\n") for day in _day(line, column)]
    return () if _in_order(days) else tuple(sorted(Counter(days).items()))


def _in_order(days: Sequence[date]) -> bool:
    """Whether days rise or fall with their place; of many that lie at random hardly ever."""
    ordinals = [day.toordinal() for day in days]
    if len(ordinals) < _TELLING or len(set(ordinals)) == 1:
        return False
    return abs(correlation(range(len(ordinals)), ordinals)) > _ORDERED


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
