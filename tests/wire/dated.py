"""NCBI with genomes that were released on many days: any taxon has so many, in some order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

from tests.wire.hostile import Answer, Asked, Told

__all__ = ["genomes"]

_FIRST = date(2015, 1, 1)
_DAYS = 4000


def _day(number: int) -> str:
    return (_FIRST + timedelta(days=number % _DAYS)).isoformat()


def _as_stored(numbers: Iterable[int]) -> Iterable[int]:
    return numbers


def genomes(
    each: int,
    on_count: Callable[[], object] = lambda: None,
    order: Callable[[Iterable[int]], Iterable[int]] = _as_stored,
    on_page: Callable[[], object] = lambda: None,
) -> Answer:
    """Answers for so many genomes a taxon; `order` puts those numbers in their place.

    Genome n was released on day n, after four thousand days on the first one again.
    """

    def answer(asked: Asked) -> Told:
        parts = urlsplit(asked.target)
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        taxon = parts.path.split("/taxon/")[1].split("/")[0]
        first = told.get("filters.first_release_date", "")
        last = told.get("filters.last_release_date", "9999")
        found = [n for n in order(range(each)) if first <= _day(n) <= last]
        if told["page_size"] == "1":
            on_count()
            return _page(taxon, found, 0, 1)
        on_page()
        return _page(taxon, found, int(told.get("page_token", "0")), 1000)

    return answer


def _page(taxon: str, found: Sequence[int], start: int, size: int) -> Told:
    reports = [
        {"accession": f"GCF_{taxon}{n:06}.1", "assembly_info": {"release_date": _day(n)}}
        for n in found[start : start + size]
    ]
    told = {"reports": reports, "total_count": len(found)}
    more = {"next_page_token": str(start + size)} if start + size < len(found) else {}
    return Told(json.dumps(told | more).encode())
