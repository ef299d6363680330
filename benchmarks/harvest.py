"""Runs the harvester as a user does, in a process of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Usage, run

__all__ = ["UNLIMITED", "disk", "harvest"]

#: Requests a second that no machine reaches here.
UNLIMITED = 1000.0


def harvest(job: Path, url: str, rate: float, *, concurrency: int = 16) -> Usage:
    """One harvest of a job."""
    flags = ["--base-url", url, "--rps", str(rate), "--no-progress", "--json"]
    flags += ["--concurrency", str(concurrency)]
    log = ["--log-file", str(job.with_suffix(".log"))]
    return run(["-m", "harvester", "run", str(job), *flags, *log], job.parent)


def disk(place: Path) -> float:
    """Mebibytes of a lake and its database."""
    files = [*Path(f"{place}-lake").rglob("*"), Path(f"{place}.duckdb")]
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**20
