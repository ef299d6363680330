"""How a run may treat NCBI: the address, the limits, the patience."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harvester.fetch.retry import Policy

__all__ = ["PAGE_LIMIT", "PATIENCE", "Pace"]

#: The most bytes of one answer, as they travel and inflated.
PAGE_LIMIT = 256 * 2**20
#: Seconds that an outage may last before the run ends.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)  # not a struct: its repr leaves out the key
class Pace:
    """How a run may treat NCBI."""

    base_url: str
    rate: float
    concurrency: int
    api_key: str | None = field(default=None, repr=False)
    policy: Policy = field(default_factory=Policy)
    patience: float = PATIENCE
    page_limit: int = PAGE_LIMIT
    #: Pages a second that NCBI gives at the most, whatever the rate: no walk is cut for more.
    most_pages: float = 10.0
    #: Requests a second of all runs of this process, where that is more than the rate of one.
    granted: float = 0.0

    @property
    def server(self) -> str:
        """Whose limit it is."""
        return urlsplit(self.base_url).netloc
