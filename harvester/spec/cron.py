"""Cron expressions of five fields: what is wrong with one, and the times that it names, in UTC.

They mean what Debian's cron makes of them, told by cronsim: where both the day of the month and the
day of the week are restricted, either is enough; `L` is the last day, `mon#2` the second Monday.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from harvester.spec.faults import shown

__all__ = ["cron_fault", "next_time"]

_FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12"),
    ("day of the week", "0 to 7"),
)
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def cron_fault(expression: str) -> str:
    """What is wrong with a cron expression, or nothing."""
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        return f"has {len(parts)} fields where cron has {len(_FIELDS)}"
    for place, (part, (name, span)) in enumerate(zip(parts, _FIELDS, strict=True)):
        others = ["*"] * len(_FIELDS)
        if not _comes(" ".join([*others[:place], part, *others[place + 1 :]])):
            return f"has {shown(part)} for the {name}, which is {span}"
    return "" if _comes(expression) else "names a day that never comes"


def next_time(expression: str, after: datetime) -> datetime:
    """The first time that a sound expression names after a moment in UTC."""
    return next(CronSim(expression, after))


def _comes(expression: str) -> bool:
    try:
        next_time(expression, _SOME_DAY)
    except (CronSimError, ValueError, StopIteration):
        return False
    return True
