"""`make bench`, or `python -m benchmarks`: prints tables of ratios of paired runs."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.compare import compare
from benchmarks.floors import floors
from benchmarks.growth import growth
from benchmarks.measure import describe_machine
from benchmarks.nightly import nightly
from benchmarks.rate import known_taxa, long_run, one_taxon

__all__ = ["main"]

_PARTS = ("peers", "floors", "growth", "nightly", "rate")
_SIZES = (10_000, 100_000, 1_000_000)


def main() -> None:
    """Measures, and prints each part when it is done."""
    chosen = _options().parse_args()
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="harvester-bench-") as name:
        folder = Path(name)
        if "peers" in chosen.only:
            cases = [case for case in CASES if case.name in chosen.cases]
            slow = chosen.repeat if chosen.slow is None else chosen.slow
            compare(folder, cases, chosen.scale, chosen.repeat, slow)
        if "floors" in chosen.only:
            floors(folder, round(100_000 * chosen.scale), chosen.repeat)
        if "growth" in chosen.only:
            growth(folder, chosen.records, chosen.repeat)
        if "nightly" in chosen.only:
            _nights(folder, chosen.records)
        if "rate" in chosen.only:
            one_taxon(folder, chosen.scale, chosen.plot)
            known_taxa(folder, chosen.scale)
            long_run(folder, chosen.minutes)
    print(f"\nafterwards: {describe_machine().splitlines()[0]}")


def _nights(folder: Path, sizes: Sequence[int]) -> None:
    for records in sizes:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            nightly(Path(place), records)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [case.name for case in CASES]
    options.add_argument("--scale", type=float, default=1.0, help="sizes of the cases (1.0)")
    options.add_argument("--repeat", type=int, default=3, help="rounds (3)")
    options.add_argument("--slow", type=int, help="rounds of NCBI's client and dlt, perhaps 0")
    options.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts")
    options.add_argument("--cases", nargs="+", choices=names, default=names, help="of the peers")
    grown = "sizes of the growth and of the nights (10000 100000 1000000)"
    options.add_argument("--records", type=int, nargs="+", default=_SIZES, help=grown)
    options.add_argument("--minutes", type=float, default=1.0, help="length of the rate's run (1)")
    options.add_argument("--plot", type=Path, metavar="FILE", help="SVG of one taxon over time")
    return options


if __name__ == "__main__":
    main()
