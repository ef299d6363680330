"""How far one chain is, as the journal tells: what a walk goes on from, and is judged by."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from harvester.model import Drift, Message

__all__ = ["ChainState", "Doubt"]

#: How NCBI words a 400 about a name or number that it does not know.
_NOT_KNOWN = "not a recognized"


class Doubt(Struct, frozen=True):
    """What a chain's first walk brought, and why that was not believed.

    `counted` is what NCBI Taxonomy counts for a taxon that answered with nothing.
    """

    received: int
    distinct: int
    counted: int = 0


class ChainState(Struct):
    """How far a chain is, counting only its newest epoch."""

    epoch: int = 0
    doubt: Doubt | None = None
    pages: int = 0
    token: str = ""
    done: bool = False
    failure: str = ""
    status: int = 0
    received: int = 0
    rows: int = 0
    quarantined: int = 0
    total: int | None = None
    messages: list[Message] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)

    @property
    def unknown(self) -> bool:
        """Whether NCBI answered that it does not know what is asked for; not after a page of it."""
        refused = self.status == 404 or (self.status == 400 and _NOT_KNOWN in self.failure)  # noqa: PLR2004
        return refused and not self.pages

    @property
    def failed(self) -> bool:
        """Whether the chain was given up."""
        return bool(self.failure) and not self.unknown

    def note(self, page: dict[str, Any]) -> None:
        """One page more is durable."""
        self.pages = page["number"] + 1
        self.token = page["next"]
        self.done = not page["next"]
        self.received += page["received"]
        self.rows += page["rows"]
        self.quarantined += page.get("quarantined", 0)
        if self.total is None:
            self.total = page.get("total")
        self.messages += [_message(entry) for entry in page.get("messages", ())]
        self.drift += [Drift(**entry) for entry in page.get("drift", ())]


def _message(entry: dict[str, Any]) -> Message:
    return Message(**{**entry, "identifiers": tuple(entry.get("identifiers", ()))})
