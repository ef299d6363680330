"""Runs a command as a whole process and reads what the kernel says it used."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Children work in a folder of their own and import this checkout.
_ROOT = Path(__file__).parents[1]
_TOLD = ("pyarrow", "duckdb", "aiohttp", "requests", "ncbi-datasets-pyclient", "dlt")

__all__ = ["Usage", "describe_machine", "median", "run"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used: seconds of wall clock and CPU, mebibytes at its peak."""

    wall: float
    cpu: float
    peak: float
    output: str = ""
    started: float = 0.0

    @property
    def ended(self) -> float:
        """When it ended, as `time.monotonic` counts in all processes of the machine."""
        return self.started + self.wall


def run(command: Sequence[str], cwd: Path, *, quiet: bool = False) -> Usage:
    """Runs a Python command line to its end; its failure ends the benchmark."""
    started = time.monotonic()
    with (cwd / "output.txt").open("w+b") as output:
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd,
            stdout=output,
            stderr=subprocess.DEVNULL if quiet else None,
            env=environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, started)


def median(values: Sequence[float]) -> float:
    """The median: one slow run on a shared machine must not speak for all."""
    return statistics.median(values)


def describe_machine() -> str:
    """The machine and what runs on it, for who reads the table later."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, load {load}, {platform.system()} "
        f"{platform.machine()}\nPython {platform.python_version()}, "
        + ", ".join(f"{name} {_version(name)}" for name in _TOLD)
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
