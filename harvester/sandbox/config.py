"""What a sandbox is made of and how it behaves: one frozen value."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

from harvester.errors import SpecError
from harvester.sandbox.noise import BLOCK, whole

__all__ = ["RetryAfter", "SandboxConfig", "Size", "parse_size"]

RetryAfter = Literal["none", "seconds", "date"]
_SIZED = ("genome", "gene", "virus", "annotation", "sequence")


class Size(Struct, frozen=True):
    """How many records of a resource there are under a taxon or in an assembly."""

    resource: str
    subject: str
    count: int


class SandboxConfig(Struct, frozen=True):
    """The flags of `harvester sandbox`.

    `rps` is the rate limit: `None` as NCBI's (5 requests a second without a key, 10 with one),
    0 for none. `latency` is that of a small answer in seconds; a full page takes 2.5 times it.
    """

    seed: int = 1
    scale: float = 1.0
    sizes: tuple[Size, ...] = ()
    rps: int | None = None
    latency: float = 0.4
    retry_after: RetryAfter = "none"
    faults: str = ""
    cache_mb: int = 32

    def __post_init__(self) -> None:
        """Refuses what cannot be served."""
        if self.scale <= 0:
            raise SpecError("the sandbox's scale must be above 0")
        if self.latency < 0 or (self.rps or 0) < 0 or self.cache_mb < 0:
            raise SpecError("the sandbox's latency, rate limit and cache cannot be negative")
        if self.retry_after not in get_args(RetryAfter):
            raise SpecError("the sandbox's retry-after is `none`, `seconds` or `date`")

    def limit(self, *, keyed: bool) -> int:
        """Requests that any one second may hold; 0 means no limit."""
        if self.rps is not None:
            return self.rps
        return 10 if keyed else 5


def parse_size(text: str) -> Size:
    """Reads `genome:562=40000`."""
    what, _, amount = text.partition("=")
    resource, _, subject = what.partition(":")
    count = whole(amount)
    if resource not in _SIZED or not subject or count is None:
        message = f"a size is written RESOURCE:ID=COUNT, such as genome:562=40000, not {text!r}"
        raise SpecError(f"{message}; resources: {', '.join(_SIZED)}")
    if count > BLOCK:
        raise SpecError(f"{text!r} is too large: at most {BLOCK} records")
    return Size(resource, subject, count)
