"""How much is left to ask for, of each chain and of all: what a cut is weighed by. Pure."""

from __future__ import annotations

from math import ceil

from harvester.catalogue import PAGE_SIZE

__all__ = ["Outlook", "pages_of"]


def pages_of(records: float) -> int:
    """How many pages so many records fill."""
    return ceil(records / PAGE_SIZE)


class Outlook:
    """The pages left of the chains that are walked or wait for it, as far as is known."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}

    @property
    def rest(self) -> int:
        """The pages left of all chains."""
        return sum(self._left.values())

    def expect(self, chain: str, pages: int) -> None:
        """So many pages of a chain are left."""
        self._left[chain] = max(0, pages)

    def drop(self, chain: str) -> None:
        """Nothing more is asked for in this chain's name."""
        self._left.pop(chain, None)
