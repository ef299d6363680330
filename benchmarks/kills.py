"""`python -m benchmarks.kills [--runs N] [--seed N]`: kills runs at random moments, resumes them.

Each lake's run is killed five times and then left alone; its tables must equal those of a run that
nobody disturbed. Exit status 1 where one does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.crash.kills import FAULTS, Report, killed_lakes, unharmed
from tests.crash.lab import night, sandbox

__all__ = ["main"]

_A_LAKE = 5


def main() -> int:
    """Kills, resumes, compares, prints."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    options.add_argument("--runs", type=int, default=200, help="how many runs are killed")
    options.add_argument("--seed", type=int, default=1, help="of the moments")
    chosen = options.parse_args()
    lakes = -(-chosen.runs // _A_LAKE)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="harvester-kills-") as name:
        reports = _reports(Path(name), range(chosen.seed, chosen.seed + lakes))
    _print(reports, time.monotonic() - began)
    return 1 if any(report.faults for report in reports) else 0


def _reports(folder: Path, seeds: range) -> list[Report]:
    reports = []
    with sandbox(night()) as served:
        whole = unharmed(folder / "whole", served.url)
        served.faults.set(FAULTS)
        for report in killed_lakes(folder, served.url, whole, seeds, _A_LAKE):
            reports.append(report)
            told = "; ".join(report.faults) or "equal"
            print(f"seed {report.seed}: {len(report.kills)} kills, {told}", flush=True)
    return reports


def _print(reports: list[Report], seconds: float) -> None:
    kills = [kill for report in reports for kill in report.kills]
    unequal = sum(bool(report.faults) for report in reports)
    print(f"\n{len(kills)} runs killed by SIGKILL in {len(reports)} lakes, {seconds:.0f} s")
    print(f"tables equal to the uninterrupted run: {len(reports) - unequal}, unequal: {unequal}")
    print("the last step before the kill:")
    for step, times in Counter(kill.last_step for kill in kills).most_common():
        print(f"{times:6}  {step}")


if __name__ == "__main__":
    sys.exit(main())
