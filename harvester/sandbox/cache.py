"""Answers that are remembered, up to so many bytes: benchmarks ask for the same pages again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from harvester.sandbox.answers import Answer

__all__ = ["Cache"]


class Cache:
    """The latest answers; the least recently used go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Answer | None:
        """An answer, if it is remembered."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: Hashable, answer: Answer) -> None:
        """Remembers an answer and forgets what no longer fits."""
        with self._lock:
            if key in self._answers or len(answer.body) > self._most // 4:
                return
            self._answers[key] = answer
            self._size += len(answer.body)
            while self._size > self._most:
                _, oldest = self._answers.popitem(last=False)
                self._size -= len(oldest.body)
