"""What a look at something found, and what to do about it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Finding", "State"]

#: `look`: it goes on, and somebody should see to it; `wrong`: a run would fail, or data is at risk.
State = Literal["fine", "skipped", "look", "wrong"]


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    state: State
    found: str
    advice: str = ""

    @property
    def well(self) -> bool:
        """Whether nobody needs to do anything."""
        return self.state in ("fine", "skipped")
