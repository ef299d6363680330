"""Values of the database as text: scalars as they read best, what is nested as JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal

__all__ = ["as_json", "plain_text"]


def plain_text(value: object) -> str:
    """A scalar as it reads best; what is nested as JSON."""
    if isinstance(value, list | dict | bool):
        return as_json(value)
    return value if isinstance(value, str) else str(_plain(value))


def as_json(value: object) -> str:
    """A value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":"))


def _plain(value: object) -> str | int | float:
    """What JSON has no form for."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)
