"""A sandbox in a process of its own that tells what it saw: `python -m benchmarks.watched`.

The configuration comes as JSON on the command line. It prints its address; each line of input is
then answered with one line of figures since the line before.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvester.sandbox import Served

__all__ = ["Seen", "Watched", "watched"]

_ROOT = Path(__file__).parents[1]
_LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """When requests came, and how many records had left by when; seconds of `time.monotonic`."""

    arrivals: list[float]
    records: list[tuple[float, int]]

    def busiest(self) -> int:
        """The most requests in any one-second window."""
        first = most = 0
        for last, now in enumerate(self.arrivals):
            while self.arrivals[first] <= now - 1:
                first += 1
            most = max(most, last - first + 1)
        return most

    def share(self, rate: float) -> float:
        """The part of the budget used from the first request to the last."""
        return (len(self.arrivals) - 1) / (self.arrivals[-1] - self.arrivals[0]) / rate


class Watched:
    """The other end: the address, and what was seen since one last looked."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process
        self.url = self._line().strip()

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        return self._process.stdout.readline()

    def seen(self) -> Seen:
        """What came since the last call."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write("seen\n")
        self._process.stdin.flush()
        answer = json.loads(self._line())
        return Seen(answer["arrivals"], [(at, count) for at, count in answer["records"]])


@contextmanager
def watched(sizes: Sequence[tuple[str, str, int]], **settings: float) -> Iterator[Watched]:
    """Serves records of these sizes until the block ends."""
    configuration = json.dumps({"sizes": sizes, **settings})
    command = [sys.executable, "-m", "benchmarks.watched", configuration]
    with Popen(command, cwd=_ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield Watched(process)
        finally:
            process.terminate()


class _Watch:
    """Looks at the figures of a served sandbox."""

    def __init__(self, served: Served) -> None:
        self._stats = served.stats
        self._asked = self._sent = 0
        self._records: list[tuple[float, int]] = []
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            if not self._records or self._records[-1][1] != self._stats.records:
                self._records.append((time.monotonic(), self._stats.records))
            time.sleep(_LOOK)

    def figures(self) -> dict[str, Any]:
        """What came since the last call."""
        came = self._stats.requests - self._asked
        self._asked += came
        arrivals = list(self._stats.arrivals)[-came:] if came else []
        before, self._sent = self._sent, self._stats.records
        records = [(at, count - before) for at, count in self._records if count > before]
        return {"arrivals": arrivals, "records": records}


def main() -> None:
    """Serves until its input ends or it is told to stop."""
    from harvester.sandbox import SandboxConfig, Size, serve_in_thread  # noqa: PLC0415 - see below

    # The benchmark itself stays small: a child counts its parent's memory as its own peak.
    configuration = json.loads(sys.argv[1])
    sizes = tuple(Size(*size) for size in configuration.pop("sizes"))
    with serve_in_thread(SandboxConfig(sizes=sizes, **configuration)) as served:
        print(served.url, flush=True)
        watch = _Watch(served)
        for _ in sys.stdin:
            print(json.dumps(watch.figures()), flush=True)


if __name__ == "__main__":
    main()
