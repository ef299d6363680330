"""Whether a text is a cron expression of five fields."""

from __future__ import annotations

import re

__all__ = ["cron_fault"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_PART = re.compile(r"(\*|(\w+)(?:-(\w+))?)(?:/(\w+))?", re.ASCII)


def cron_fault(expression: str) -> str:
    """What is wrong with a cron expression, or nothing."""
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        return f"has {len(parts)} fields where cron has {len(_FIELDS)}"
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        if not all(_fits(one, low, high, words) for one in part.split(",")):
            return f"has {part!r} for the {name}, which is {low} to {high}"
    return ""


def _fits(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    every, first, last, step = match.groups()
    if step is not None and not 1 <= _number(step, (), 0) <= high:
        return False
    if every == "*":
        return True
    start = _number(first, words, low)
    end = start if last is None else _number(last, words, low)
    return low <= start <= end <= high


def _number(written: str, words: tuple[str, ...], base: int) -> int:
    """A number or a name; -1, which no field allows, for anything else."""
    if written.lower() in words:
        return words.index(written.lower()) + base
    return int(written) if re.fullmatch(r"[0-9]{1,2}", written) else -1
