"""`make bench`, or `python -m benchmarks [--records N] [--repeat N]`: prints a table of ratios."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Usage, describe_machine, median, run
from benchmarks.served import fetch_all, sandbox

__all__ = ["main"]

_TAXON = "562"
_JOB = """\
name: bench
lake: {lake}
database: {database}
register: {register}
harvest:
  - resource: genome
    taxa: [{taxon}]
"""


def main() -> None:
    """Measures, then prints."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--repeat", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="harvester-bench-") as name:
        bench(Path(name), chosen.records, chosen.repeat)


def bench(folder: Path, records: int, repeat: int) -> None:
    """All measurements of one size, and a tenth of it for growth."""
    print(describe_machine(), flush=True)
    unlimited = ("--latency", "0", "--rps", "0")
    with sandbox(*unlimited, "--size", f"genome:{_TAXON}={records}") as url:
        pages = folder / "pages"
        pages.mkdir()
        size = fetch_all(f"{url}/genome/taxon/{_TAXON}/dataset_report", pages)
        print(f"{records:,} genome records, {size / 2**20:,.0f} MiB of NDJSON, {repeat} rounds\n")
        rounds = [_round(folder, pages, url, number) for number in range(repeat)]
        lag = _lag(folder, url)
    with sandbox(*unlimited, "--size", f"genome:{_TAXON}={records // 10}") as url:
        small = _harvest(folder, url, "views", "small")
    _print(rounds, small, lag, records)


def _round(folder: Path, pages: Path, url: str, number: int) -> dict[str, Usage]:
    """One floor and one harvest of each mode, in turn: a drifting machine drifts for all."""
    floor = ["-m", "benchmarks.floor", str(pages), str(folder / f"floor-{number}.parquet")]
    return {
        "floor": run(floor, folder),
        "views": _harvest(folder, url, "views", f"views-{number}"),
        "tables": _harvest(folder, url, "tables", f"tables-{number}"),
    }


def _harvest(folder: Path, url: str, register: str, name: str) -> Usage:
    job = _job(folder, register, name)
    flags = ["--base-url", url, "--rps", "1000", "--no-progress", "--json"]
    return run(["-m", "harvester", "run", str(job), *flags, "--log-file", "log.txt"], folder)


def _job(folder: Path, register: str, name: str) -> Path:
    job = folder / f"{name}.yaml"
    places = {"lake": folder / f"lake-{name}", "database": folder / f"{name}.duckdb"}
    job.write_text(_JOB.format(register=register, taxon=_TAXON, **places))
    return job


def _lag(folder: Path, url: str) -> float:
    job = _job(folder, "views", "lag")
    return float(run(["-m", "benchmarks.lag", str(job), url, "1000"], folder).output.split()[-1])


def _print(rounds: list[dict[str, Usage]], small: Usage, lag: float, records: int) -> None:
    def ratio(name: str, figure: Callable[[Usage], float]) -> float:
        return median([figure(one[name]) / figure(one["floor"]) for one in rounds])

    def figure(name: str, of: Callable[[Usage], float]) -> float:
        return median([of(one[name]) for one in rounds])

    print(f"{'':34}{'CPU s':>9}{'x floor':>9}{'wall s':>9}{'peak MiB':>10}")
    for name, title in (
        ("floor", "floor: pyarrow.json + zstd Parquet"),
        ("views", "harvest, register: views"),
        ("tables", "harvest, register: tables"),
    ):
        print(
            f"{title:34}{figure(name, lambda u: u.cpu):9.1f}{ratio(name, lambda u: u.cpu):9.2f}"
            f"{figure(name, lambda u: u.wall):9.1f}{figure(name, lambda u: u.peak):10.0f}"
        )
    growth = figure("views", lambda u: u.peak) / small.peak
    print(f"\npeak memory at {records:,} records / at {records // 10:,}: {growth:.2f}")
    print(f"event-loop lag during a harvest, 99th percentile: {lag:.1f} ms")


if __name__ == "__main__":
    main()
