"""A signal as one exception, whatever is at work when it comes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["SIGNALS", "Interrupted", "check", "interruptible", "listening", "undisturbed"]

#: Ctrl-C, and how a scheduler asks a program to end.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """The wish of who runs the program that it ends now."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"signal {number}")


class _Heard:
    """The signals that the process has met; while it `waits` they interrupt nothing."""

    def __init__(self) -> None:
        self.met: list[int] = []
        self.waits = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """What a signal does."""
        del frame
        self.met.append(number)
        if not self.waits:
            raise Interrupted(number)


_heard = _Heard()


@contextmanager
def listening() -> Iterator[None]:
    """As long as the block lasts, a signal interrupts what the process does."""
    before = [signal.signal(number, _heard.stop) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
        _heard.met.clear()


def check() -> None:
    """Says it again: where a signal comes while Python tidies up, its exception goes nowhere."""
    if _heard.met:
        raise Interrupted(_heard.met[0])


@contextmanager
def interruptible() -> Iterator[None]:
    """A signal ends the block with `Interrupted`; DuckDB would make an error of its own of it."""
    check()
    try:
        yield
    except Exception as error:
        if _heard.met:
            raise Interrupted(_heard.met[0]) from error
        raise


@contextmanager
def undisturbed() -> Iterator[None]:
    """Signals wait until the block ends: a module that is interrupted may take the process down."""
    before, _heard.waits = _heard.waits, True
    try:
        yield
    finally:
        _heard.waits = before
    check()
