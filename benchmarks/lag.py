"""How late the event loop is during a harvest: `python -m benchmarks.lag JOB URL RATE`."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
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
        self._last = 0.0

    def tick(self, live: Live) -> None:
        """Notes how late this tick is."""
        del live
        now = time.perf_counter()
        if self._last:
            self.late.append(max(0.0, now - self._last - self.interval))
        self._last = now


def main(job: str, url: str, rate: float) -> None:
    """Harvests the job and prints the 99th percentile of the lag in milliseconds."""
    configure("console", None, quiet=True)
    metronome = _Metronome()
    loaded = replace(load_job(Path(job)), lake="lake-lag", database="lag.duckdb")
    pace = Pace(base_url=url, rate=rate, concurrency=16)
    run_job(loaded, pace, metronome, fresh=True, on_publish=lambda: None)
    late = sorted(metronome.late)
    print(f"{late[int(len(late) * 0.99)] * 1000:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
