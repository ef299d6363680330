"""Chance that is the same on every machine: integer hashes and permutations, no state."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random

__all__ = [
    "BLOCK",
    "chance",
    "day_number",
    "day_text",
    "gather",
    "mix",
    "recent_day",
    "scatter",
    "whole",
]

_MASK = (1 << 64) - 1
#: Serial numbers that one taxon may use.
BLOCK = 10_000_000
_STEP, _SHIFT = 7_368_787, 2_345_678
_BACK = pow(_STEP, -1, BLOCK)
#: Digits of the largest number of 64 bits.
_DIGITS = 19
_DAY_ZERO = date(2000, 1, 1)
#: Days from day zero to the newest record of the sandbox.
_DAYS = 9_650


def mix(*parts: int) -> int:
    """A hash of 64 bits of a few whole numbers."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = (state ^ part) * 0xBF58476D1CE4E5B9 & _MASK
        state ^= state >> 31
        state = state * 0x94D049BB133111EB & _MASK
        state ^= state >> 29
    return state


def scatter(index: int) -> int:
    """A serial number for a record: looks random, is unique within its block."""
    return (index * _STEP + _SHIFT) % BLOCK


def gather(serial: int) -> int:
    """The index that `scatter` gave this serial number."""
    return (serial - _SHIFT) * _BACK % BLOCK


def recent_day(noise: int) -> int:
    """A day number; the nearer to the present, the more records there are of it."""
    return _DAYS - ((noise & 0xFFFF) * (noise >> 16 & 0xFFFF) * _DAYS >> 32)


@cache
def day_number(text: str) -> int:
    """The day number of a calendar date."""
    return (date.fromisoformat(text) - _DAY_ZERO).days


def day_text(day: int) -> str:
    """A day number as a calendar date."""
    return (_DAY_ZERO + timedelta(days=day)).isoformat()


def chance(rng: Random, share: float, *, always: bool = False) -> bool:
    """Whether something that this share of the records has is there."""
    return always or rng.random() < share


def whole(text: str) -> int | None:
    """A text as a whole number, if it is one that fits into 64 bits."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < _DIGITS else None
