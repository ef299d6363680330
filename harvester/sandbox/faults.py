"""Faults on request: which of them strike a request, decided by chance of the seed or by count."""

from __future__ import annotations

import re
from typing import NoReturn

from msgspec import Struct

from harvester.errors import SpecError
from harvester.sandbox.noise import mix

__all__ = ["FAULTS", "Effects", "Faults"]

#: What each fault does, as `harvester sandbox --help` and the documentation say it.
FAULTS = {
    "400": "refuses the request",
    "404": "does not find what was asked for",
    "408": "gives up waiting for the request",
    "429": "answers that there were too many requests",
    "429-seconds": "the same, and says in how many seconds to come back",
    "429-date": "the same, and says at what time to come back",
    "500": "fails inside",
    "500-html": "fails inside, in HTML",
    "500-empty": "fails inside, without a word",
    "502": "a gateway in front fails, in HTML",
    "503": "is out of service, in HTML",
    "503-json": "is out of service, in JSON",
    "503-empty": "is out of service, without a word",
    "503-seconds": "is out of service, and says in how many seconds to come back",
    "504": "a gateway in front gives up, in HTML",
    "html403": "blocks the address with a page in HTML",
    "refused": "drops all connections and refuses new ones for a third of a second",
    "reset": "resets the connection before any header",
    "reset-body": "resets the connection in the middle of the body",
    "truncated": "ends the body before its stated length",
    "badgzip": "sends a compressed body that cannot be inflated",
    "drip": "sends the body slowly, piece by piece",
    "hang": "accepts the request and never answers",
    "stale-token": "no longer knows the page token",
    "repeat-token": "gives the token of the page itself as the next one",
    "shifted": "begins half a page too early: its rows moved on since the page before",
    "skipped": "begins half a page too late: its rows moved up since the page before",
    "empty": "answers with nothing at all, as if there were no records",
    "unknown-field": "adds fields and values that nobody documented",
    "broken-line": "cuts one NDJSON line off in the middle",
    "moving-total": "states another total on each page",
    "refuse-list": "refuses a whole list for one unknown identifier",
    "camel": "writes field names in camelCase",
    "bare": "uses the older layout: genes without their wrapper",
    "shrink": "leaves this percentage of the records out of lists, silently",
    "gone": "knows this percentage of the records no longer, however asked",
    "unsorted": "leaves this percentage of the records out of lists by date, type or place",
}
_PERCENT = {"shrink", "gone", "unsorted"}
#: These strike only requests for a later page.
_PAGED = {"stale-token", "repeat-token", "shifted", "skipped"}
_RULE = re.compile(
    r"(?:(?P<family>\w+)/)?(?P<name>[a-z0-9-]+?)"
    r"(?::(?P<share>[\d.]+)|@(?P<first>\d+)(?:-(?P<last>\d+)|(?P<open>\+))?)?"
)


class _Rule(Struct, frozen=True):
    """One fault: always for a share of the requests, or for those with certain numbers."""

    name: str
    family: str
    share: float
    first: int = 0
    last: int = 0

    def strikes(self, number: int, seed: int, place: int) -> bool:
        """Whether the request with this number is struck."""
        if self.first:
            return self.first <= number <= self.last
        return mix(seed, place, number, 11) % 1_000_000 < self.share * 1_000_000


class Effects(Struct, frozen=True):
    """What happens to one request; percentages of records that are missing."""

    names: frozenset[str] = frozenset()
    shrink: float = 0.0
    gone: float = 0.0
    unsorted: float = 0.0

    def __contains__(self, name: str) -> bool:
        return name in self.names


class Faults:
    """The faults in force; `set` changes them while the sandbox runs."""

    def __init__(self, text: str = "", seed: int = 0) -> None:
        self._seed = seed
        self.text = ""
        self._rules: list[_Rule] = []
        self._numbers: list[int] = []
        self.set(text)

    def set(self, text: str, seed: int | None = None) -> None:
        """Puts other faults in force; the counting of requests begins anew."""
        self._seed = self._seed if seed is None else seed
        rules = [_parse(part.strip()) for part in text.split(",") if part.strip()]
        self.text = text
        self._rules, self._numbers = rules, [0] * len(rules)

    def draw(self, family: str, *, token: bool, ndjson: bool) -> Effects:
        """The faults that strike the next request of a family."""
        rules, numbers = self._rules, self._numbers
        names: set[str] = set()
        missing = dict.fromkeys(_PERCENT, 0.0)
        for place, rule in enumerate(rules):
            if rule.family not in {"", family} or not _eligible(rule.name, token, ndjson):
                continue
            numbers[place] += 1
            if rule.name in _PERCENT:
                missing[rule.name] = rule.share
            elif rule.strikes(numbers[place], self._seed, place):
                names.add(rule.name)
        return Effects(frozenset(names), **missing)


def _eligible(name: str, token: bool, ndjson: bool) -> bool:  # noqa: FBT001 - two facts
    if name in _PAGED:
        return token
    return ndjson if name == "broken-line" else True


def _parse(text: str) -> _Rule:
    """Reads `500:0.1`, `reset@3`, `gene/429@2-5`, `shrink:10`, `camel`."""
    match = _RULE.fullmatch(text)
    if match is None or match["name"] not in FAULTS:
        _refuse(text)
    name, family = match["name"], match["family"] or ""
    if match["first"]:
        first = int(match["first"])
        last = 1 << 62 if match["open"] else int(match["last"] or first)
        return _Rule(name, family, 0.0, first, last)
    return _Rule(name, family, _share(text, name, match["share"]))


def _share(text: str, name: str, share: str | None) -> float:
    if share is None:
        return 100.0 if name in _PERCENT else 1.0
    try:
        value = float(share)
    except ValueError:
        _refuse(text)
    if value > (100 if name in _PERCENT else 1):
        _refuse(text)
    return value


def _refuse(text: str) -> NoReturn:
    message = f"{text!r} is no fault: write NAME, NAME:SHARE, NAME@N, NAME@N-M or NAME@N+"
    raise SpecError(f"{message}, with FAMILY/ before it if wanted; names: {', '.join(FAULTS)}")
