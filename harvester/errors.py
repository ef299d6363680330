"""Every error of the harvester, grouped by what the caller does next.

HarvesterError
|-- SpecError          the job, a flag or a variable is wrong: say so, exit 2, ask NCBI nothing
|-- TransientError     ask the same page again, after a while
|-- RefusedError       NCBI will never answer this request: fail its chain, go on with the others
|-- TokenRefused       the page token went stale: start the chain over in a new epoch
|-- OutOfServiceError  NCBI does not answer at all: stop the run, keep what is durable
|-- LakeLocked         another run holds the lake: exit 5
`-- LakeError          the lake cannot be read or written: stop, nothing is published
    `-- DatabaseBehind it was written, the database not (`summary`): tell, and build it later
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

__all__ = [
    "Fault",
    "HarvesterError",
    "LakeError",
    "LakeLocked",
    "OutOfServiceError",
    "RefusedError",
    "SpecError",
    "TokenRefused",
    "TransientError",
    "first_of",
]


class HarvesterError(Exception):
    """Base of all errors that a user may see; its text is one clear sentence."""


class Fault(Struct, frozen=True):
    """One thing wrong in a job file, with where it stands and what was probably meant."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else ""
        if not place and self.file:
            place = f"{self.file}: "
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class SpecError(HarvesterError):
    """What the user asked for cannot be done as written."""

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults = (Fault(faults),) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class TransientError(HarvesterError):
    """A fault that passes: asked again within the budget."""

    def __init__(self, reason: str, detail: str = "", wait: float | None = None) -> None:
        self.reason = reason
        self.detail = detail
        self.wait = wait
        super().__init__(f"{reason}: {detail}" if detail else reason)


class OwnFault(TransientError):
    """A fault of one request: meanwhile NCBI answers others like it."""


class RefusedError(HarvesterError):
    """A permanent answer: asking again would bring the same."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(f"NCBI answered {status}: {detail}")


class TokenRefused(HarvesterError):
    """The server no longer knows the page token of this chain."""


class OutOfServiceError(HarvesterError):
    """NCBI is unreachable, out of service, or has blocked this address."""


class LakeLocked(HarvesterError):
    """Another living process writes to this lake."""


class LakeError(HarvesterError):
    """The lake's files are missing, damaged or cannot be written."""


def first_of(error: BaseException) -> BaseException:
    """The error that a group of errors began with."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
