"""A slow, obvious harvester to compare with: JSON pages one by one, leaves compared one by one."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

Report = dict[str, Any]


def pages(url: str, path: str, parameters: str = "") -> Iterator[Report]:
    """The JSON pages of one chain."""
    token = ""
    while True:
        following = f"&page_token={quote(token)}" if token else ""
        address = f"{url}{path}?page_size=700{parameters}{following}"
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - loopback
            page = json.load(answer)
        yield page
        token = page.get("next_page_token", "")
        if not token:
            return


def reports(url: str, path: str, parameters: str = "", field: str = "reports") -> list[Report]:
    """All records of one chain, still wrapped."""
    return [one for page in pages(url, path, parameters) for one in page.get(field, ())]


def unwrapped(report: Report, wrapper: str) -> Report:
    """The report with the columns that stand beside it in its wrapper."""
    if not wrapper:
        return report
    beside = {k: v for k, v in report.items() if k not in {wrapper, "query", "warnings", "errors"}}
    return {**beside, **report.get(wrapper, {})}


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each scalar with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    elif value is not None:
        yield path, value


def lost(report: Report, row: Report) -> list[str]:
    """The leaves of a report that are neither in the row's columns nor in its `_extra`."""
    extra = dict(leaves(_extra(row)))
    return [
        f"{path} = {value!r}"
        for path, value in leaves(report)
        if not _same(value, _at(row, path)) and extra.get(path) != value
    ]


def _extra(row: Report) -> Report:
    """`_extra` with its pointers spread out, so that its leaves stand where the report's do."""
    spread: Report = {}
    for pointer, value in json.loads(row["_extra"] or "{}").items():
        *outer, last = [_step(part) for part in pointer.split("/")[1:]]
        inner: Any = spread
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return spread


def _step(part: str) -> Any:
    return int(part) if part.isdigit() else part.replace("~1", "/").replace("~0", "~")


def _at(row: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        try:
            row = row[step]
        except (KeyError, IndexError, TypeError):
            return None
    return row


def _same(sent: Any, kept: Any) -> bool:
    if isinstance(kept, datetime):
        return datetime.fromisoformat(str(sent)).replace(tzinfo=None) == kept
    if isinstance(kept, date):
        return str(sent) == kept.isoformat()
    if isinstance(kept, bool) or isinstance(sent, bool):
        return sent is kept
    if isinstance(kept, int) and isinstance(sent, str):
        return sent == str(kept)
    return bool(sent == kept)
