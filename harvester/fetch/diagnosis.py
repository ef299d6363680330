"""What an outage looks like from here, in one sentence: blocked, or out of service."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["concerns_all", "diagnose", "span"]

#: What NCBI's gateway does to addresses that it does not want.
_BLOCKING = frozenset({"blocked", "connect timeout", "http 429"})
_UNREACHED = frozenset({"connect", "connect timeout", "name resolution", "tls"})
_LONGEST = 300


def concerns_all(reason: str) -> bool:
    """Whether a fault has nothing to do with what was asked for."""
    return reason in _UNREACHED or reason in _BLOCKING


def diagnose(faults: Mapping[str, int], last: str, waited: float, patience: float) -> str:
    """Which of the two it looks like, for how long, with which last fault, and what to do."""
    against_us = sum(count for reason, count in faults.items() if reason in _BLOCKING)
    blocked = 2 * against_us > sum(faults.values())
    looks, advice = _BLOCKED if blocked else _OUT
    told = f"{looks}: no good answer for {span(waited)}, the last fault was {last[:_LONGEST]}"
    return f"{told}. {advice}: it goes on where it stopped (`patience: {span(patience)}`)"


_BLOCKED = (
    "NCBI seems to have blocked this address",
    "Leave it alone for some hours, then run the job again with fewer requests a second",
)
_OUT = (
    "NCBI seems to be out of service or out of reach",
    "Run the job again later",
)


def span(seconds: float) -> str:
    """A time in the words of a job file: `90s`, `15m`, `4h`."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and round(seconds) % length == 0:
            return f"{round(seconds) // length}{unit}"
    if seconds < 10:  # noqa: PLR2004 - tenths matter
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    return f"{seconds:.0f}s"
