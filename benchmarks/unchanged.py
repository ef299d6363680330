"""What a night costs in which nothing changed: `python -m benchmarks.unchanged --records 1000000`.

The same harvest three times, as fast as the machine can. What looking for changes costs is the CPU
after the last part is closed, as the log tells when that was, over the CPU until then.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.cases import write_job
from benchmarks.harvest import UNLIMITED
from benchmarks.measure import describe_machine
from benchmarks.watched import watched

__all__: list[str] = []

_ASSEMBLY = "GCF_000001405.40"
_ROOT = Path(__file__).parents[1]
_LOOK = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Night:
    """CPU seconds until all was decoded and stored, and of the whole run; the lake's bytes."""

    fetched: float
    whole: float
    lake: int


def main() -> None:
    """Prints a row for each night."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    records = parser.parse_args().records
    print(describe_machine())
    print(f"\n{records:,} features of one annotation; the first night, and two without change")
    print(f"  {'fetch, decode, store s':>24}{'in all s':>10}{'x':>7}{'lake KiB more':>15}")
    before = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        watched([("annotation", _ASSEMBLY, records)], latency=0, rps=0, cache_mb=512) as sandbox,
    ):
        job = write_job("annotation", f"accessions: [{_ASSEMBLY}]", Path(folder) / "bench")
        for number in range(3):
            night = _night(job, sandbox.url, number)
            share, more = night.whole / night.fetched, (night.lake - before) / 1024
            print(
                f"  {night.fetched:24.1f}{night.whole:10.1f}{share:7.2f}{more:15,.1f}", flush=True
            )
            before = night.lake


def _night(job: Path, url: str, number: int) -> _Night:
    log = job.with_name(f"night{number}.log")
    command = [sys.executable, "-m", "harvester", "run", str(job), "--base-url", url]
    command += ["--rps", str(UNLIMITED), "--no-progress", "--log-level", "debug"]
    command += ["--log-format", "json", "--log-file", str(log)]
    process = subprocess.Popen(
        command,
        cwd=job.parent,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    used = _watch(process)
    if process.returncode:
        raise SystemExit(f"the harvest ended with {process.returncode}")
    moments = [at for at, _ in used]
    fetched = used[max(0, bisect_right(moments, _last_part(log)) - 1)][1]
    lake = sum(file.stat().st_size for file in Path(f"{job.with_suffix('')}-lake").rglob("*.*"))
    return _Night(fetched, used[-1][1], lake)


def _watch(process: subprocess.Popen[bytes]) -> list[tuple[float, float]]:
    """The CPU seconds that the process had used by when, until it ends."""
    used = []
    while process.poll() is None:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        used.append((time.time(), (int(fields[11]) + int(fields[12])) / _TICKS))
        time.sleep(_LOOK)
    return used


def _last_part(log: Path) -> float:
    told = (json.loads(line) for line in log.read_text().splitlines())
    closed = [entry["timestamp"] for entry in told if entry["event"] == "part closed"]
    return datetime.fromisoformat(closed[-1]).timestamp()


if __name__ == "__main__":
    main()
