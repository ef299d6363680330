"""What the harvester costs beyond the least that any program must do with the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.cases import write_job
from benchmarks.harvest import UNLIMITED, harvest
from benchmarks.measure import Usage, median, run
from benchmarks.served import fetch_all, sandbox

__all__ = ["floors"]

_TAXON = "562"
_ROWS = (
    ("floor", "floor", "floor: pyarrow.json + zstd Parquet"),
    ("views", "floor", "harvest, register: views"),
    ("tables", "floor", "harvest, register: tables"),
    ("load", "load", "floor: CREATE TABLE AS"),
    ("publish", "load", "harvester publish"),
)
_Round = dict[str, Usage]


def floors(folder: Path, records: int, repeat: int) -> None:
    """Prints the harvest of one taxon against parsing and writing, publishing against loading."""
    unlimited = ("--latency", "0", "--rps", "0", "--cache-mb", "1024")
    with sandbox(*unlimited, "--size", f"genome:{_TAXON}={records}") as url:
        pages = folder / "pages"
        pages.mkdir()
        size = fetch_all(f"{url}/genome/taxon/{_TAXON}/dataset_report", pages)
        print(f"\nno limit, no latency: {records:,} genomes, {size / 2**20:,.0f} MiB of NDJSON")
        rounds = [_round(folder, pages, url) for _ in range(repeat)]
    _print(rounds)


def _round(folder: Path, pages: Path, url: str) -> _Round:
    """Each in turn: a drifting machine drifts for all."""
    here = folder / "round"
    here.mkdir()
    harvests = {name: _harvest(here / name, url) for name in ("views", "tables")}
    lake, built = str(here / "tables-lake"), str(here / "built.duckdb")
    usages = {
        "floor": run(["-m", "benchmarks.floor", str(pages), str(here / "floor.parquet")], here),
        **harvests,
        "load": run(["-m", "benchmarks.load", lake, str(here / "loaded.duckdb")], here),
        "publish": run(
            ["-m", "harvester", "publish", "--lake", lake, "--database", built], here, quiet=True
        ),
    }
    shutil.rmtree(here)
    return usages


def _harvest(place: Path, url: str) -> Usage:
    return harvest(write_job("genome", f"taxa: ['{_TAXON}']", place, place.name), url, UNLIMITED)


def _print(rounds: list[_Round]) -> None:
    def ratio(name: str, base: str, figure: Callable[[Usage], float]) -> float:
        return median([figure(one[name]) / figure(one[base]) for one in rounds])

    def figure(name: str, of: Callable[[Usage], float]) -> float:
        return median([of(one[name]) for one in rounds])

    print(f"  {'':38}{'CPU s':>8}{'x floor':>9}{'wall s':>8}{'peak MiB':>10}{'runs':>6}")
    for name, base, title in _ROWS:
        times = ratio(name, base, lambda u: u.cpu)
        print(
            f"  {title:38}{figure(name, lambda u: u.cpu):8.1f}{times:9.2f}"
            f"{figure(name, lambda u: u.wall):8.1f}{figure(name, lambda u: u.peak):10.0f}"
            f"{len(rounds):6}",
            flush=True,
        )
