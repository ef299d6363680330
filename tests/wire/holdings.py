"""An NCBI that holds some genomes of one taxon, and loses some of them when a test says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.wire.hostile import Asked, Told

__all__ = ["Holdings", "accession"]

_FIRST = date(2020, 1, 1)
_DAYS = 1000


def accession(number: int) -> str:
    return f"GCF_{number:09}.1"


@dataclass
class Holdings:
    """Genomes by number; of a thousand each was released on a day of its own."""

    held: set[int]
    #: Called after each count: a request for a page of one record.
    counted: Callable[[], object] = lambda: None
    #: Whether a page with these genomes cannot be had.
    fails: Callable[[list[int]], bool] = lambda _: False

    def answer(self, asked: Asked) -> Told:
        """What NCBI says: a page of a taxon's genomes between two days, or those of a list."""
        parts = urlsplit(asked.target)
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "/taxon/" not in parts.path:
            names = set(re.findall(r"GCF_\d+\.1", asked.target + asked.body.decode()))
            return _told(_report(n) for n in sorted(self.held) if accession(n) in names)
        first = told.get("filters.first_release_date", "")
        last = told.get("filters.last_release_date", "9999")
        found = [n for n in sorted(self.held) if first <= _day(n) <= last]
        return self._page(found, int(told.get("page_token", "0")), int(told["page_size"]))

    def _page(self, found: list[int], start: int, size: int) -> Told:
        page = found[start : start + size]
        if self.fails(page):
            return Told(status=500)
        if size == 1:
            self.counted()
        more = {"next_page_token": str(start + size)} if start + size < len(found) else {}
        return _told(map(_report, page), total_count=len(found), **more)


def _told(reports: Iterable[dict[str, Any]], **more: Any) -> Told:
    return Told(json.dumps({"reports": list(reports), **more}).encode())


def _report(number: int) -> dict[str, Any]:
    return {"accession": accession(number), "assembly_info": {"release_date": _day(number)}}


def _day(number: int) -> str:
    return (_FIRST + timedelta(days=number % _DAYS)).isoformat()
