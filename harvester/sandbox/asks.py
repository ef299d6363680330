"""What a request asks for, free of HTTP, and what the universe answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Protocol

from msgspec import Struct, field

from harvester.sandbox.templates import Json, Record

__all__ = ["Ask", "Kind", "Refusal", "Selection", "message"]


class Refusal(Exception):
    """An answer that is an error: its HTTP status and its text."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class Ask(Struct, frozen=True, dict=True):
    """A checked request: a family of paths, a selector with its values, filters by bare name."""

    family: str
    selector: str
    values: tuple[str, ...]
    taxon: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    page_size: int = 20
    token: str = ""

    @cached_property
    def _named(self) -> dict[str, tuple[str, ...]]:
        return dict(self.filters)

    def many(self, name: str) -> tuple[str, ...]:
        """The values of a filter; none if it was not named."""
        return self._named.get(name, ())

    def one(self, name: str) -> str:
        """The last value of a filter, or an empty text."""
        return (self.many(name) or ("",))[-1]

    def flag(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.one(name) == "true"

    def day(self, name: str) -> date | None:
        """A filter's date."""
        return date.fromisoformat(self.one(name)[:10]) if self.one(name) else None

    @property
    def scope(self) -> str:
        """Tells requests apart that are not pages of the same query."""
        plain = (self.family, self.selector, sorted(self.values), self.taxon, sorted(self.filters))
        return hashlib.blake2b(repr(plain).encode(), digest_size=6).hexdigest()


class Selection(Struct, frozen=True):
    """The records that answer a query, as ascending keys, and what there is to say about them."""

    keys: Sequence[int]
    messages: tuple[Record, ...] = ()
    echo: dict[int, tuple[str, ...]] = field(default_factory=dict)
    warnings: dict[int, tuple[Record, ...]] = field(default_factory=dict)
    #: Identifiers that nobody knows.
    unknown: tuple[str, ...] = ()


class Kind(Protocol):
    """One kind of report: which records answer a query, and their texts."""

    def select(self, ask: Ask) -> Selection:
        """All records that answer, whatever the page."""

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The elements of `reports[]` for these keys."""


def message(level: str, **facts: Json) -> Record:
    """A warning or an error, as it stands in `messages[]`."""
    return {level: facts}
