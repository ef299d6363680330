"""Single JSON values against the kinds of columns: fits exactly, or not at all."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from harvester.decode.strict import Number, json_text

__all__ = ["FITTING"]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR, _MINUTE = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]"
_CLOCK = rf"{_HOUR}(?::{_MINUTE}(?::{_MINUTE}(?:\.[0-9]{{1,6}})?)?)?"
_ZONE = rf"(?:Z|[+-]{_HOUR}(?::?{_MINUTE})?)"
_TIMESTAMP = re.compile(rf"{_DATE.pattern}(?:[T ]{_CLOCK}{_ZONE}?)?")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _int(value: object) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    elif isinstance(value, Number) and value.text == "-0":
        return 0
    return value if type(value) is int and _SMALLEST <= value <= _LARGEST else None


def _quoted_int(value: object) -> str | None:
    number = _int(value)
    return None if number is None else str(number)


def _float(value: object) -> float | None:
    """A decimal fraction as its nearest float, an integer only where the float is exact."""
    if isinstance(value, Number):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if float(value) == value else None
    return None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: object) -> str | None:
    return _moment(value, _DATE, date.fromisoformat)


def _timestamp(value: object) -> str | None:
    return _moment(value, _TIMESTAMP, _utc)


def _moment(value: object, form: re.Pattern[str], read: Callable[[str], object]) -> str | None:
    if not isinstance(value, str) or not form.fullmatch(value):
        return None
    try:
        read(value)
    except (ValueError, OverflowError):
        return None
    return value


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment - (moment.utcoffset() or moment.resolution * 0)


def _struct(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _nothing(_: object) -> None:
    """Bytes do not travel as JSON."""


#: The value as the fast path reads that kind, or None where the column cannot hold it; the
#: members of a struct are another matter.
FITTING: Mapping[str, Callable[[Any], Any]] = {
    "string": _string,
    "int": _int,
    "quoted_int": _quoted_int,
    "float": _float,
    "bool": _bool,
    "date": _date,
    "timestamp": _timestamp,
    "json": json_text,
    "blob": _nothing,
    "struct": _struct,
}
