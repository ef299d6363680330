"""Pure decisions about failed requests: ask again after so long, or give up."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

from harvester.errors import HarvesterError, RefusedError, TransientError

__all__ = ["Budget", "Policy", "judge_status", "retry_after"]

#: Statuses that pass: the request is right, the moment is wrong.
_TRANSIENT = frozenset({408, 425, 429})
_NOT_IMPLEMENTED = 501
#: A server that asks for more patience than this is as good as out of service.
_LONGEST_WAIT = 300.0
#: A run may ask again so often, and once more for each good answer: far more than the worst day
#: needs (one answer in five lost costs one for four good ones), and an end for what never comes.
_FREE_RETRIES = 200


class Policy(Struct, frozen=True):
    """How often and how patiently a request is asked again, and how long an answer may take."""

    attempts: int = 8
    first_wait: float = 1.0
    longest_wait: float = 30.0
    connect: float = 30.0
    #: Seconds between two pieces of an answer.
    silence: float = 60.0
    #: Seconds from the moment a request leaves to the last byte of its answer.
    deadline: float = 600.0

    @classmethod
    def within(cls, patience: float) -> Policy:
        """Waits that fit into a patience: who cannot wait for NCBI cannot wait for a page."""
        waits = cls()
        return cls(
            first_wait=min(waits.first_wait, patience / 10),
            longest_wait=min(waits.longest_wait, patience / 4),
        )

    def wait(self, attempt: int, error: TransientError, chance: float) -> float | None:
        """Seconds until the next try of a request that failed `attempt` times; None: no more.

        `chance` between 0 and 1 is full jitter: many workers must not come back in step.
        """
        if attempt >= self.attempts:
            return None
        ceiling = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))
        return max(error.wait or 0.0, ceiling * chance)


class Budget(Struct):
    """What a whole run may ask again: a little at once, and more the more good answers it got."""

    good: int = 0
    used: int = 0

    @property
    def spent(self) -> bool:
        """Whether nothing is asked again any more."""
        return self.used >= _FREE_RETRIES + self.good


def judge_status(
    status: int, headers: Mapping[str, str], detail: str, now: datetime
) -> HarvesterError | None:
    """What an HTTP status means: nothing, a passing fault, or a refusal for good."""
    if status in _TRANSIENT or (status >= 500 and status != _NOT_IMPLEMENTED):  # noqa: PLR2004
        wait = retry_after(headers.get("Retry-After", ""), now)
        return TransientError(f"http {status}", detail, wait)
    if status == 403 and (not detail or "<html" in detail.lower()):  # noqa: PLR2004
        # NCBI's own refusals say why; a page that arrives damaged says nothing.
        what = "a web page" if detail else "nothing that can be read"
        return TransientError("blocked", f"NCBI's gateway answered 403 with {what}")
    if status != 200:  # noqa: PLR2004
        return RefusedError(status, detail)
    return None


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its forms."""
    value = value.strip()
    if not value:
        return None
    try:
        seconds = float(value) if value.isdigit() else _until(value, now)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _until(value: str, now: datetime) -> float:
    moment = email.utils.parsedate_to_datetime(value)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
