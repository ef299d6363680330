"""What goes over the wire, counted."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Traffic"]


@dataclass(slots=True)
class Traffic:
    """What went over the wire so far."""

    requests: int = 0
    throttled: int = 0
    bytes_received: int = 0
    failures_in_a_row: int = 0
    retries: dict[str, int] = field(default_factory=dict)

    @property
    def retried(self) -> int:
        """Requests that had to be asked again."""
        return sum(self.retries.values())

    def failed(self, reason: str) -> None:
        """Counts a passing fault by its reason."""
        self.retries[reason] = self.retries.get(reason, 0) + 1
        self.failures_in_a_row += 1
