"""A signal as one exception, whatever is at work when it comes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["SIGNALS", "Interrupted", "interruptible"]

#: Ctrl-C, and how a scheduler asks a program to end.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """The wish of who runs the program that it ends now."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"signal {number}")


@contextmanager
def interruptible() -> Iterator[None]:
    """A signal ends the block with `Interrupted`; DuckDB would make an error of its own of it."""
    met: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        met.append(number)
        raise Interrupted(number)

    before = [signal.signal(number, stop) for number in SIGNALS]
    try:
        yield
    except Exception as error:
        if met:
            raise Interrupted(met[0]) from error
        raise
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
    if met:  # somebody took it for a fault of what they did, and went on
        raise Interrupted(met[0])
