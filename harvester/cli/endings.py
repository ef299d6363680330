"""The one place where errors become exit statuses, and a sentence each for the user."""

from __future__ import annotations

import errno
import traceback
from contextlib import suppress
from enum import IntEnum

import click

from harvester.errors import HarvesterError, LakeLocked, OutOfServiceError, SpecError
from harvester.settings import environment, key_mask
from harvester.texts import printable

__all__ = ["Exit", "say", "status_after"]

#: What a disk says that takes no more: nothing is wrong with the program then.
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))


class Exit(IntEnum):
    """What the process tells its caller."""

    COMPLETE = 0
    BUG = 1
    USAGE = 2
    PARTIAL = 3
    NOTHING = 4
    LOCKED = 5
    SIGNALLED = 128


def status_after(error: Exception, whose: str = "") -> int:
    """Says what went wrong, and whose it is; gives the status that the process has by that."""
    if isinstance(error, HarvesterError):
        say(f"{whose}{error}")
        return _status(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        say(f"{whose}{error.filename or 'its output'} cannot be written: {error.strerror}")
    else:
        _tell_bug(error, whose)
    return Exit.BUG


def say(text: str) -> None:
    """One sentence a line for the user, without the API key and without colours of its own."""
    lines = key_mask(environment()).text(f"harvester: {text}").splitlines()
    with suppress(OSError):  # where nobody can be told, the exit status says enough
        click.echo("\n".join(map(printable, lines)), err=True)


def _status(error: HarvesterError) -> int:
    if isinstance(error, SpecError):
        return Exit.USAGE
    if isinstance(error, LakeLocked):
        return Exit.LOCKED
    return Exit.NOTHING if isinstance(error, OutOfServiceError) else Exit.BUG


def _tell_bug(error: Exception, whose: str) -> None:
    import structlog  # noqa: PLC0415 - a shell that completes a word waits for all imports

    from harvester.telemetry import configure  # noqa: PLC0415 - likewise

    if not structlog.is_configured():
        configure("console", None)
    told = "".join(traceback.format_exception(error))
    structlog.get_logger(__name__).error("bug", traceback=told)
    say(f"{whose}this is a bug: {type(error).__name__}: {error}")
