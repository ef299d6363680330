"""Work on a thread of its own: an event loop that runs in the caller's thread is left alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

__all__ = ["in_thread"]

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> Future[T]:
    """Begins the work; a process that ends does not wait for it."""
    future: Future[T] = Future()

    def attend() -> None:
        try:
            found = work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future gets it
            future.set_exception(error)
        else:
            future.set_result(found)

    Thread(target=copy_context().run, args=(attend,), name="harvester", daemon=True).start()
    return future
