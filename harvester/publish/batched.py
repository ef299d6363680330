"""Some of many rows at a time: of what may be millions, Python holds no more than these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["SOME", "batched"]

SOME = 10_000

T = TypeVar("T")


def batched(rows: Iterable[T]) -> Iterator[list[T]]:
    """All of them in lists of so many, the last of which may be shorter."""
    waiting = iter(rows)
    while some := list(islice(waiting, SOME)):
        yield some
