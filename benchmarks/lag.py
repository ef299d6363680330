"""A harvest that watches itself: `python -m benchmarks.lag JOB URL RATE`.

Prints one line of JSON: how late its event loop was, and how many records it had by when.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from harvester.engine import Live
from harvester.fetch import Pace
from harvester.runner import run_job
from harvester.spec import load_job
from harvester.telemetry import configure

__all__ = ["main"]


class _Metronome:
    """Wakes every 5 ms and notes how much later it really was."""

    interval = 0.005

    def __init__(self) -> None:
        self.late: list[float] = []
        self.records: list[tuple[float, int]] = []
        self._last = 0.0

    def tick(self, live: Live) -> None:
        """Notes how late this tick is, and what has come."""
        now = time.perf_counter()
        if self._last:
            self.late.append(max(0.0, now - self._last - self.interval))
        self._last = now
        count = live.received.total()
        if not self.records or self.records[-1][1] != count:
            self.records.append((time.monotonic(), count))


def main(job: str, url: str, rate: float) -> None:
    """Harvests the job and prints the 99th percentile of the lag in milliseconds."""
    configure("console", None, quiet=True)
    metronome = _Metronome()
    pace = Pace(base_url=url, rate=rate, concurrency=16)
    run_job(load_job(Path(job)), pace, metronome, fresh=True, on_publish=lambda: None)
    late = sorted(metronome.late)
    lag = late[int(len(late) * 0.99)] * 1000
    print(json.dumps({"lag_ms": lag, "records": metronome.records}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
