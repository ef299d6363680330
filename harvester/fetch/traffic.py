"""What goes over the wire, counted; the closed set of reasons for asking again."""

from __future__ import annotations

import re

from msgspec import Struct, field

from harvester.course import Course

__all__ = ["REASONS", "Traffic", "is_reason"]

#: Why something was asked again, as logs and the documentation call it; beside these `http 5xx`.
REASONS = frozenset(
    {
        "bad gzip",
        "blocked",
        "connect",
        "connect timeout",
        "connection",
        "empty",
        "error in answer",
        "http 408",
        "http 425",
        "http 429",
        "name resolution",
        "not JSON",
        "timeout",
        "tls",
        "token refused",
        "truncated",
    }
)
_SERVER_ERROR = re.compile(r"http [5-9]\d\d")


def is_reason(text: str) -> bool:
    """Whether this is one of the words for asking again."""
    return text in REASONS or _SERVER_ERROR.fullmatch(text) is not None


class Traffic(Struct):
    """What went over the wire so far."""

    requests: int = 0
    throttled: int = 0
    bytes_received: int = 0
    retries: dict[str, int] = field(default_factory=dict)
    course: Course = field(default_factory=Course)

    @property
    def retried(self) -> int:
        """Requests that had to be asked again."""
        return sum(self.retries.values())

    def again(self, reason: str) -> None:
        """Counts a reason for asking again."""
        self.retries[reason] = self.retries.get(reason, 0) + 1
        self.course.again()

    def sent(self, rate: float) -> None:
        """Counts a request that leaves, at a time when so many a second may."""
        self.requests += 1
        self.course.sent(rate)
